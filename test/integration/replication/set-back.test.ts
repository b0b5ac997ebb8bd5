/**
 * A store that is set back to an old backup while its site is cut off, and not its application: two real agents with real streams and
 * stores. Nothing that was acknowledged elsewhere is overwritten or ignored, nothing runs twice, and the site says what it does not know.
 */
import { cp, rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
const SITES = ['site1', 'site2']
const AGAIN_WITHIN_MS = 60_000

let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(SITES)
}, 60_000)

afterAll(() => mesh[Symbol.asyncDispose]())

const create = (site: string, id: string, body: object = { n: 1 }) =>
  mesh.must(site, 'POST', '/items', { scope: SCOPE, body: { id, ...body }, headers: WAIT })

async function stateAt(site: string, name: string): Promise<string | undefined> {
  return (await mesh.agent(site).control.replicant({ service: 'inventory', kind: 'items', name }))?.state
}

test('an old backup of one agent’s store is put back while it is cut off', async () => {
  for (const id of ['written', 'deleted', 'still']) await create('site1', id)

  await mesh.down('site2')
  const [data, backup] = [mesh.data('site2'), `${mesh.data('site2')}-backup`]
  await cp(data, backup, { recursive: true })
  await mesh.up('site2')
  await mesh.together()
  await mesh.must('site1', 'PATCH', '/items/written', { body: { red: 1 }, headers: WAIT })
  await mesh.must('site2', 'PATCH', '/items/written', { body: { blue: 2 }, headers: WAIT })
  await mesh.must('site2', 'DELETE', '/items/deleted', { headers: WAIT })
  await create('site1', 'theirs')
  await create('site2', 'own')

  // From here on site2 knows nothing of all that, and its application does.
  await mesh.down('site1')
  await mesh.down('site2')
  await rm(data, { recursive: true })
  await cp(backup, data, { recursive: true })
  await mesh.up('site2')
  const locked = await mesh.ask('site2', 'PUT', '/items/written', { body: { n: 9 } })
  expect([locked.status, locked.headers.get('Cheops-Error')]).toEqual([423, 'ERR_REPLICANT_LOCKED'])
  expect(await stateAt('site2', 'written')).toBe('diverged')
  // What has not changed since takes writes as ever.
  await mesh.must('site2', 'PATCH', '/items/still', { body: { green: 3 } })

  await mesh.up('site1')
  await mesh.together()
  await vi.waitFor(
    async () => {
      const names = ['written', 'still', 'theirs', 'own']
      for (const name of names) for (const site of SITES) expect(await stateAt(site, name), name).toBe('agrees')
      expect(await mesh.everywhere('written')).toEqual(Array(2).fill({ id: 'written', n: 1, red: 1, blue: 2 }))
      expect(await mesh.everywhere('still')).toEqual(Array(2).fill({ id: 'still', n: 1, green: 3 }))
      expect(await mesh.everywhere('deleted')).toEqual([undefined, undefined])
      for (const name of ['theirs', 'own'])
        expect(await mesh.everywhere(name)).toEqual(Array(2).fill({ id: name, n: 1 }))
    },
    { timeout: AGAIN_WITHIN_MS, interval: 200 },
  )
  await mesh.must('site2', 'PATCH', '/items/written', { body: { last: 4 }, headers: WAIT })
  expect(await mesh.everywhere('written')).toEqual(Array(2).fill({ id: 'written', n: 1, red: 1, blue: 2, last: 4 }))
}, 180_000)
