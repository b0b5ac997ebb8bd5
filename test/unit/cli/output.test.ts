// Shows how answers look: columns that align whatever they hold, times that people read, one screen of status, findings
// in sections. How: exact text, without a terminal.
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { findingsText } from '../../../src/cli/commands/check.ts'
import { conflictTable } from '../../../src/cli/commands/conflict.ts'
import { replicantScreen, replicantTable } from '../../../src/cli/commands/replicant.ts'
import { historyTable } from '../../../src/cli/commands/replicant-history.ts'
import { statusScreen } from '../../../src/cli/commands/status.ts'
import { duration, milliseconds, render } from '../../../src/cli/output/render.ts'
import type { AgentStatus } from '../../../src/ports/control.ts'
import type { ServiceAnswer } from '../../../src/cli/agent/answers.ts'
import type { Io } from '../../../src/cli/io.ts'
import { displayWidth } from '../../../src/cli/output/display-width.ts'
import { table } from '../../../src/cli/output/table.ts'
import { evaluateCheck } from '../../../src/core/check/index.ts'
import { fakeControl } from '../../integration/admin/fake-control.ts'

describe('tables', () => {
  test('colours take no room, in whichever column, also where they make a cell wider than all others', () => {
    const red = (text: string) => ({ text, paint: (shown: string) => `<red>${shown}</red>` })
    expect(
      table(
        ['A', 'B', 'C'],
        [
          ['x', red('one'), red('last')],
          [red('東京'), undefined, 'z'],
        ],
      ),
    ).toBe(['A     B    C', 'x     <red>one</red>  <red>last</red>', '<red>東京</red>  –    z'].join('\n'))
  })
  test('align, also with wide and combining characters, and end without spaces', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['é', 'x'],
          ['東京', undefined],
          ['e\u0301', ''],
          ['plain', 'z'],
        ],
      ),
    ).toBe(['A      B', 'é      x', '東京   –', 'e\u0301      –', 'plain  z'].join('\n'))
  })
  test.each([
    ['abc', 3],
    ['東京', 4],
    ['e\u0301', 1],
    ['🚀', 2],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })
  test('control characters of others do not reach the terminal', () => {
    expect(table(['A'], [['\u001b[31mred\u0007\n']])).toBe('A\n\\u001b[31mred\\u0007\\u000a')
  })
})

