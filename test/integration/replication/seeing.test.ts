/**
 * What operators see of replication: two real agents in this process, with an instance of the sample application behind each, write
 * to one resource while neither knows of the other, and meet again. Shown by the command line, the admin API, events and metrics.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import type { AgentEvent, ConflictInfo, Page, ReplicantDetail, RunningAgent } from '../../../src/ports/control.ts'
import type { OperationDetail, ReplicantHistory } from '../../../src/ports/replication-control.ts'
import { startInventory } from '../../../sims/apps/inventory.ts'

type Name = 'site1' | 'site2'
const NAMES: readonly Name[] = ['site1', 'site2']
const OPERATION = String.raw`/\d+-[0-9a-f]{16}/\d+`

const applications = new Map<Name, Awaited<ReturnType<typeof startInventory>>>()
const agents = new Map<Name, RunningAgent>()
const events: AgentEvent[] = []
let folder: string
/** Of the write that lost, and of the one that counts, as clients were told. */
const operations = { lost: '', counts: '' }

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-seeing-'))
  for (const name of NAMES) applications.set(name, await startInventory({ name }))
  for (const name of NAMES) await up(name)
  await vi.waitUntil(() => agents.get('site1')?.control.membership.site('site2')?.liveness === 'alive', 10_000)
  await write('POST', 'site1', '', { id: 'plain', secret: 'hunter2' })
  await write('POST', 'site1', '', { id: 'torn', n: 0 })
  // Each is alone when it is written to, so that neither can have seen the other's write.
  await down('site2')
  operations.lost = (await write('PUT', 'site1', '/torn', { n: 1, secret: 'hunter2' })).operation
  await down('site1')
  await up('site2')
  operations.counts = (await write('PUT', 'site2', '/torn', { n: 2 })).operation
  await up('site1')
  await vi.waitUntil(async () => {
    const shown = await Promise.all(NAMES.map(name => show(name, 'torn')))
    return shown.every(({ conflicts }) => conflicts.length === 1)
  }, 20_000)
}, 60_000)

afterAll(async () => {
  for (const agent of agents.values()) await agent.stop()
  for (const application of applications.values()) await application.stop()
  await rm(folder, { recursive: true, force: true })
})

