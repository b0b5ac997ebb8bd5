/**
 * What operators see of replication: two real agents in this process, with an instance of the sample application behind each, write
 * to one resource while neither knows of the other, and meet again. Shown by the command line, the admin API, events and metrics.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { NAMES, TwoInventories } from './two-inventories.ts'
import type { ConflictInfo } from '../../../src/ports/replicant-info.ts'
import type { Page } from '../../../src/ports/control.ts'
import type { OperationDetail, ReplicantHistory } from '../../../src/ports/replication-control.ts'

const OPERATION = String.raw`/\d+-[0-9a-f]{16}/\d+`

let sites: TwoInventories

beforeAll(async () => {
  sites = await TwoInventories.start()
}, 60_000)
afterAll(() => sites[Symbol.asyncDispose]())

test.each(NAMES)('%s lists both replicants with members, state and conflicts', async site => {
  await vi.waitFor(
    async () =>
      expect((await sites.cheops(site, 'replicant', 'ls')).out).toBe(
        [
          'STATE   CONFLICTS  REPLICANT              MEMBERS',
          'agrees  0          inventory/items/plain  site1, site2',
          'agrees  1          inventory/items/torn   site1, site2',
          '',
        ].join('\n'),
      ),
    10_000,
  )
})

test('pages follow each other, without gap or repetition', async () => {
  const first = await sites.cheops('site1', 'replicant', 'ls', '--limit', '1')
  expect(first.out).toContain('inventory/items/plain')
  expect(first.out).not.toContain('inventory/items/torn')
  const after = /--after (\S+)$/m.exec(first.out)?.[1] ?? ''
  const second = await sites.cheops('site1', 'replicant', 'ls', '--limit', '1', '--after', after)
  expect(second.out).toContain('inventory/items/torn')
  expect(second.out).not.toContain('There are more')
})

test.each(NAMES)('%s says which write has no effect, and which counts instead', async site => {
  const { out } = await sites.cheops(site, 'conflict', 'ls', '-o', 'json')
  const { items, next } = JSON.parse(out) as Page<ConflictInfo>
  expect([items, next]).toEqual([
    [
      {
        replicant: { service: 'inventory', kind: 'items', name: 'torn' },
        operation: sites.operations.lost,
        type: 'replace',
        site: 'site1',
        at: expect.any(Number) as number,
        why: 'replaced',
        detail: 'another site wrote without having seen it, and that write counts',
        against: sites.operations.counts,
      },
    ],
    undefined,
  ])
  expect((await sites.show(site, 'torn')).conflicts).toEqual(items)
})

test('one replicant is shown with what became of the writes of the site that is asked', async () => {
  await vi.waitFor(async () => {
    const { operations: known, members, state } = await sites.show('site2', 'torn')
    expect([members, state]).toEqual([['site1', 'site2'], 'agrees'])
    expect(known.map(({ operation }) => operation)).toContain(sites.operations.counts)
    const counts = known.find(({ operation }) => operation === sites.operations.counts)
    expect(counts?.sites.map(({ site, outcome }) => [site, outcome])).toEqual([
      ['site1', 'applied'],
      ['site2', 'applied'],
    ])
  }, 10_000)
  const { out } = await sites.cheops('site2', 'replicant', 'show', 'inventory/items/torn')
  expect(out).toMatch(
    new RegExp(`WRITTEN HERE +TOLD\n(?:.*\n)*${sites.operations.counts} +applied.* at .*site1.* site2`),
  )
})

test('the body of the write that lost is shown to who asks for it, so that it can be written again', async () => {
  const { out: listed } = await sites.cheops('site2', 'conflict', 'ls', '-o', 'json')
  const { items } = JSON.parse(listed) as { items: { operation: string; replicant: { name: string } }[] }
  const lost = items.find(({ replicant }) => replicant.name === 'torn')?.operation ?? ''
  expect(lost).toBe(sites.operations.lost)
  const shown = await sites.cheops('site2', 'operation', 'body', lost)
  expect([shown.code, JSON.parse(shown.out)]).toEqual([0, { n: 1, secret: 'hunter2' }])
  const whole = await sites.cheops('site2', 'operation', 'body', lost, '-o', 'json')
  expect(JSON.parse(whole.out)).toMatchObject({
    operation: lost,
    method: 'PUT',
    path: '/items/torn',
    headers: [['content-type', 'application/json']],
    encoding: 'text',
  })
})

test('a conflict is shown with both bodies, by the name of the resource and by the operation that lost', async () => {
  const { code, out, err } = await sites.cheops('site1', 'conflict', 'show', 'inventory/items/torn')
  expect(code, err).toBe(0)
  expect(out).toContain(
    `replace of site1, ${new Date(Number(sites.operations.lost.split('/')[1]?.split('-')[0])).toISOString().slice(0, 10)}`,
  )
  expect(out).toContain(
    `PUT /items/torn\n        {"n":1,"secret":"hunter2"}\nCOUNTS  ${sites.operations.counts}\n        PUT /items/torn\n        {"n":2}`,
  )
  expect(out).toContain(`cheops conflict resolve inventory/items/torn --keep, or --take ${sites.operations.lost};`)
  const whole = await sites.cheops('site2', 'conflict', 'show', sites.operations.lost, '-o', 'json')
  expect(JSON.parse(whole.out)).toMatchObject({
    name: 'torn',
    conflicts: [
      { operation: sites.operations.lost, wrote: { body: '{"n":1,"secret":"hunter2"}' }, counts: { body: '{"n":2}' } },
    ],
  })
  const none = await sites.cheops('site2', 'conflict', 'show', 'inventory/items/plain')
  expect([none.code, none.out]).toEqual([0, 'inventory/items/plain has no conflict, as far as is known here.\n'])
})

test('no body is shown elsewhere', async () => {
  const outputs = await Promise.all([
    sites.cheops('site1', 'replicant', 'show', 'inventory/items/torn', '-o', 'json'),
    sites.cheops('site1', 'replicant', 'show', 'inventory/items/plain'),
    sites.cheops('site1', 'conflict', 'ls', '-o', 'json'),
  ])
  for (const { code, out } of outputs) expect([code, out.includes('hunter2')]).toEqual([0, false])
  expect(JSON.stringify(sites.events)).not.toContain('hunter2')
})

test('what is not replicated is not there: 404, and how to find what is', async () => {
  const { code, err } = await sites.cheops('site1', 'replicant', 'show', 'inventory/items/nothing')
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('Nothing is replicated here as inventory/items/nothing. (ERR_REPLICANT_NOT_FOUND)'),
  ])
})

test('events tell of accepted writes and of the conflict, in one sentence each', () => {
  const told = sites.events.filter(({ type }) => type.startsWith('replication.'))
  expect(told.map(({ type, subject }) => `${type} ${subject}`)).toEqual(
    expect.arrayContaining(['replication.released inventory/items/plain', 'replication.conflict inventory/items/torn']),
  )
  expect(told.find(({ type }) => type === 'replication.released')?.detail).toMatch(
    new RegExp(`^a create was accepted here as site1${OPERATION}; the other members will get it$`),
  )
  expect(told.find(({ type }) => type === 'replication.conflict')?.detail).toBe(
    `the replace ${sites.operations.lost} has no effect: another site wrote without having seen it, and that write counts; see "cheops conflict ls"`,
  )
})

test('when the last member has told what became of a write, one event sums it up', async () => {
  const { operation } = await sites.write('PUT', 'site1', '/plain', { n: 4 })
  await vi.waitFor(() => {
    const done = sites.events.filter(({ type, detail }) => type === 'replication.done' && detail.startsWith(operation))
    expect(done.map(({ subject, detail }) => [subject, detail])).toEqual([
      ['inventory/items/plain', `${operation} is done everywhere: applied at site1, site2`],
    ])
  }, 10_000)
})

test('status shows what waits for which site, and the check that nothing waits for long', async () => {
  expect((await sites.cheops('site1', 'status')).out).toMatch(/^REPLICATION TO .*\nsite2 +0 entries +– /m)
  expect((await sites.cheops('site1', 'check')).out).toContain('√ No site has waited long for what was written here')
})

test('status and metrics count what is replicated, and what nobody has settled, also after a start', async () => {
  const replication = sites.agents.get('site1')?.control.status().replication
  expect(replication).toEqual({
    state: 'counted',
    replicants: 2,
    conflicts: 1,
    diverged: 0,
    undecided: 0,
    behind: 0,
    behindMs: 0,
    behindStatus: undefined,
    unverified: [],
    failing: [],
    withheld: { replicants: 0, from: [] },
  })
  expect((await sites.cheops('site1', 'status')).out).toMatch(
    /^replicates +2 resources, 1 conflict, 0 diverged, 0 undecided, 0 behind$/m,
  )
  const { body = '' } = (await sites.agents.get('site1')?.control.metrics()) ?? {}
  expect(body).toMatch(/^cheops_replication_replicants(?:\{.*\})? 2$/m)
  expect(body).toMatch(/^cheops_replication_unresolved_conflicts(?:\{.*\})? 1$/m)
  expect(body).toMatch(/^cheops_replication_diverged_replicants(?:\{.*\})? 0$/m)
})

test('metrics count what became of operations here, conflicts, and what waits for a site', async () => {
  const { body = '' } = (await sites.agents.get('site1')?.control.metrics()) ?? {}
  expect(body).toMatch(/^cheops_replication_operations_total\{.*outcome="applied".*\} [1-9]/m)
  expect(body).toMatch(/^cheops_replication_outbox_entries\{.*site="site2".*\} 0$/m)
  expect(body).toMatch(/^cheops_replication_lag_seconds\{.*site="site2".*\} 0$/m)
  expect(body).toMatch(/^cheops_replication_lanes(?:\{.*\})? \d+$/m)
  expect(body).toMatch(/^cheops_replication_conflicts_total(?:\{.*\})? 1$/m)
})

test('the history of a replicant has every write that is still known, in its order, with what became of it', async () => {
  const { code, out, err } = await sites.cheops('site2', 'replicant', 'history', 'inventory/items/torn', '-o', 'json')
  expect(code, err).toBe(0)
  const { operations: known } = JSON.parse(out) as ReplicantHistory
  const [create, ...writes] = known
  // It counts no more, and still says who the members are.
  expect(create).toMatchObject({ type: 'create', site: 'site1', fate: 'superseded' })
  expect(writes.map(({ operation, type, site, fate }) => [operation, type, site, fate])).toEqual(
    [
      [sites.operations.lost, 'replace', 'site1', 'conflict'],
      [sites.operations.counts, 'replace', 'site2', 'executed'],
    ].toSorted((a, b) => atOf(known, a[0]) - atOf(known, b[0])),
  )
  expect(known.find(({ operation }) => operation === sites.operations.lost)?.request).toEqual({
    method: 'PUT',
    path: '/items/torn',
    bytes: JSON.stringify({ n: 1, secret: 'hunter2' }).length,
  })
})

const atOf = (known: ReplicantHistory['operations'], operation: string | undefined): number =>
  known.find(entry => entry.operation === operation)?.at ?? 0

test('an operation is found by what the client was told, at its origin and elsewhere, also after a start', async () => {
  const own = await sites.cheops('site2', 'operation', 'show', sites.operations.counts, '-o', 'json')
  expect(own.code, own.err).toBe(0)
  const shown = JSON.parse(own.out) as OperationDetail
  expect([shown.replicant.name, shown.done, shown.sites.map(({ site, outcome }) => [site, outcome])]).toEqual([
    'torn',
    true,
    [
      ['site1', 'applied'],
      ['site2', 'applied'],
    ],
  ])
  const other = JSON.parse(
    (await sites.cheops('site1', 'operation', 'show', sites.operations.counts, '-o', 'json')).out,
  )
  // What came of it at its origin is known: else it would not be there.
  expect((other as OperationDetail).sites.map(({ outcome }) => outcome)).toEqual(['applied', 'applied'])
  const unknown = await sites.cheops('site1', 'operation', 'show', sites.operations.counts.replace(/\d+$/, '99'))
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('ERR_OPERATION_NOT_FOUND')])
})

test('an operation is watched until it is done everywhere', async () => {
  const { operation } = await sites.write('PUT', 'site1', '/plain', { n: 5 })
  const { code, out, err } = await sites.cheops('site1', 'operation', 'watch', operation)
  expect(code, err).toBe(0)
  expect(out).toMatch(/ site2  applied \(200\)\n/)
  expect(out).toMatch(/It is done everywhere\.\n$/)
})
