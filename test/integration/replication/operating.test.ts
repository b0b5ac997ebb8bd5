/**
 * What operators do to replicas by the command line: names that belong to something else, writes that lost, applications that were changed
 * past Cheops, members that are gone and come back. Two real agents in this process, with an instance of the sample application behind
 * each; what the applications have is read past Cheops.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { NAMES, TwoInventories } from './two-inventories.ts'
import type { OperationDetail } from '../../../src/ports/replication-control.ts'

let sites: TwoInventories

beforeAll(async () => {
  sites = await TwoInventories.start()
}, 60_000)
afterAll(() => sites[Symbol.asyncDispose]())

/** One site has something by the name that is its own, and is made a member of what another creates by it. */
async function clash(id: string): Promise<void> {
  const json = { 'Content-Type': 'application/json' }
  const theirs = { method: 'POST', headers: json, body: JSON.stringify({ id, theirs: true }) }
  expect((await fetch(`${sites.applications.get('site2')?.url}/items`, theirs)).status).toBe(201)
  const ours = {
    method: 'POST',
    headers: { ...json, 'Cheops-Scope': 'site1 & site2' },
    body: JSON.stringify({ id, n: 1 }),
  }
  expect((await fetch(`${sites.agents.get('site1')?.ready.ingress}/inventory/items`, ours)).status).toBe(201)
  await vi.waitFor(async () => expect((await sites.show('site2', id)).state).toBe('unbound'), 10_000)
}

test.each([
  ['--replace', [{ n: 1 }, { n: 1 }], ['site1', 'site2']],
  ['--adopt', [{ theirs: true }, { theirs: true }], ['site1', 'site2']],
  ['--leave', [{ n: 1 }, { theirs: true }], ['site1']],
])(
  'a name that belongs to something else at a site: conflict resolve %s',
  async (how, shown, members) => {
    const id = `clash${how}`
    await clash(id)
    const { code, err } = await sites.cheops('site2', 'conflict', 'resolve', `inventory/items/${id}`, how)
    expect(code, err).toBe(0)
    await vi.waitFor(async () => {
      expect(await sites.everywhere(id)).toEqual(shown.map(item => ({ id, ...item })))
      const { state, members: present } = await sites.show('site1', id)
      expect([state, present]).toEqual(['agrees', members])
    }, 20_000)
    const again = await sites.cheops('site2', 'conflict', 'resolve', `inventory/items/${id}`, how)
    expect([again.code, again.err]).toEqual([2, expect.stringMatching(/ERR_REPLICANT_(NOT_FOUND|BOUND)/)])
  },
  60_000,
)

test('a write that lost is carried out again by who asks for it, and the conflict is gone at both', async () => {
  const wrong = await sites.cheops('site2', 'conflict', 'resolve', 'inventory/items/torn', '--take', 'site2')
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining(sites.operations.lost)])
  const { code, out, err } = await sites.cheops(
    'site2',
    'conflict',
    'resolve',
    sites.operations.lost,
    '--take',
    'site1',
  )
  expect([code, out], err).toEqual([
    0,
    `inventory/items/torn: the write that had lost is carried out; the other members get it\nsettled: ${sites.operations.lost}\n`,
  ])
  await vi.waitFor(async () => {
    const item = { id: 'torn', n: 1, secret: 'hunter2' }
    expect(await sites.everywhere('torn')).toEqual([item, item])
    for (const site of NAMES) expect((await sites.show(site, 'torn')).conflicts, site).toEqual([])
  }, 20_000)
  const settled = sites.events.filter(({ type }) => type === 'replication.settled').map(({ subject }) => subject)
  expect(new Set(settled)).toEqual(new Set(['inventory/items/torn']))
  const again = await sites.cheops('site1', 'conflict', 'resolve', 'inventory/items/torn', '--keep')
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('ERR_CONFLICT_NOT_FOUND')])
})