async function up(name: Name): Promise<void> {
  const any = '127.0.0.1:0'
  const flags = {
    mesh: 'seeing',
    site: name,
    data: path.join(folder, name),
    listen: [any],
    bootstrap: [...agents.values()].flatMap(({ ready }) => ready.addresses),
    'ingress.listen': any,
    'admin.listen': any,
    'log.level': 'silent',
    'heartbeat.intervalMs': '200',
    services: [
      `{name: inventory, endpoint: "${applications.get(name)?.url}", expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
    ],
  }
  const agent = await startAgent(loadConfig({ env: {}, flags }))
  agent.control.onEvent(event => events.push(event))
  agents.set(name, agent)
}

async function down(name: Name): Promise<void> {
  await agents.get(name)?.stop()
  agents.delete(name)
}

async function write(method: 'POST' | 'PUT', site: Name, resource: string, body: object) {
  const answer = await fetch(`${agents.get(site)?.ready.ingress}/inventory/items${resource}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(method === 'POST' && { 'Cheops-Scope': 'site1 & site2', Prefer: 'wait=20' }),
    },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  expect([answer.status, answer.headers.get('Cheops-Outcome')], text).toEqual([
    method === 'POST' ? 201 : 200,
    'applied',
  ])
  return { operation: answer.headers.get('Cheops-Operation') ?? '' }
}

/** Runs a command against the agent of a site. */
async function cheops(site: Name, ...argv: string[]) {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end()
  const { admin = '', adminTokenFile = '' } = agents.get(site)?.ready ?? {}
  const code = await main(argv, {
    stdout,
    stderr,
    stdin,
    env: { HOME: folder, CHEOPS_ADMIN: admin, CHEOPS_TOKEN_FILE: adminTokenFile },
    cwd: folder,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    interrupted: new AbortController().signal,
  })
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

async function show(site: Name, name: string): Promise<ReplicantDetail> {
  const { code, out, err } = await cheops(site, 'replicant', 'show', `inventory/items/${name}`, '-o', 'json')
  expect(code, err).toBe(0)
  return JSON.parse(out) as ReplicantDetail
}

test.each(NAMES)('%s lists both replicants with members, state and conflicts', async site => {
  await vi.waitFor(async () =>
    expect((await cheops(site, 'replicant', 'ls')).out).toBe(
      [
        'STATE   CONFLICTS  REPLICANT              MEMBERS',
        'agrees  0          inventory/items/plain  site1, site2',
        'agrees  1          inventory/items/torn   site1, site2',
        '',
      ].join('\n'),
    ),
  )
})

test('pages follow each other, without gap or repetition', async () => {
  const first = await cheops('site1', 'replicant', 'ls', '--limit', '1')
  expect(first.out).toContain('inventory/items/plain')
  expect(first.out).not.toContain('inventory/items/torn')
  const after = /--after (\S+)$/m.exec(first.out)?.[1] ?? ''
  const second = await cheops('site1', 'replicant', 'ls', '--limit', '1', '--after', after)
  expect(second.out).toContain('inventory/items/torn')
  expect(second.out).not.toContain('There are more')
})

test.each(NAMES)('%s says which write has no effect, and which counts instead', async site => {
  const { out } = await cheops(site, 'conflict', 'ls', '-o', 'json')
  const { items, next } = JSON.parse(out) as Page<ConflictInfo>
  expect([items, next]).toEqual([
    [
      {
        replicant: { service: 'inventory', kind: 'items', name: 'torn' },
        operation: operations.lost,
        type: 'replace',
        site: 'site1',
        at: expect.any(Number) as number,
        why: 'replaced',
        detail: 'another site wrote without having seen it, and that write counts',
        against: operations.counts,
      },
    ],
    undefined,
  ])
  expect((await show(site, 'torn')).conflicts).toEqual(items)
})

test('one replicant is shown with what became of the writes of the site that is asked', async () => {
  await vi.waitFor(async () => {
    const { operations: known, members, state } = await show('site2', 'torn')
    expect([members, state]).toEqual([['site1', 'site2'], 'agrees'])
    expect(known.map(({ operation }) => operation)).toContain(operations.counts)
    const counts = known.find(({ operation }) => operation === operations.counts)
    expect(counts?.sites.map(({ site, outcome }) => [site, outcome])).toEqual([
      ['site1', 'applied'],
      ['site2', 'applied'],
    ])
  }, 10_000)
  const { out } = await cheops('site2', 'replicant', 'show', 'inventory/items/torn')
  expect(out).toMatch(new RegExp(`WRITTEN HERE +site1 +site2\n(?:.*\n)*${operations.counts} +applied.* +applied`))
})

test('the body of the write that lost is shown to who asks for it, so that it can be written again', async () => {
  const { out: listed } = await cheops('site2', 'conflict', 'ls', '-o', 'json')
  const { items } = JSON.parse(listed) as { items: { operation: string; replicant: { name: string } }[] }
  const lost = items.find(({ replicant }) => replicant.name === 'torn')?.operation ?? ''
  expect(lost).toBe(operations.lost)
  const shown = await cheops('site2', 'operation', 'body', lost)
  expect([shown.code, JSON.parse(shown.out)]).toEqual([0, { n: 1, secret: 'hunter2' }])
  const whole = await cheops('site2', 'operation', 'body', lost, '-o', 'json')
  expect(JSON.parse(whole.out)).toMatchObject({
    operation: lost,
    method: 'PUT',
    path: '/items/torn',
    headers: [['content-type', 'application/json']],
    encoding: 'text',
  })
})

test('a conflict is shown with both bodies, by the name of the resource and by the operation that lost', async () => {
  const { code, out, err } = await cheops('site1', 'conflict', 'show', 'inventory/items/torn')
  expect(code, err).toBe(0)
  expect(out).toContain(
    `replace of site1, ${new Date(Number(operations.lost.split('/')[1]?.split('-')[0])).toISOString().slice(0, 10)}`,
  )
  expect(out).toContain(
    `PUT /items/torn\n        {"n":1,"secret":"hunter2"}\nCOUNTS  ${operations.counts}\n        PUT /items/torn\n        {"n":2}`,
  )
  expect(out).toContain(`cheops conflict resolve inventory/items/torn --keep, or --take ${operations.lost};`)
  const whole = await cheops('site2', 'conflict', 'show', operations.lost, '-o', 'json')
  expect(JSON.parse(whole.out)).toMatchObject({
    name: 'torn',
    conflicts: [
      { operation: operations.lost, wrote: { body: '{"n":1,"secret":"hunter2"}' }, counts: { body: '{"n":2}' } },
    ],
  })
  const none = await cheops('site2', 'conflict', 'show', 'inventory/items/plain')
  expect([none.code, none.out]).toEqual([0, 'inventory/items/plain has no conflict, as far as is known here.\n'])
})

test('no body is shown elsewhere', async () => {
  const outputs = await Promise.all([
    cheops('site1', 'replicant', 'show', 'inventory/items/torn', '-o', 'json'),
    cheops('site1', 'replicant', 'show', 'inventory/items/plain'),
    cheops('site1', 'conflict', 'ls', '-o', 'json'),
  ])
  for (const { code, out } of outputs) expect([code, out.includes('hunter2')]).toEqual([0, false])
  expect(JSON.stringify(events)).not.toContain('hunter2')
})

test('what is not replicated is not there: 404, and how to find what is', async () => {
  const { code, err } = await cheops('site1', 'replicant', 'show', 'inventory/items/nothing')
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('Nothing is replicated here as inventory/items/nothing. (ERR_REPLICANT_NOT_FOUND)'),
  ])
})

