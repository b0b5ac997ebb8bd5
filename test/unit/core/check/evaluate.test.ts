// Shows what `cheops check` says of each trouble that it knows, by its stable identifier, and that a healthy agent gets no
// complaint. How: facts made by hand, one trouble at a time, given to the pure function.
import { describe, expect, test } from 'vitest'
import type { OfferedService } from '../../../../src/core/membership/record.ts'
import { evaluateCheck, isReadiness, nodeSatisfies } from '../../../../src/core/check/index.ts'
import type { CheckFacts, FileFact, ListenerFact, SiteFact } from '../../../../src/core/check/index.ts'

const site = (name: string, rest: Partial<SiteFact> = {}): SiteFact => ({
  name,
  liveness: 'alive',
  reason: 'beats arrive',
  connected: name !== 'site1',
  version: '0.1.0',
  cannotDial: [],
  services: [],
  clockOffsetMs: name === 'site1' ? undefined : 20,
  ...rest,
})
const mesh = (...sites: SiteFact[]) => ({ self: 'site1', sites: [site('site1'), ...sites] })
const book = (name: string, definition: string | undefined): OfferedService => ({
  name,
  application: 'library',
  ...(definition === undefined ? {} : { definition }),
})
/** The service books with these definitions at site1 and site2. */
const sameService = (here: string, there: string | undefined): Partial<CheckFacts> => {
  const own = site('site1', { services: [book('books', here)] })
  return { mesh: { self: 'site1', sites: [own, site('site2', { services: [book('books', there)] })] } }
}
const file = (rest: Partial<FileFact>): FileFact => ({
  path: '/etc/cheops/mesh.key',
  what: 'mesh key',
  state: 'ok',
  secret: true,
  openToOthers: false,
  ...rest,
})
const listener = (rest: Partial<ListenerFact>): ListenerFact => ({
  name: 'ingress',
  address: '127.0.0.1:8079',
  state: 'free',
  clear: false,
  ...rest,
})

const HEALTHY: CheckFacts = {
  node: { version: 'v24.21.0', range: '^24.12 || >=26' },
  configuration: { file: 'cheops.yaml', problems: [] },
  files: [file({})],
  certificates: [{ path: 'a.pem', daysLeft: 300, matchesKey: true }],
  data: {
    path: '/var/lib/cheops',
    state: 'ok',
    openToOthers: false,
    room: { freeBytes: 1e12, keptBytes: 64 * 1024 ** 2 },
  },
  listeners: [listener({ state: 'open' })],
  endpoints: [{ service: 'a', endpoint: 'http://x', state: 'ok', detail: 'status 200' }],
  meshKey: { configured: true, reachable: true },
  bootstrap: [{ address: '/ip4/10.0.0.2/tcp/1', result: 'connected', detail: '' }],
  agent: 'serving',
  problems: [],
  mesh: mesh(site('site2'), site('site3')),
  replication: [{ site: 'site2', outbox: 3, lagMs: 200, shared: 3, differs: false, unequalMs: 65_000 }],
}

const complaints = (facts: CheckFacts) =>
  evaluateCheck(facts)
    .filter(({ level }) => level !== 'ok')
    .map(({ id, level }) => `${level} ${id}`)

test('a healthy agent: every check is there, none complains', () => {
  const findings = evaluateCheck(HEALTHY)
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([])
  expect([...new Set(findings.map(({ id }) => id))]).toEqual([
    'node-version',
    'config-valid',
    'files',
    'secrets-private',
    'tls',
    'data-folder',
    'port-free',
    'app-answers',
    'agent-serving',
    'mesh-key-set',
    'site-name',
    'bootstrap',
    'sites-alive',
    'both-ways',
    'clock',
    'replication-lag',
  ])
})

test('what was not looked at is not judged', () => {
  expect(evaluateCheck({})).toEqual([])
})

const bootstrap = (result: NonNullable<CheckFacts['bootstrap']>[number]['result']) => ({
  bootstrap: [{ address: '/ip4/10.0.0.2/tcp/1', result, detail: 'why' }],
  mesh: mesh(),
})
const problem = (id: string) => ({ problems: [{ id, subject: 'x', detail: 'd', hint: 'h' }] })