test('a replica that was changed past Cheops is repaired at once when somebody asks for it', async () => {
  const json = { 'Content-Type': 'application/json' }
  const outside = { method: 'PUT', headers: json, body: JSON.stringify({ n: 666 }) }
  expect((await fetch(`${sites.applications.get('site2')?.url}/items/plain`, outside)).status).toBe(200)
  await vi.waitFor(async () => {
    const { code, out, err } = await sites.cheops(
      'site2',
      'replicant',
      'repair',
      'inventory/items/plain',
      '--from',
      'site1',
    )
    // A member whose lane is just reading its own application gives no state.
    expect([code, out], err).toEqual([
      0,
      'inventory/items/plain: the application here shows what the other member has\n',
    ])
  }, 10_000)
  const [here, there] = await sites.everywhere('plain')
  expect(there).toEqual(here)
  const nobody = await sites.cheops('site2', 'replicant', 'repair', 'inventory/items/plain', '--from', 'site9')
  expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('ERR_REPLICANT_NO_MEMBER')])
})

test('a site that is gone is detached: its members are told, nothing waits for it, and it is asked to be sure while it lives', async () => {
  const nobody = await sites.cheops('site1', 'replicant', 'detach', 'site22')
  expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('Did you mean "site2"?')])
  const alive = await sites.cheops('site1', 'replicant', 'detach', 'site2')
  expect([alive.code, alive.err]).toEqual([2, expect.stringContaining('ERR_REPLICANT_MEMBER_ALIVE')])
  await sites.down('site2')
  await vi.waitUntil(() => sites.agents.get('site1')?.control.membership.site('site2')?.liveness === 'down', 30_000)
  const { code, out, err } = await sites.cheops('site1', 'replicant', 'detach', 'site2', 'inventory/items/plain')
  expect(code, err).toBe(0)
  expect(out).toMatch(/^inventory\/items\/plain  site1\/\S+\nsite2 is no member of 1 replicant any more\.\n$/)
  expect((await sites.show('site1', 'plain')).members).toEqual(['site1'])
  expect((await sites.show('site1', 'torn')).members).toEqual(['site1', 'site2'])
  const [operation = ''] = /site1\/\S+/.exec(out) ?? []
  const shown = JSON.parse(
    (await sites.cheops('site1', 'operation', 'show', operation, '-o', 'json')).out,
  ) as OperationDetail
  expect([shown.type, shown.members?.removed, shown.done]).toEqual(['members', ['site2'], true])
  const rest = await sites.cheops('site1', 'replicant', 'detach', 'site2')
  expect(rest.out).toMatch(/inventory\/items\/torn .*\nsite2 is no member of 3 replicants any more\.\n$/)
  const last = await sites.cheops('site1', 'replicant', 'detach', 'site1', '--force')
  expect([last.code, last.out]).toEqual([2, expect.stringMatching(/It is the only member of .*plain/)])
  // It learns of it when it comes back: what its application has stays, and is nobody's business any more.
  await sites.up('site2')
  await vi.waitFor(async () => {
    const back = await sites.cheops('site2', 'replicant', 'show', 'inventory/items/plain')
    expect(back.err).toContain('ERR_REPLICANT_NOT_FOUND')
  }, 20_000)
}, 90_000)

test('a site that is back is attached again, and gets what the other has', async () => {
  // What its application has is read once it has heard that it is no member any more: it is known again by that. Attached before, it is something else of that name.
  await vi.waitFor(async () => {
    const { body = '' } = (await sites.agents.get('site2')?.control.metrics()) ?? {}
    expect(body).toMatch(/^cheops_replication_lanes(?:\{.*\})? 0$/m)
  }, 20_000)
  await sites.write('PUT', 'site1', '/plain', { n: 77 })
  const unknown = await sites.cheops('site1', 'replicant', 'attach', 'site22', 'inventory/items/plain')
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('Did you mean "site2"?')])
  const one = await sites.cheops('site1', 'replicant', 'attach', 'site2', 'inventory/items/plain')
  expect(one.out, one.err).toMatch(/^inventory\/items\/plain  site1\/\S+\nsite2 is a member of 1 replicant more\.\n$/)
  await vi.waitFor(async () => {
    expect(await sites.everywhere('plain')).toEqual([
      { id: 'plain', n: 77 },
      { id: 'plain', n: 77 },
    ])
    expect((await sites.show('site2', 'plain')).members).toEqual(['site1', 'site2'])
  }, 20_000)
  const rest = await sites.cheops('site1', 'replicant', 'attach', 'site2')
  expect(rest.out, rest.err).toMatch(/inventory\/items\/torn .*\nsite2 is a member of [34] replicants more\.\n$/)
  await vi.waitFor(async () => expect((await sites.show('site2', 'torn')).members).toEqual(['site1', 'site2']), 20_000)
}, 60_000)