test('events tell of accepted writes and of the conflict, in one sentence each', () => {
  const told = events.filter(({ type }) => type.startsWith('replication.'))
  expect(told.map(({ type, subject }) => `${type} ${subject}`)).toEqual(
    expect.arrayContaining(['replication.released inventory/items/plain', 'replication.conflict inventory/items/torn']),
  )
  expect(told.find(({ type }) => type === 'replication.released')?.detail).toMatch(
    new RegExp(`^a client's create was accepted here as site1${OPERATION}; the other members will get it$`),
  )
  expect(told.find(({ type }) => type === 'replication.conflict')?.detail).toBe(
    `the replace ${operations.lost} has no effect: another site wrote without having seen it, and that write counts; see "cheops conflict ls"`,
  )
})

test('when the last member has told what became of a write, one event sums it up', async () => {
  const { operation } = await write('PUT', 'site1', '/plain', { n: 4 })
  await vi.waitFor(() => {
    const done = events.filter(({ type, detail }) => type === 'replication.done' && detail.startsWith(operation))
    expect(done.map(({ subject, detail }) => [subject, detail])).toEqual([
      ['inventory/items/plain', `${operation} is done everywhere: applied at site1, site2`],
    ])
  }, 10_000)
})

test('status shows what waits for which site, and the check that nothing waits for long', async () => {
  expect((await cheops('site1', 'status')).out).toMatch(/^REPLICATION TO .*\nsite2 +0 entries +– /m)
  expect((await cheops('site1', 'check')).out).toContain('√ No site has waited long for what was written here')
})

test('status and metrics count what is replicated, and what nobody has settled, also after a start', async () => {
  const replication = agents.get('site1')?.control.status().replication
  expect(replication).toEqual({ state: 'counted', replicants: 2, conflicts: 1, diverged: 0, undecided: 0, behind: 0, behindMs: 0 })
  expect((await cheops('site1', 'status')).out).toMatch(
    /^replicates +2 resources, 1 conflict, 0 diverged, 0 undecided, 0 behind$/m,
  )
  const { body = '' } = (await agents.get('site1')?.control.metrics()) ?? {}
  expect(body).toMatch(/^cheops_replication_replicants(?:\{.*\})? 2$/m)
  expect(body).toMatch(/^cheops_replication_unresolved_conflicts(?:\{.*\})? 1$/m)
  expect(body).toMatch(/^cheops_replication_diverged_replicants(?:\{.*\})? 0$/m)
})

test('metrics count what became of operations here, conflicts, and what waits for a site', async () => {
  const { body = '' } = (await agents.get('site1')?.control.metrics()) ?? {}
  expect(body).toMatch(/^cheops_replication_operations_total\{.*outcome="applied".*\} [1-9]/m)
  expect(body).toMatch(/^cheops_replication_outbox_entries\{.*site="site2".*\} 0$/m)
  expect(body).toMatch(/^cheops_replication_lag_seconds\{.*site="site2".*\} 0$/m)
  expect(body).toMatch(/^cheops_replication_lanes(?:\{.*\})? \d+$/m)
  expect(body).toMatch(/^cheops_replication_conflicts_total(?:\{.*\})? 1$/m)
})

