/**
 * What of a replicant grows with what is written to it lies in records of its own, so that a step writes what it has added and not all that there
 * was before: idempotency keys, requests that had them, what is executed since the last reset, and of the operations that count those
 * beyond the first hundred. Written in the commits of the core and local records, to which they belong.
 */
import {
  compareOperations,
  type Dot,
  type ExecutedOperation,
  type Keys,
  type Life,
  type OperationId,
} from '../../../core/oplog/index.ts'
import { decodePacked, encodePacked } from './packed-record.ts'
import { dotPath, keyText } from './replica-keys.ts'
import type { KeptRequest } from '../write/kept-requests.ts'
import type { LocalState } from '../replica.ts'
import type { StoreWrite } from '../../../ports/store.ts'

/** How many operations that count stand in the core record, and in each record of more of them: a life is shortened long before it has so many. */
export const LIVE_TOGETHER = 128

/** How many executed operations stand in the local record: after a whole body there is one. */
export const EXECUTED_TOGETHER = 1

/** What was read, to be put to what stands in the core and local records. */
export interface Grown {
  /** By `dotPath` of the life: by place. */
  readonly live: Map<string, Map<number, readonly Dot[]>>
  /** By `dotPath` of the life. */
  readonly keys: Map<string, [text: string, id: OperationId][]>
  /** By place. */
  readonly executed: Map<number, ExecutedOperation>
  readonly requests: KeptRequest[]
}

export function nothingGrown(): Grown {
  return { live: new Map(), keys: new Map(), executed: new Map(), requests: [] }
}

type Growing = Pick<LocalState, 'executed' | 'requests'> & { readonly lives: readonly Life[] }

/**
 * What has to be written of it.
 * @param before undefined where nothing of it is in records of its own yet
 */
export function grownRecords(prefix: string, now: Growing, before: Growing | undefined): readonly StoreWrite[] {
  const writes: StoreWrite[] = []
  if (now.lives !== before?.lives) writeLives(writes, prefix, now.lives, before?.lives ?? [])
  const [executed, had] = [now.executed.operations, before?.executed.operations ?? []]
  if (executed !== had)
    for (let place = EXECUTED_TOGETHER; place < Math.max(executed.length, had.length); place++) {
      const entry = executed[place]
      const key = `${prefix}executed/${numberText(place)}`
      if (entry === undefined) writes.push({ kind: 'delete', key })
      else if (entry !== had[place]) writes.push({ kind: 'put', key, value: encodePacked({ executed: entry }) })
    }
  if (now.requests !== before?.requests) {
    const [kept, known] = [new Set(now.requests), new Set(before?.requests)]
    for (const request of kept.difference(known))
      writes.push({ kind: 'put', key: requestKey(prefix, request), value: encodePacked({ request }) })
    const keys = new Set(now.requests.map(({ dot }) => dotPath(dot)))
    for (const request of known.difference(kept))
      if (!keys.has(dotPath(request.dot))) writes.push({ kind: 'delete', key: requestKey(prefix, request) })
  }
  return writes
}

/** Takes a record, if it is one of these. @param part of its key, behind the prefix of the replicant */
export function takeGrown(grown: Grown, part: string, value: Uint8Array): boolean {
  const [kind = '', ...rest] = part.split('/')
  const last = rest.at(-1) ?? ''
  const life = rest.slice(0, -1).join('/')
  switch (kind) {
    case 'key': {
      const { id } = decodePacked(value) as { readonly id: OperationId }
      const keys = grown.keys.get(life) ?? []
      grown.keys.set(life, keys)
      keys.push([decodeURIComponent(last), id])
      return true
    }
    case 'live': {
      const { live } = decodePacked(value) as { readonly live: readonly Dot[] }
      const parts = grown.live.get(life) ?? new Map<number, readonly Dot[]>()
      grown.live.set(life, parts.set(Number.parseInt(last, 16), live))
      return true
    }
    case 'executed': {
      const { executed } = decodePacked(value) as { readonly executed: ExecutedOperation }
      grown.executed.set(Number.parseInt(last, 16), executed)
      return true
    }
    case 'request':
      grown.requests.push((decodePacked(value) as { readonly request: KeptRequest }).request)
      return true
    default:
      return false
  }
}

