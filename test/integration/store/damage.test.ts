/**
 * What an agent does when the disk has changed its store: it does not start, says which key and what to do, and starts as soon as
 * that was done. How: a whole agent in this process, and a byte that is flipped through the raw database.
 */
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { Level } from 'level'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { CheopsError } from '../../../src/errors.ts'
import { startAgent } from '../../../src/node.ts'
import { temporaryFolder } from '../../support/peers.ts'

test('an agent with a damaged store does not start, and says what to do; moved away, it starts', async () => {
  await using folder = await temporaryFolder()
  const data = path.join(folder.path, 'data')
  const any = '127.0.0.1:0'
  const flags = {
    mesh: 'm',
    site: 'a',
    data,
    listen: [any],
    'ingress.listen': any,
    'admin.listen': any,
    'log.level': 'silent',
  }
  const config = loadConfig({ env: {}, flags })
  await (await startAgent(config)).stop()

  const store = path.join(data, 'store')
  const db = new Level<string, Uint8Array>(store, { valueEncoding: 'view' })
  const key = 'membership/site/a'
  const record = await db.get(key)
  expect(record, 'the agent keeps its own record').toBeDefined()
  await db.put(key, record?.map((byte, at) => (at === 20 ? byte ^ 0x10 : byte)) ?? new Uint8Array())
  await db.close()

  const failure = await startAgent(config).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CheopsError)
  expect(failure).toMatchObject({ code: 'ERR_STORE_CORRUPT', meta: { key }, message: expect.stringContaining(key) })
  expect((failure as CheopsError).spec.hint).toMatch(/backup, or move its folders "store" and "blobs" away/)

  await rename(store, `${store}-damaged`)
  await (await startAgent(config)).stop()
})