test('the history of a replicant has every write that is still known, in its order, with what became of it', async () => {
  const { code, out, err } = await cheops('site2', 'replicant', 'history', 'inventory/items/torn', '-o', 'json')
  expect(code, err).toBe(0)
  const { operations: known } = JSON.parse(out) as ReplicantHistory
  const [create, ...writes] = known
  // It counts no more, and still says who the members are.
  expect(create).toMatchObject({ type: 'create', site: 'site1', fate: 'superseded' })
  expect(writes.map(({ operation, type, site, fate }) => [operation, type, site, fate])).toEqual(
    [
      [operations.lost, 'replace', 'site1', 'conflict'],
      [operations.counts, 'replace', 'site2', 'executed'],
    ].toSorted((a, b) => atOf(known, a[0]) - atOf(known, b[0])),
  )
  expect(known.find(({ operation }) => operation === operations.lost)?.request).toEqual({
    method: 'PUT',
    path: '/items/torn',
    bytes: JSON.stringify({ n: 1, secret: 'hunter2' }).length,
  })
})

const atOf = (known: ReplicantHistory['operations'], operation: string | undefined): number =>
  known.find(entry => entry.operation === operation)?.at ?? 0

test('an operation is found by what the client was told, at its origin and elsewhere, also after a start', async () => {
  const own = await cheops('site2', 'operation', 'show', operations.counts, '-o', 'json')
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
  const other = JSON.parse((await cheops('site1', 'operation', 'show', operations.counts, '-o', 'json')).out)
  // What came of it at its origin is known: else it would not be there.
  expect((other as OperationDetail).sites.map(({ outcome }) => outcome)).toEqual(['applied', 'applied'])
  const unknown = await cheops('site1', 'operation', 'show', operations.counts.replace(/\d+$/, '99'))
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('ERR_OPERATION_NOT_FOUND')])
})

test('an operation is watched until it is done everywhere', async () => {
  const { operation } = await write('PUT', 'site1', '/plain', { n: 5 })
  const { code, out, err } = await cheops('site1', 'operation', 'watch', operation)
  expect(code, err).toBe(0)
  expect(out).toMatch(/ site2  applied \(200\)\n/)
  expect(out).toMatch(/It is done everywhere\.\n$/)
})

async function clash(id: string): Promise<void> {
  const json = { 'Content-Type': 'application/json' }
  const theirs = { method: 'POST', headers: json, body: JSON.stringify({ id, theirs: true }) }
  expect((await fetch(`${applications.get('site2')?.url}/items`, theirs)).status).toBe(201)
  const ours = {
    method: 'POST',
    headers: { ...json, 'Cheops-Scope': 'site1 & site2' },
    body: JSON.stringify({ id, n: 1 }),
  }
  expect((await fetch(`${agents.get('site1')?.ready.ingress}/inventory/items`, ours)).status).toBe(201)
  await vi.waitFor(async () => expect((await show('site2', id)).state).toBe('unbound'), 10_000)
}

/** What the applications have by a name, past Cheops, without what they add. */
async function everywhere(id: string): Promise<unknown[]> {
  const answers = NAMES.map(name => fetch(`${applications.get(name)?.url}/items/${id}`))
  const items = await Promise.all((await Promise.all(answers)).map(async answer => (await answer.json()) as object))
  return items.map(item => ({ ...item, warehouse: undefined }))
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
    const { code, err } = await cheops('site2', 'conflict', 'resolve', `inventory/items/${id}`, how)
    expect(code, err).toBe(0)
    await vi.waitFor(async () => {
      expect(await everywhere(id)).toEqual(shown.map(item => ({ id, ...item })))
      const { state, members: present } = await show('site1', id)
      expect([state, present]).toEqual(['agrees', members])
    }, 20_000)
    const again = await cheops('site2', 'conflict', 'resolve', `inventory/items/${id}`, how)
    expect([again.code, again.err]).toEqual([2, expect.stringMatching(/ERR_REPLICANT_(NOT_FOUND|BOUND)/)])
  },
  60_000,
)

test('a write that lost is carried out again by who asks for it, and the conflict is gone at both', async () => {
  const wrong = await cheops('site2', 'conflict', 'resolve', 'inventory/items/torn', '--take', 'site2')
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining(operations.lost)])
  const { code, out, err } = await cheops('site2', 'conflict', 'resolve', operations.lost, '--take', 'site1')
  expect([code, out], err).toEqual([
    0,
    `inventory/items/torn: the write that had lost is carried out; the other members get it\nsettled: ${operations.lost}\n`,
  ])
  await vi.waitFor(async () => {
    const item = { id: 'torn', n: 1, secret: 'hunter2' }
    expect(await everywhere('torn')).toEqual([item, item])
    for (const site of NAMES) expect((await show(site, 'torn')).conflicts, site).toEqual([])
  }, 20_000)
  const settled = events.filter(({ type }) => type === 'replication.settled').map(({ subject }) => subject)
  expect(new Set(settled)).toEqual(new Set(['inventory/items/torn']))
  const again = await cheops('site1', 'conflict', 'resolve', 'inventory/items/torn', '--keep')
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('ERR_CONFLICT_NOT_FOUND')])
})

