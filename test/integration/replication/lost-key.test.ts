/**
 * What was signed with a key that is gone: a site that lost its disk comes back under its name with another key, or never comes back. Who does not know the
 * old key takes what it has signed on the word of a member, as far as it lets that member write. Real agents, applications, and streams; the folder of an
 * agent is removed while it is down.
 */
import { rm } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const ALL = { replicants: undefined, force: true, after: undefined }
const soon = () => ({ signal: AbortSignal.timeout(20_000) })
const named = (...names: string[]) => names.map(name => ({ service: 'inventory', kind: 'items', name }))

/** An agent stops, and its disk is lost with its key. */
async function lose(mesh: Mesh, site: string): Promise<void> {
  await mesh.down(site)
  await rm(mesh.data(site), { recursive: true, force: true })
}

/** As `cheops site rm` at each of these. */
async function forget(mesh: Mesh, site: string, at: readonly string[]): Promise<void> {
  for (const other of at) await mesh.agent(other).control.forgetSite(site)
}

test('a site that lost its disk and its key has what it created again, and writes it', async () => {
  await using mesh = await Mesh.start(['site1', 'site2'])
  const both = { scope: 'site1 & site2', headers: WAIT }
  await mesh.must('site1', 'POST', '/items', { ...both, body: { id: 'x', n: 1 } })
  await mesh.must('site2', 'PUT', '/items/x', { body: { id: 'x', n: 2 }, headers: WAIT })
  await mesh.must('site1', 'POST', '/items', { ...both, body: { id: 'only-created' } })
  await mesh.must('site2', 'POST', '/items', { ...both, body: { id: 'y', n: 1 } })
  await lose(mesh, 'site1')
  await forget(mesh, 'site1', ['site2'])
  await mesh.up('site1')
  await mesh.together()
  await vi.waitFor(
    async () => {
      for (const name of named('x', 'y', 'only-created'))
        for (const site of ['site1', 'site2'])
          expect(await mesh.agent(site).control.replicant(name), site).toMatchObject({
            members: ['site1', 'site2'],
            state: 'agrees',
          })
    },
    { timeout: 30_000, interval: 200 },
  )
  const at1 = await mesh.must('site1', 'PUT', '/items/x', { body: { id: 'x', n: 3 }, headers: WAIT })
  expect(at1.headers.get('Cheops-Sites')).toMatch(/site2;s=applied/)
  expect(await mesh.everywhere('x')).toEqual(Array(2).fill({ id: 'x', n: 3 }))
  const at2 = await mesh.must('site2', 'PUT', '/items/x', { body: { id: 'x', n: 4 }, headers: WAIT })
  expect(at2.headers.get('Cheops-Sites')).toMatch(/site1;s=applied/)
  expect(await mesh.everywhere('x')).toEqual(Array(2).fill({ id: 'x', n: 4 }))
}, 120_000)

test('whoever writes at a site that nobody lets in, or that has met nobody, is told that it does not know what is replicated', async () => {
  await using mesh = await Mesh.start(['site1', 'site2'])
  await mesh.must('site1', 'POST', '/items', { scope: 'site1 & site2', headers: WAIT, body: { id: 'x', n: 1 } })
  const warningAt = async (id: string, method = 'PUT') => {
    const { headers } = await mesh.must('site1', method, `/items/${id}`, { ...(method === 'PUT' && { body: { id } }) })
    return headers.get('Warning')
  }
  await mesh.must('site1', 'POST', '/items', { body: { id: 'own' } })
  expect(await warningAt('x')).toBeNull()
  expect(await warningAt('own')).toBeNull()
  await lose(mesh, 'site1')
  await mesh.down('site2')
  await mesh.up('site1', ['127.0.0.1:1'])
  expect(await warningAt('own')).toContain(
    'its agent has met nobody of its mesh yet, and does not know what is replicated',
  )
  expect(await warningAt('own', 'GET')).toBeNull()
  await mesh.down('site1')
  await mesh.up('site2')
  await mesh.up('site1')
  await vi.waitFor(
    async () =>
      expect(await warningAt('own')).toContain('is let in by no other, since its name belongs to another key'),
    { timeout: 20_000, interval: 200 },
  )
  await forget(mesh, 'site1', ['site2'])
  await mesh.together()
  await vi.waitFor(async () => expect(await warningAt('own')).toBeNull(), { timeout: 60_000, interval: 200 })
}, 120_000)

test.each([
  { how: 'was removed from the mesh', isRemoved: true },
  { how: 'is only down', isRemoved: false },
])(
  'a new member gets what a site has created that $how, and that it never met',
  async ({ isRemoved }) => {
    await using mesh = await Mesh.start(['site1', 'site2', 'site3'])
    // A newcomer, who has nothing of anybody.
    await lose(mesh, 'site3')
    await forget(mesh, 'site3', ['site1', 'site2'])
    await mesh.must('site1', 'POST', '/items', { scope: 'site1 & site2', body: { id: 'x', n: 1 }, headers: WAIT })
    await mesh.down('site1')
    const { control } = mesh.agent('site2')
    await control.replication.detach('site1', { ...ALL, ...soon() })
    if (isRemoved) await forget(mesh, 'site1', ['site2'])
    await mesh.up('site3')
    await mesh.together()
    const attached = await control.replication.attach('site3', { replicants: named('x'), after: undefined, ...soon() })
    expect(attached.attached).toHaveLength(1)
    await mesh.settles('x', [
      { id: 'x', n: 1 },
      { id: 'x', n: 1 },
      { id: 'x', n: 1 },
    ])
    const answer = await mesh.must('site2', 'PUT', '/items/x', { body: { id: 'x', n: 2 }, headers: WAIT })
    expect(answer.headers.get('Cheops-Sites')).toMatch(/site3;s=applied/)
    expect((await mesh.everywhere('x')).slice(1)).toEqual(Array(2).fill({ id: 'x', n: 2 }))
  },
  120_000,
)