describe('what cannot be seen', () => {
  const hostile = 'a\u009b2J\u202eb\u200b\ufeff\u{e0041}\u2028c"\\'
  test.each(['table', 'json', 'yaml'] as const)('is written out: %s', async format => {
    const stdout = new PassThrough()
    const value = { [hostile]: hostile, list: [hostile, 'plain', 1, null] }
    const io = { stdout } as unknown as Io
    render(io, format, value, () => `\u001b[31m${hostile}\u001b[0m\n\u001b]0;title\u0007`)
    stdout.end()
    const shown = String(Buffer.concat(await stdout.toArray()))
    // oxlint-disable-next-line no-control-regex -- colours begin with one
    const paint = /\u001b\[(31|0)m|\n/g
    expect(shown.replaceAll(format === 'table' ? paint : /\n/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    if (format === 'json') expect(JSON.parse(shown)).toEqual(value)
    if (format === 'yaml') expect(parse(shown)).toEqual(value)
    if (format === 'table') expect(shown.match(paint)?.slice(0, 2)).toEqual(['\u001b[31m', '\u001b[0m'])
  })
})

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [3_725_000, '1 h 2 min'],
  [90_000_000, '1 d 1 h'],
  [-5, '0 s'],
])('%i ms is %s', (elapsed, text) => {
  expect(duration(elapsed)).toBe(text)
})

test('round trips', () => {
  expect([milliseconds(undefined), milliseconds(0.449), milliseconds(12.345)]).toEqual([undefined, '0.4 ms', '12 ms'])
})

const screen = (
  colour: boolean,
  instance: ServiceAnswer['instance'] = { state: 'ok', detail: 'status 200' },
  more: Partial<AgentStatus> = {},
) => {
  const control = fakeControl()
  const sites = control.membership
    .sites()
    .map(site => ({ ...site, recordNumber: String(site.recordNumber), self: site.name === 'site1' }))
  const services: ServiceAnswer[] = [
    ...control.services().map(service => ({ ...service, site: 'site1', liveness: 'alive' as const, instance })),
    { name: 'inventory', application: 'rest', site: 'site2', liveness: 'alive', definition: 'fedcba9876543210' },
  ]
  return statusScreen(
    { ...control.status(), ...more },
    sites,
    [...control.peers(), ...control.peers()],
    services,
    control.replication.peers(),
    colour,
  )
}

test('status on one screen', () => {
  expect(screen(false)).toBe(`mesh         demo
site         site1  region=eu
peer         12D3KooWsite1
incarnation  1763800000000-9f86d081884c7d65
version      0.1.0 on Node v24.21.0, pid 4711
state        serving for 1 h 2 min
peers        1 connected, 2 other sites known
replicates   12 resources, 1 conflict, 0 diverged, 0 undecided, 0 behind
listens      peers    /ip4/10.0.0.1/tcp/4078/p2p/12D3KooWsite1
             ingress  http://127.0.0.1:8079

SITE   LIVENESS  RTT    SINCE  CONNECTION  SERVICES   REASON
site1  alive     –      1 min  self        inventory  this site
site2  alive     12 ms  1 min  direct      inventory  beats arrive
site3  down      –      1 min  none        inventory  no beat for 31 s

REQUESTS          IN FLIGHT  TOTAL  FAILED
to this site      1          12345  2
to other sites    0          7      0
from other sites  0          3      1

SERVICE    APPLICATION  ENDPOINT               HERE AT                          STATE
inventory  rest         http://127.0.0.1:9001  http://127.0.0.1:8079/inventory  answers; other glue at site2

REPLICATION TO  WAITING     OLDEST   HOLDS             LAST EQUAL
site2           0 entries   –        the same          0 s ago
site3           12 entries  1 h ago  not compared yet  –`)
})

test('an application that does not answer is seen in the status', () => {
  const dead = screen(true, { state: 'refused', detail: 'the connection was refused' })
  expect(dead).toContain('\u001b[31mdoes not answer: the connection was refused; other glue at site2\u001b[0m')
})

test('a disk that is nearly full is seen in the status', () => {
  const full = screen(false, undefined, { diskShort: { freeBytes: 5 * 1024 ** 2 } })
  expect(full).toContain(
    'disk         nearly full, 5 MiB free: replicated resources take nothing new (limits.freeBytes)\n',
  )
})

test('colours change nothing but colours', () => {
  expect(screen(true)).toContain('\u001b[31mdown\u001b[0m')
  // oxlint-disable-next-line no-control-regex
  expect(screen(true).replaceAll(/\u001b\[\d+m/g, '')).toBe(screen(false))
})

test('findings stand in sections, complaints with their identifier and a hint', () => {
  const findings = evaluateCheck({
    node: { version: 'v24.21.0', range: '^24.12' },
    endpoints: [{ service: 'a', endpoint: 'http://x', state: 'refused', detail: 'the connection was refused' }],
    data: { path: '/d', state: 'ok', openToOthers: true, room: undefined },
  })
  expect(findingsText(findings, false)).toBe(`runtime
√ Node v24.21.0

data
‼ /d is open to other users  [data-folder]
    chmod 700 /d

application
× a: http://x does not answer: the connection was refused  [app-answers]
    Start the application, or correct the endpoint.

1 error, 1 warning`)
  expect(findingsText(findings.slice(0, 1), false)).toBe('runtime\n√ Node v24.21.0\n\nAll is well.')
  expect(findingsText(findings.slice(2, 3), false, 40)).toBe(`application
× a: http://x does not answer: the
  connection was refused  [app-answers]
    Start the application, or correct
    the endpoint.

1 error`)
  expect(findingsText(findings.slice(2, 3), true, 40)).toContain('refused  \u001b[2m[app-answers]\u001b[0m\n')
})

describe('a table that is wider than the screen', () => {
  const head = ['NAME', 'STATE', 'WHY']
  const rows = [
    ['a', 'well', undefined],
    ['bb', 'not well', 'the application answers 500 to whatever it is asked since yesterday'],
  ]

  test('is broken in its last column, between words', () => {
    expect(table(head, rows, 50)).toBe(
      [
        'NAME  STATE     WHY',
        'a     well      –',
        'bb    not well  the application answers 500 to',
        '                whatever it is asked since',
        '                yesterday',
      ].join('\n'),
    )
  })

  test('has that column below where there is no room beside the others', () => {
    expect(table(head, rows, 38)).toBe(
      [
        'NAME  STATE',
        '    WHY',
        'a     well',
        '    –',
        'bb    not well',
        '    the application answers 500 to',
        '    whatever it is asked since',
        '    yesterday',
      ].join('\n'),
    )
  })

  test('is left alone where programs read it', () => {
    expect(table(head, rows).split('\n')).toHaveLength(3)
  })
})

test('the history of a resource with many members is no wider than a hundred columns', () => {
  const members = Array.from({ length: 9 }, (_, n) => `edge-site-${n}`)
  const sites = members.map(
    (site, n) => ({ site, outcome: n === 3 ? 'pending' : 'applied', status: 200, at: 1 }) as const,
  )
  const operation = 'edge-site-1/1763800000000-9f86d081884c7d65/12345'
  const request = { method: 'PUT', path: `/items/${'long-name-'.repeat(4)}`, bytes: 17 }
  const entry = { operation, site: 'edge-site-1', at: 1763800000000, type: 'replace', request, members: undefined }
  const history = {
    service: 'inventory',
    kind: 'items',
    name: 'x',
    members,
    state: 'agrees',
    deleted: false,
    reason: undefined,
    failing: [],
    omitted: 0,
    operations: [{ ...entry, fate: 'executed', detail: undefined, life: undefined, sites }],
  } as const
  const lines = historyTable(history, false).split('\n')
  expect(lines).toEqual([
    'FATE      WRITTEN               OPERATION',
    `executed  2025-11-22T08:26:40Z  ${operation}`,
    `          replace PUT /items/${'long-name-'.repeat(4)} (17 bytes)`,
    '          applied (200) at edge-site-0, edge-site-1, edge-site-2, edge-site-4, edge-site-5,',
    '          edge-site-6, edge-site-7, edge-site-8; pending (200) at edge-site-3',
  ])
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(100)
})

describe('replicants', () => {
  const query = { limit: 100, signal: new AbortController().signal }

  test('the state is coloured, and the columns still align', async () => {
    const { items } = await fakeControl().replicants(query)
    const text = replicantTable({ items, next: undefined }, true)
    expect(text).toContain('\u001b[31mdiverged\u001b[0m  1          inventory/items/purple')
    // oxlint-disable-next-line no-control-regex
    expect(text.replaceAll(/\u001b\[\d+m/g, '')).toBe(replicantTable({ items, next: undefined }, false))
    expect(replicantTable({ items: [], next: undefined }, true)).toBe('Nothing is replicated at this site.')
  })

  test('one that was deleted does not agree: it is gone', async () => {
    const { items } = await fakeControl().replicants(query)
    const [item] = items
    if (item === undefined) throw new Error('the fake has a replicant')
    const shown = (more: object) =>
      replicantTable({ items: [{ ...item, ...more, failing: [] }], next: undefined }, false).split('\n')[1]
    expect(shown({ state: 'agrees', deleted: true })).toMatch(/^deleted /)
    // Until it is gone everywhere it is what it is.
    expect(shown({ state: 'busy', deleted: true })).toMatch(/^busy /)
    expect(shown({ state: 'agrees', deleted: false })).toMatch(/^agrees /)
  })

  test.each([
    [
      { outcome: 'failed', status: 405 },
      'failing',
      'is not carried out at site2: refused, its application answers 405',
    ],
    [{ outcome: 'failed', error: 'ERR_X' }, 'failing', 'is not carried out at site2: ERR_X'],
    [{ outcome: 'uncertain' }, 'failing', 'is not carried out at site2: whether it took effect is not known there'],
    [
      { outcome: 'pending', status: 401 },
      'pending',
      'is not carried out at site2: pending, its application answers 401',
    ],
    [
      { outcome: 'pending' },
      'pending',
      'is not carried out at site2: pending, that site or its application does not answer',
    ],
  ] as const)('the worst that is known is the state: %j elsewhere', async (told, state, note) => {
    const { items } = await fakeControl().replicants(query)
    const [item] = items
    if (item === undefined) throw new Error('the fake has a replicant')
    const failing = [{ site: 'site2', operation: 'site1/1-1/8', ...told }]
    const shown = (more: object) =>
      replicantTable({ items: [{ ...item, reason: undefined, ...more, failing }], next: undefined }, false)
    expect(shown({ state: 'agrees', deleted: false })).toMatch(new RegExp(`\n${state} `))
    expect(shown({ state: 'agrees', deleted: true })).toMatch(new RegExp(`\n${state} `))
    expect(shown({ state: 'busy', deleted: false })).toContain(note)
    expect(shown({ state: 'diverged', deleted: false })).toMatch(/\ndiverged /)
  })

  test('one replicant: what it is, what lost, what became of the writes', async () => {
    const replicant = await fakeControl().replicant({ service: 'inventory', kind: 'items', name: 'purple' })
    expect(replicantScreen(replicant)).toBe(
      [
        'service      inventory',
        'kind         items',
        'name         purple',
        'members      site1, site2',
        'state        diverged: the application answers 500 to the replace',
        'waits for    a body of 52428800 bytes, of which 1048576 are here',
        '',
        conflictTable(replicant.conflicts),
        '',
        'WRITTEN HERE                            TOLD',
        'site1/1763800000000-9f86d081884c7d65/3  applied (200) at site1; pending at site2',
      ].join('\n'),
    )
    const at = { site: 'site2', outcome: 'failed', at: 1 } as const
    const failed = (error: string) =>
      replicantScreen({ ...replicant, operations: [{ operation: 'o', sites: [{ ...at, error }] }] })
    expect(failed('ERR_FORWARD_NOT_EXPOSED')).toMatch(
      /o {13}failed \(ERR_FORWARD_NOT_EXPOSED\) at site2; nothing told by site1\n\nERR_FORWARD_NOT_EXPOSED: .*\. .*\.$/,
    )
    // Of a later version.
    expect(failed('ERR_OF_TOMORROW')).toMatch(/failed \(ERR_OF_TOMORROW\) at site2; nothing told by site1$/)
    const unread = replicantScreen({ ...replicant, state: 'agrees', reason: undefined, failing: [], unchecked: true })
    expect(unread).toMatch(/\nstate {8}agrees as far as is known: its application was not looked at yet since/)
    const calm = replicantScreen({ ...replicant, missingBodies: [], conflicts: [], operations: [] })
    expect(calm).toMatch(/\n\nThere is no conflict\.\n\nNo write that came in here is remembered\.$/)
    expect(replicantScreen({ ...replicant, conflictsForgotten: 1 })).toMatch(/\n\n1 older conflict was given up: /)
    expect(replicantScreen({ ...replicant, conflictsForgotten: 8 })).toMatch(/\n\n8 older conflicts were given up: /)
  })

  test('what an application or another site chose does not control the terminal', async () => {
    const replicant = await fakeControl().replicant({ service: 'inventory', kind: 'items', name: 'purple' })
    const [conflict] = replicant.conflicts
    if (conflict === undefined) throw new Error('the fake has a conflict')
    const name = 'a\u001b[2Jb'
    const hostile = { ...conflict, replicant: { ...conflict.replicant, name } }
    for (const text of [
      replicantScreen({ ...replicant, name, conflicts: [hostile] }),
      replicantTable({ items: [{ ...replicant, name, conflicts: 1 }], next: undefined }, false),
    ]) {
      expect(text).not.toContain('\u001b')
      expect(text).toContain('a\\u001b[2Jb')
    }
  })
})