test('a replica that was changed past Cheops is repaired at once when somebody asks for it', async () => {
  const json = { 'Content-Type': 'application/json' }
  const outside = { method: 'PUT', headers: json, body: JSON.stringify({ n: 666 }) }
  expect((await fetch(`${applications.get('site2')?.url}/items/plain`, outside)).status).toBe(200)
  const { code, out, err } = await cheops('site2', 'replicant', 'repair', 'inventory/items/plain', '--from', 'site1')
  expect([code, out], err).toEqual([0, 'inventory/items/plain: the application here shows what the other member has\n'])
  const [here, there] = await everywhere('plain')
  expect(there).toEqual(here)
  const nobody = await cheops('site2', 'replicant', 'repair', 'inventory/items/plain', '--from', 'site9')
  expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('ERR_REPLICANT_MEMBERS')])
})

test('a site that is gone is detached: its members are told, nothing waits for it, and it is asked to be sure while it lives', async () => {
  const alive = await cheops('site1', 'replicant', 'detach', 'site2')
  expect([alive.code, alive.err]).toEqual([2, expect.stringContaining('ERR_REPLICANT_MEMBER_ALIVE')])
  await down('site2')
  await vi.waitUntil(() => agents.get('site1')?.control.membership.site('site2')?.liveness === 'down', 30_000)
  const { code, out, err } = await cheops('site1', 'replicant', 'detach', 'site2', 'inventory/items/plain')
  expect(code, err).toBe(0)
  expect(out).toMatch(/^inventory\/items\/plain  site1\/\S+\nsite2 is no member of 1 replicant any more\.\n$/)
  expect((await show('site1', 'plain')).members).toEqual(['site1'])
  expect((await show('site1', 'torn')).members).toEqual(['site1', 'site2'])
  const [operation = ''] = /site1\/\S+/.exec(out) ?? []
  const shown = JSON.parse((await cheops('site1', 'operation', 'show', operation, '-o', 'json')).out) as OperationDetail
  expect([shown.type, shown.members?.removed, shown.done]).toEqual(['members', ['site2'], true])
  const rest = await cheops('site1', 'replicant', 'detach', 'site2')
  expect(rest.out).toMatch(/inventory\/items\/torn .*\nsite2 is no member of 3 replicants any more\.\n$/)
  const last = await cheops('site1', 'replicant', 'detach', 'site1', '--force')
  expect([last.code, last.out]).toEqual([2, expect.stringMatching(/It is the only member of .*plain/)])
  // It learns of it when it comes back: what its application has stays, and is nobody's business any more.
  await up('site2')
  await vi.waitFor(async () => {
    const back = await cheops('site2', 'replicant', 'show', 'inventory/items/plain')
    expect(back.err).toContain('ERR_REPLICANT_NOT_FOUND')
  }, 20_000)
}, 90_000)

test('a site that is back is attached again, and gets what the other has', async () => {
  await write('PUT', 'site1', '/plain', { n: 77 })
  const unknown = await cheops('site1', 'replicant', 'attach', 'site22', 'inventory/items/plain')
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('Did you mean "site2"?')])
  const one = await cheops('site1', 'replicant', 'attach', 'site2', 'inventory/items/plain')
  expect(one.out, one.err).toMatch(/^inventory\/items\/plain  site1\/\S+\nsite2 is a member of 1 replicant more\.\n$/)
  await vi.waitFor(async () => {
    expect(await everywhere('plain')).toEqual([
      { id: 'plain', n: 77 },
      { id: 'plain', n: 77 },
    ])
    expect((await show('site2', 'plain')).members).toEqual(['site1', 'site2'])
  }, 20_000)
  const rest = await cheops('site1', 'replicant', 'attach', 'site2')
  expect(rest.out, rest.err).toMatch(/inventory\/items\/torn .*\nsite2 is a member of [34] replicants more\.\n$/)
  await vi.waitFor(async () => expect((await show('site2', 'torn')).members).toEqual(['site1', 'site2']), 20_000)
}, 60_000)