test.each<[string, Partial<CheckFacts>, string[]]>([
  ['Node too old', { node: { version: 'v20.20.2', range: '^24.12 || >=26' } }, ['error node-version']],
  [
    'bad configuration',
    { configuration: { file: 'f', problems: ['a', 'b'] } },
    ['error config-valid', 'error config-valid'],
  ],
  ['file missing', { files: [file({ state: 'missing' })] }, ['error files']],
  ['file made at the start', { files: [file({ state: 'missing-ok' })] }, []],
  ['file unreadable', { files: [file({ state: 'unreadable' })] }, ['error files']],
  ['file of another kind', { files: [file({ state: 'invalid', detail: 'it is empty' })] }, ['error files']],
  ['secret open to others', { files: [file({ openToOthers: true })] }, ['warning secrets-private']],
  ['certificate of another key', { certificates: [{ path: 'p', daysLeft: 9, matchesKey: false }] }, ['error tls']],
  ['certificate expired', { certificates: [{ path: 'p', daysLeft: -0.1, matchesKey: true }] }, ['error tls']],
  ['certificate about to expire', { certificates: [{ path: 'p', daysLeft: 20.9, matchesKey: true }] }, ['warning tls']],
  [
    'data folder not writable',
    {
      data: {
        path: 'p',
        state: 'not-writable',
        openToOthers: false,
        room: { freeBytes: 1e9, keptBytes: 64 * 1024 ** 2 },
      },
    },
    ['error data-folder'],
  ],
  [
    'data folder is a file',
    {
      data: {
        path: 'p',
        state: 'not-a-folder',
        openToOthers: false,
        room: { freeBytes: 1e9, keptBytes: 64 * 1024 ** 2 },
      },
    },
    ['error data-folder'],
  ],
  [
    'data folder open to others',
    { data: { path: 'p', state: 'ok', openToOthers: true, room: { freeBytes: 1e9, keptBytes: 64 * 1024 ** 2 } } },
    ['warning data-folder'],
  ],
  [
    'disk nearly full',
    { data: { path: 'p', state: 'ok', openToOthers: false, room: { freeBytes: 1e6, keptBytes: 64 * 1024 ** 2 } } },
    ['error disk-space'],
  ],
  [
    'disk that will be',
    { data: { path: 'p', state: 'ok', openToOthers: false, room: { freeBytes: 1e8, keptBytes: 64 * 1024 ** 2 } } },
    ['warning disk-space'],
  ],
  [
    'disk that has not enough room yet for the agent to take again',
    {
      data: { path: 'p', state: 'ok', openToOthers: false, room: { freeBytes: 70, keptBytes: 64 } },
      isDiskShort: true,
    },
    ['error disk-space'],
  ],
  [
    'disk of bodies nearly full',
    { bodies: { path: 'b', state: 'ok', openToOthers: false, room: { freeBytes: 1, keptBytes: 64 } } },
    ['error disk-space'],
  ],
  [
    'disk with twice what is kept free',
    { data: { path: 'p', state: 'ok', openToOthers: false, room: { freeBytes: 2e9, keptBytes: 1e9 } } },
    [],
  ],
  ['store that cannot be written', { store: { failure: 'it cannot be written' } }, ['error store']],
  ['store in order', { store: { failure: undefined } }, []],
  ['too few open files', { openFiles: { limit: 1_024, wanted: 1_025 } }, ['warning open-files']],
  ['enough open files', { openFiles: { limit: 1_024, wanted: 1_024 } }, []],
  ['any number of open files', { openFiles: { limit: undefined, wanted: 9 } }, []],
  ['port taken', { listeners: [listener({ state: 'taken' })] }, ['error port-free']],
  ['port denied', { listeners: [listener({ state: 'denied' })] }, ['error port-free']],
  ['foreign address', { listeners: [listener({ state: 'bad-address' })] }, ['error port-free']],
  ['token in the clear', { listeners: [listener({ clear: true })] }, ['warning listener-clear']],
  [
    'application down',
    { endpoints: [{ service: 'a', endpoint: 'http://x', state: 'refused', detail: 'd' }] },
    ['error app-answers'],
  ],
  ['agent starting', { agent: 'starting' }, ['error agent-serving']],
  ['no mesh key on an open port', { meshKey: { configured: false, reachable: true } }, ['warning mesh-key-set']],
  ['no mesh key on loopback', { meshKey: { configured: false, reachable: false } }, []],
  ['bootstrap unreachable, alone', bootstrap('timeout'), ['error bootstrap']],
  ['bootstrap refused, alone', bootstrap('refused'), ['error bootstrap']],
  ['bootstrap unreachable, mesh found', { ...bootstrap('timeout'), mesh: mesh(site('site2')) }, ['warning bootstrap']],
  ['wrong mesh key', bootstrap('handshake'), ['error mesh-key']],
  ['a site cut off by an operator', { cuts: [{ site: 'site2', leftMs: 90_000 }] }, ['warning cut']],
  ['all cut off by an operator', { ...bootstrap('denied'), cuts: [{ site: undefined, leftMs: 1 }] }, ['warning cut']],
  ['wrong mesh name', bootstrap('wrong-mesh'), ['error mesh-name']],
  ['another agent at the address', bootstrap('wrong-peer'), ['error bootstrap']],
  ['an agent that refuses us', bootstrap('refused-by-peer'), ['error bootstrap']],
  ['own address as bootstrap', bootstrap('self'), []],
  ['not yet tried', bootstrap('never tried'), []],
  ['name taken', problem('name-taken'), ['error site-name']],
  ['one key twice', problem('two-agents-one-key'), ['error site-name']],
  ['a peer of another mesh', problem('wrong-mesh'), ['warning mesh-name']],
  ['problems that are judged elsewhere', problem('cannot-dial'), []],
  ['other problems pass through', problem('bad-record'), ['warning bad-record']],
  ['a site down', { mesh: mesh(site('site2', { liveness: 'down' })) }, ['warning sites-alive']],
  ['one-way reachability', { mesh: mesh(site('site2', { cannotDial: ['site1'] })) }, ['warning both-ways']],
  ['one clock off', { mesh: mesh(site('site2', { clockOffsetMs: 6_000 }), site('site3')) }, ['warning clock']],
  ['one clock far off', { mesh: mesh(site('site2', { clockOffsetMs: -3_600_000 })) }, ['error clock']],
  ['other glue', sameService('a1', 'a2'), ['warning same-glue']],
  ['the same glue', sameService('a1', 'a1'), []],
  ['glue that an earlier agent does not tell', sameService('a1', undefined), []],
  ['other glue of another service', { mesh: mesh(site('site2', { services: [book('loans', 'a2')] })) }, []],
  ['other versions', { mesh: mesh(site('site2', { version: '0.2.0' })) }, ['warning versions']],
])('%s', (_, facts, expected) => {
  expect(complaints({ ...HEALTHY, ...facts })).toEqual(expected)
})

