/** The file that makes an agent the peer it is: made once, kept, and made anew only where nothing was ever in it. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadPeerKey } from '../../../src/adapters/libp2p/peer-key.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-key-'))
  file = path.join(folder, 'peer.key')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('it is made once, for its owner alone, and is the same from then on', async () => {
  const made = await loadPeerKey(file)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await loadPeerKey(file)).raw).toEqual(made.raw)
})

test('an empty file, as a full disk leaves it at a first start, is no key', async () => {
  await writeFile(file, '')
  const made = await loadPeerKey(file)
  expect((await loadPeerKey(file)).raw).toEqual(made.raw)
})

test('a damaged one stops the agent, and stays as it is', async () => {
  const made = await loadPeerKey(file)
  await writeFile(file, (await readFile(file)).subarray(0, 20))
  await expect(loadPeerKey(file)).rejects.toMatchObject({ code: 'ERR_PEER_KEY' })
  expect((await readFile(file)).length).toBe(20)
  expect(made.raw.length).toBeGreaterThan(20)
})
