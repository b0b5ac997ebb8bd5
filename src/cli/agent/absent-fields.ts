/**
 * What an agent of another version leaves out of its answers. Such a field reads as nothing told (an empty list, 0), so that the rest can be
 * shown; it is not written where the answer is given as it came (JSON, YAML), since it is not in it.
 */

/** How what a command reads has to be, where it reads more than a word or a number. */
export type Shape =
  | { readonly is: 'value'; readonly absent: string | number | boolean }
  | { readonly is: 'list'; readonly of?: Shape }
  | {
      readonly is: 'object'
      readonly fields: Readonly<Record<string, Shape>>
      /** It may be left out by any version. */
      readonly isOptional?: true
    }

const list = (of?: Shape): Shape => ({ is: 'list', ...(of !== undefined && { of }) })
const object = (fields: Readonly<Record<string, Shape>>): Shape & { readonly is: 'object' } => ({
  is: 'object',
  fields,
})
const value = (absent: string | number | boolean): Shape => ({ is: 'value', absent })

/**
 * Makes the fields readable that an answer does not have.
 * @param path of the answer, where it is a part of another
 * @returns where they are missing, as `failing`, or `replication.withheld`; once for all items of a list
 */
export function fillAbsent(answer: unknown, shape: Shape, path = ''): ReadonlySet<string> {
  const missing = new Set<string>()
  fill(answer, shape, path, missing)
  return missing
}

function fill(answer: unknown, shape: Shape, path: string, missing: Set<string>): void {
  if (shape.is === 'list' && Array.isArray(answer)) {
    for (const item of shape.of === undefined ? [] : answer) fill(item, shape.of as Shape, path, missing)
  }
  if (shape.is !== 'object' || typeof answer !== 'object' || answer === null || Array.isArray(answer)) return
  for (const [name, field] of Object.entries(shape.fields)) {
    const at = path === '' ? name : `${path}.${name}`
    const found = (answer as Readonly<Record<string, unknown>>)[name]
    if (found === undefined || found === null) {
      if (field.is === 'object' && field.isOptional === true) continue
      missing.add(at)
      // Not enumerable: it is read, and never written.
      Object.defineProperty(answer, name, { value: absentOf(field), enumerable: false })
    } else fill(found, field, at, missing)
  }
}

function absentOf(shape: Shape): unknown {
  switch (shape.is) {
    case 'value':
      return shape.absent
    case 'list':
      return []
    case 'object':
      return Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, absentOf(field)]))
  }
}

/** What tables show for what is not there. */
const NOTHING = '–'
const text = value(NOTHING)
const number = value(0)
const flag = value(false)

const requests = object({ inFlight: number, total: number, failed: number })
const told = object({ outcome: value('unknown'), at: number })
const failing = list(object({ outcome: value('failed') }))
const replicant = { members: list(), state: value('unknown'), deleted: flag, failing }
const conflict = object({ at: number, type: text, why: text, detail: text })
const expose: Shape = { ...object({ sites: list(), methods: list(), paths: list() }), isOptional: true }
const instance: Shape = { ...object({ state: text, detail: text }), isOptional: true }
const request: Shape = { ...object({ method: text, path: text, bytes: number }), isOptional: true }
const entry = { at: number, fate: text, sites: list(told), request }

/** By what is asked for. */
export const SHAPES = {
  status: object({
    mesh: text,
    labels: object({}),
    incarnation: text,
    version: text,
    node: text,
    pid: number,
    startedAt: number,
    now: number,
    state: text,
    listeners: list(object({ address: text })),
    requests: object({ local: requests, forwarded: requests, received: requests }),
    replication: object({ state: value('counting') }),
  }),
  /** `replication` of a status, once it is counted. */
  counts: object({
    replicants: number,
    conflicts: number,
    diverged: number,
    undecided: number,
    behind: number,
    failing: list(object({ replicants: number, statuses: list() })),
    withheld: object({ replicants: number, from: list() }),
    unverified: list(object({ origin: text, replicants: number })),
  }),
  site: object({
    addresses: list(),
    services: list(object({ application: text })),
    labels: object({}),
    version: text,
    incarnation: text,
    recordNumber: text,
    liveness: text,
    since: number,
    reason: value(''),
    connection: text,
    announcedRttMs: object({}),
    cannotDial: list(),
  }),
  connections: list(object({ address: text, direction: text, relayed: flag })),
  services: list(object({ application: text, liveness: text, expose, instance })),
  replicants: object({ items: list(object({ ...replicant, conflicts: number })) }),
  replicant: object({
    ...replicant,
    missingBodies: list(object({ bytes: number, here: number })),
    conflicts: list(conflict),
    operations: list(object({ sites: list(told) })),
  }),
  history: object({ ...replicant, operations: list(object(entry)), omitted: number }),
  operation: object({ ...entry, replicant: object({}), done: flag, version: value('') }),
  conflicts: object({ items: list(conflict) }),
  peers: list(object({ outbox: number, lagMs: number, digest: value('unknown') })),
  record: object({
    peerId: text,
    number: text,
    addresses: list(),
    services: list(),
    labels: object({}),
    version: text,
    incarnation: text,
  }),
  found: object({ addresses: list() }),
  findings: list(object({ id: text, section: text, level: value('warning'), message: text })),
} as const satisfies Readonly<Record<string, Shape>>