/** The operations of a life that count, with those that the core record has. */
export function grownLive<T>({ live }: Grown, life: OperationId, first: readonly T[]): readonly (T | Dot)[] {
  const parts = live.get(dotPath(life.dot))
  return parts === undefined ? first : [...first, ...inPlace(parts).flat()]
}

/** The keys of a life, the oldest operation first, with those that the core record has. */
export function grownKeys(
  { keys }: Grown,
  life: OperationId,
  first: readonly (readonly [string, OperationId])[],
): Keys {
  const more = keys.get(dotPath(life.dot))
  return new Map(more === undefined ? first : [...first, ...more.toSorted(([, a], [, b]) => compareOperations(a, b))])
}

/** What the local record says, with what has grown beside it. */
export function grownLocal({ executed, requests }: Grown, local: LocalState): LocalState {
  const { executed: first, requests: some } = local
  return {
    ...local,
    executed: executed.size === 0 ? first : { ...first, operations: [...first.operations, ...inPlace(executed)] },
    requests: requests.length === 0 ? some : [...some, ...requests.toSorted((a, b) => a.at - b.at)],
  }
}

function inPlace<T>(parts: ReadonlyMap<number, T>): T[] {
  return [...parts].toSorted(([a], [b]) => a - b).map(([, part]) => part)
}

function writeLives(writes: StoreWrite[], prefix: string, now: readonly Life[], before: readonly Life[]): void {
  const had = new Map(before.map(life => [dotPath(life.life.dot), life]))
  for (const life of now) {
    const path = dotPath(life.life.dot)
    writeLife(writes, prefix, path, life, had.get(path))
    had.delete(path)
  }
  for (const [path, life] of had) writeLife(writes, prefix, path, undefined, life)
}

function writeLife(
  writes: StoreWrite[],
  prefix: string,
  path: string,
  now: Life | undefined,
  before: Life | undefined,
): void {
  if (now?.keys !== before?.keys) {
    for (const [text, id] of now?.keys ?? [])
      if (before?.keys.get(text) !== id)
        writes.push({ kind: 'put', key: keyKey(prefix, path, text), value: encodePacked({ id }) })
    if (before !== undefined) writes.push(...keyRecordsWithout(prefix, before, now?.keys ?? new Map()))
  }
  const [live, had] = [now?.live ?? [], before?.live ?? []]
  if (live === had) return
  for (let from = LIVE_TOGETHER; from < Math.max(live.length, had.length); from += LIVE_TOGETHER) {
    const key = `${prefix}live/${path}/${numberText(from / LIVE_TOGETHER)}`
    const [part, known] = [live, had].map(all => all.slice(from, from + LIVE_TOGETHER))
    if (part === undefined || part.length === 0) writes.push({ kind: 'delete', key })
    else if (part.length !== known?.length || part.some((operation, place) => operation !== known[place]))
      writes.push({ kind: 'put', key, value: encodePacked({ live: part.map(({ dot }) => dot) }) })
  }
}

/** What removes the records of keys that a life had and has no more. */
export function keyRecordsWithout(prefix: string, { life, keys }: Life, now: Keys): readonly StoreWrite[] {
  const path = dotPath(life.dot)
  const gone = keys === now ? [] : [...keys.keys()].filter(text => !now.has(text))
  return gone.map(text => ({ kind: 'delete', key: keyKey(prefix, path, text) }))
}

const keyKey = (prefix: string, path: string, text: string): string => `${prefix}key/${path}/${keyText(text)}`
const requestKey = (prefix: string, { dot }: KeptRequest): string => `${prefix}request/${dotPath(dot)}`

/** It sorts as the number does. */
function numberText(number: number): string {
  return number.toString(16).padStart(8, '0')
}