describe('what stands behind several addresses is found once', () => {
  const addresses = ['/ip4/10.0.0.2/tcp/1', '/dns4/two/tcp/1/p2p/12D3a']
  const facts = (
    id: string,
    told: string,
    result: NonNullable<CheckFacts['bootstrap']>[number]['result'],
  ): CheckFacts => ({
    ...HEALTHY,
    mesh: mesh(),
    bootstrap: addresses.map(address => ({ address, result, detail: 'why', problem: { id, subject: '12D3a' } })),
    problems: [{ id, subject: told, detail: 'd', hint: 'h' }],
  })

  test('another mesh, a name that is taken', () => {
    expect(complaints(facts('wrong-mesh', '12D3a', 'wrong-mesh'))).toEqual(['error mesh-name'])
    expect(complaints(facts('name-taken', '12D3a', 'refused-by-peer'))).toEqual(['error site-name'])
  })
  test('a peer of another mesh that knocks is another matter', () => {
    expect(complaints(facts('wrong-mesh', '12D3b', 'wrong-mesh'))).toEqual([
      'warning mesh-name',
      'error mesh-name',
      'error mesh-name',
    ])
  })
  test('another mesh key is told of each address: nobody knows who stands there', () => {
    const [address = '', other = ''] = addresses
    const problems = addresses.map(subject => ({ id: 'wrong-mesh-key', subject, detail: 'd', hint: 'h' }))
    const bootstrap = [address, other].map(each => ({
      address: each,
      result: 'handshake' as const,
      detail: 'why',
      problem: { id: 'wrong-mesh-key', subject: each },
    }))
    expect(complaints({ ...HEALTHY, mesh: mesh(), bootstrap, problems })).toEqual(['error mesh-key', 'error mesh-key'])
  })
})

test('every complaint says what to do', () => {
  const hintless = evaluateCheck({ ...HEALTHY, ...bootstrap('handshake'), endpoints: [] }).filter(
    ({ level, hint }) => (level === 'ok') !== (hint === undefined),
  )
  expect(hintless).toEqual([])
})

describe('clocks', () => {
  const clock = (...offsets: number[]) =>
    evaluateCheck({ mesh: mesh(...offsets.map((offset, i) => site(`s${String(i)}`, { clockOffsetMs: offset }))) })
      .filter(({ id, level }) => id === 'clock' && level !== 'ok')
      .map(({ message }) => message)

  test('when most others agree against us, it is ours', () => {
    expect(clock(60_000, 61_000, 20)).toEqual(['The clock of this site is 61 s behind that of most others'])
    expect(clock(-60_000, -59_000)).toEqual(['The clock of this site is 59 s ahead of that of most others'])
  })
  test('when they differ in both directions, each is named', () => {
    expect(clock(60_000, -60_000)).toEqual([
      'The clock of s0 is 60 s ahead of that of this site',
      'The clock of s1 is 60 s behind that of this site',
    ])
  })
})

test('readiness is about this agent only', () => {
  const ids = evaluateCheck({
    ...HEALTHY,
    ...bootstrap('handshake'),
    endpoints: [],
    mesh: mesh(site('site2', { liveness: 'down' })),
  })
    .filter(isReadiness)
    .map(({ id, level }) => `${level} ${id}`)
  expect(ids).toEqual(['ok data-folder', 'ok port-free', 'ok agent-serving', 'ok site-name', 'ok replication-lag'])
})

test('an agent whose store has failed is not ready', () => {
  const findings = evaluateCheck({ ...HEALTHY, store: { failure: 'The store failed: it cannot be written.' } })
  const bad = findings.filter(isReadiness).filter(({ level }) => level === 'error')
  expect(bad.map(({ id, message }) => [id, message])).toEqual([['store', 'The store failed: it cannot be written.']])
})

test.each([
  ['v24.12.0', true],
  ['v24.11.9', false],
  ['v25.0.0', false],
  ['v26.0.0', true],
  ['v28.1.0', true],
  ['v20.20.2', false],
])('Node %s is accepted: %s', (version, expected) => {
  expect(nodeSatisfies(version, '^24.12 || >=26')).toBe(expected)
})

describe('replicants', () => {
  const others = { failing: [], withheld: { replicants: 0, from: [] }, unverified: [] }
  const well = { replicants: 3, conflicts: 0, diverged: 0, undecided: 0, behind: 0, behindMs: 0, ...others }
  test.each([
    [well, [], 'ok'],
    [{ ...well, diverged: 1 }, ['warning replication-diverged'], 'warning'],
    [{ ...well, undecided: 2 }, ['warning replication-undecided'], 'warning'],
    [{ ...well, conflicts: 1 }, ['warning replication-conflicts'], undefined],
    [{ ...well, behind: 1, behindMs: 90_000, behindStatus: 401 }, ['warning replication-behind'], 'warning'],
    [{ ...well, behind: 7, behindMs: 7_300_000 }, ['warning replication-behind'], 'warning'],
    [
      { ...well, failing: [{ site: 'site2', replicants: 1, errors: ['ERR_FORWARD_NOT_EXPOSED'], statuses: [] }] },
      ['warning replication-failing'],
      undefined,
    ],
    [
      { ...well, replicants: 0, withheld: { replicants: 1, from: ['site2'] } },
      ['warning replication-withheld'],
      undefined,
    ],
    [
      { ...well, replicants: 0, unverified: [{ origin: 'site1', from: ['site2'], replicants: 1 }] },
      ['warning replication-unverified'],
      undefined,
    ],
  ] as const)('%j', (replicants, expected, ready) => {
    expect(complaints({ ...HEALTHY, replicants })).toEqual(expected)
    const told = evaluateCheck({ ...HEALTHY, replicants }).filter(isReadiness)
    const ours = told.filter(({ id }) => /diverged|undecided|conflicts|behind/.test(id)).map(({ level }) => level)
    expect(ours).toEqual(ready === undefined ? [] : [ready])
  })

  test('says what keeps a site behind, and what to do about it', () => {
    const told = (behindStatus: number | undefined) =>
      evaluateCheck({ replicants: { ...well, behind: 2, behindMs: 120_000, behindStatus } }).map(
        ({ message, hint }) => `${message} ${hint ?? ''}`,
      )
    expect(told(401)[0]).toMatch(
      /^2 resources here have waited for up to 2 min .*answers 401 .*services\[\]\.credential/,
    )
    expect(told(undefined)[0]).toMatch(/does not answer .*cheops service ls/)
  })

  test('says whose key is missing, and who can vouch', () => {
    const unverified = [{ origin: 'site1', from: ['site2', 'site3'], replicants: 4 }]
    const [told] = evaluateCheck({ replicants: { ...well, unverified } })
    expect(told?.message).toMatch(/^4 resources that site2, site3 tell of cannot be verified here: .*site1/)
    expect(told?.hint).toMatch(/--expose-sites site2,site3/)
    const failing = [{ site: 'site3', replicants: 1, errors: ['ERR_SYNC_ORIGIN'], statuses: [] }]
    expect(evaluateCheck({ replicants: { ...well, failing } })[0]?.hint).toMatch(/^site3 cannot verify/)
  })

  test('says what the application of another member has answered, and how that is mended', () => {
    const failing = [{ site: 'site3', replicants: 2, errors: [], statuses: [405, 422] }]
    const [told] = evaluateCheck({ replicants: { ...well, failing } })
    expect(told?.message).toBe(
      'site3 does not carry out what was written here to 2 resources: the application answers 405, the application answers 422',
    )
    expect(told?.hint).toMatch(/cheops replicant repair/)
  })

  test('says nothing of none', () => {
    expect(evaluateCheck({ replicants: { ...well, replicants: 0 } })).toEqual([])
  })
})

describe('replication', () => {
  const peer = { site: 'site2', outbox: 12, lagMs: 0, shared: 3, differs: false, unequalMs: 0 }
  const differs = { ...peer, differs: true }

  test.each([
    [{ ...differs, lagMs: 299_999, unequalMs: 299_999 }, []],
    [{ ...peer, lagMs: 300_000 }, ['warning replication-lag']],
    [{ ...differs, unequalMs: 300_000 }, ['warning replication-agrees']],
    // Neither has heard of a difference: nobody has compared.
    [{ ...peer, unequalMs: 300_000 }, ['warning replication-agrees']],
    [{ ...peer, shared: 0, unequalMs: 300_000 }, []],
    [{ ...differs, lagMs: 7_200_000, unequalMs: 7_200_000 }, ['warning replication-lag', 'warning replication-agrees']],
  ])('%j: %j, and readiness says so', (fact, expected) => {
    expect(complaints({ ...HEALTHY, replication: [fact] })).toEqual(expected)
    const ready = evaluateCheck({ ...HEALTHY, replication: [fact] }).filter(isReadiness)
    expect(ready.filter(({ level }) => level !== 'ok').map(({ id, level }) => `${level} ${id}`)).toEqual(expected)
  })

  test('says what waits, for how long, and what to do where the site is gone', () => {
    const findings = evaluateCheck({ ...HEALTHY, replication: [{ ...peer, outbox: 1, lagMs: 10_800_000 }] })
    expect(findings.find(({ id }) => id === 'replication-lag')).toMatchObject({
      message: 'site2 has not received 1 entry of replication for 3 h',
      hint: expect.stringContaining('cheops replicant detach site2') as string,
    })
  })
})
