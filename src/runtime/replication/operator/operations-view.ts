import { remember } from '../../../core/resource/remember.ts'
import { dotKey, sameDot, type Dot, type Operation, type ReplicantName } from '../../../core/oplog/index.ts'
import { replicantText } from '../../../core/oplog/replicant-text.ts'
import { isSiteName } from '../../../core/membership/record.ts'
import { CheopsError } from '../../../errors.ts'
import { heldOperation, historyOf, type KnownOperation } from './history.ts'
import { dotPath } from '../store/replica-keys.ts'
import { stands } from './replicant-listing.ts'
import { REPLICANTS } from '../store/replica-keys.ts'
import type { Clock } from '../../../ports/clock.ts'
import type {
  HistoryEntry,
  OperationBody,
  OperationDetail,
  OperationQuery,
  ReplicantHistory,
} from '../../../ports/replication-control.ts'
import type { Store } from '../../../ports/store.ts'
import type { ReplicationEvent } from '../events.ts'
import type { Replica } from '../replica.ts'
import type { ReplicaStatus } from './replica-status.ts'

/** What is asked of the replicator: what it has in memory may be ahead of the disk. */
export interface Inspected {
  status(replicant: ReplicantName): Promise<ReplicaStatus | undefined>
  inspect<T>(replicant: ReplicantName, read: (replica: Readonly<Replica>) => T): Promise<T>
}

/** Operations of this run whose replicants are remembered, the newest ones: an operator asks for one soon after it was written. */
export const MAX_REMEMBERED_OPERATIONS = 10_000

/** Keys that are looked at for one that is not remembered: some seconds' work. */
export const MAX_SEARCHED_KEYS = 1_000_000

/** Keys after which whoever else waits has its turn. */
const KEYS_AT_ONCE = 1_000

/** Operations of one replicant that are shown, the newest ones: what fits a screen many times over. */
export const MAX_HISTORY = 1_000

/** Acknowledgements wake nobody; what they change is seen so much later, milliseconds. */
const LOOK_AGAIN_MS = 1_000

/** Questions that wait for an operation at a time; more are answered at once. */
const MAX_WAITING = 256

/** What operators see of single operations. It only reads. */
export class OperationsView {
  readonly #site: string
  readonly #store: Store
  readonly #clock: Clock
  readonly #replicas: Inspected
  /** By `dotKey`, the newest last. */
  readonly #names = new Map<string, ReplicantName>()
  readonly #waiting = new Map<string, Set<() => void>>()
  #waiters = 0

  constructor(site: string, store: Store, clock: Clock, replicas: Inspected) {
    this.#site = site
    this.#store = store
    this.#clock = clock
    this.#replicas = replicas
  }

  /** Something has happened to an operation: whoever waits for it is answered. */
  see(event: ReplicationEvent): void {
    if (event.kind !== 'released' && event.kind !== 'outcome') return
    const key = dotKey(event.dot)
    remember(this.#names, key, event.replicant, MAX_REMEMBERED_OPERATIONS)
    for (const wake of this.#waiting.get(key) ?? []) wake()
  }

  /** @throws CheopsError ERR_REPLICANT_NOT_FOUND, ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async history(name: ReplicantName): Promise<ReplicantHistory> {
    const status = await this.#replicas.status(name)
    if (status === undefined) {
      const text = replicantText(name)
      throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `Nothing is replicated here as ${text}.`, { name: text })
    }
    const all = await this.#replicas.inspect(name, historyOf)
    const { service, kind, name: own } = name
    const operations = all.slice(-MAX_HISTORY).map(shown)
    return { service, kind, name: own, ...stands(status), operations, omitted: all.length - operations.length }
  }

  /** @throws CheopsError ERR_OPERATION_NOT_FOUND, ERR_ADMIN_INPUT, ERR_ADMIN_TIMEOUT, ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async operation(text: string, { known, waitMs = 0, signal }: OperationQuery): Promise<OperationDetail> {
    const dot = parseOperation(text)
    const name = this.#names.get(dotKey(dot)) ?? (await this.#search(dot, signal))
    const until = this.#clock.monotonic() + waitMs
    for (;;) {
      const entry = await this.#replicas.inspect(name, replica =>
        historyOf(replica).find(({ id }) => sameDot(id.dot, dot)),
      )
      if (entry === undefined) throw notFound(text)
      const detail = detailOf(name, entry, this.#site)
      const leftMs = until - this.#clock.monotonic()
      if (detail.version !== known || leftMs <= 0 || signal.aborted || this.#waiters >= MAX_WAITING) return detail
      await this.#told(dot, Math.min(leftMs, LOOK_AGAIN_MS), signal)
    }
  }

  /** @throws CheopsError as `operation`; ERR_OPERATION_BODY_GONE for one whose request is not held any more, or that never had one */
  async body(text: string, { signal }: OperationQuery): Promise<OperationBody> {
    const dot = parseOperation(text)
    const name = this.#names.get(dotKey(dot)) ?? (await this.#search(dot, signal))
    const { held, isKnown } = await this.#replicas.inspect(name, replica => ({
      held: heldOperation(replica, dot),
      isKnown: historyOf(replica).some(({ id }) => sameDot(id.dot, dot)),
    }))
    if (held === undefined && !isKnown) throw notFound(text)
    if (held?.payload === undefined) throw bodyGone(text, held?.type)
    const { payload } = held
    const { method, path, headers, body } = payload
    const request = { operation: text, method, path, headers }
    if (body === undefined) return { ...request, bytes: 0, encoding: 'none' }
    if ('hash' in body) return { ...request, bytes: body.length, encoding: 'elsewhere', hash: body.hash }
    return { ...request, bytes: body.bytes.length, ...textOf(body.bytes) }
  }

  /** Resolves when something has happened to the operation, or the time is over. */
  async #told(dot: Dot, timeMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const key = dotKey(dot)
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting.add(resolve))
    this.#waiters++
    const timer = this.#clock.after(timeMs, resolve)
    const onAbort = (): void => resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    await promise
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
    this.#waiters--
    waiting.delete(resolve)
    if (waiting.size === 0) this.#waiting.delete(key)
  }

  /** The replicant with a record of the operation. Keys alone are looked at. */
  async #search(dot: Dot, signal: AbortSignal): Promise<ReplicantName> {
    const path = dotPath(dot)
    const [held, told] = [`/operation/${path}`, `/outcomes/${path}`]
    let keys = 0
    for await (const [key] of this.#store.iterate({ prefix: REPLICANTS })) {
      if (key.endsWith(held) || key.endsWith(told)) {
        const [service = '', kind = '', name = ''] = key
          .slice(REPLICANTS.length)
          .split('/', 3)
          .map(part => decodeURIComponent(part))
        return { service, kind, name }
      }
      keys++
      if (signal.aborted || keys >= MAX_SEARCHED_KEYS)
        throw new CheopsError('ERR_ADMIN_TIMEOUT', 'there is too much to look through for this operation')
      if (keys % KEYS_AT_ONCE === 0) await new Promise<void>(resolve => void this.#clock.after(1, resolve))
    }
    throw notFound(operationTextOf(dot))
  }
}

function textOf(bytes: Uint8Array): Pick<OperationBody, 'encoding' | 'body'> {
  try {
    return { encoding: 'text', body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { encoding: 'base64', body: Buffer.from(bytes).toString('base64') }
  }
}

const operationTextOf = ({ site, incarnation, number }: Dot): string => `${site}/${incarnation}/${number}`

function notFound(operation: string): CheopsError {
  return new CheopsError('ERR_OPERATION_NOT_FOUND', `Nothing is known here of the operation ${operation}.`, {
    operation,
  })
}

/** @param type of one that is held, and has no request */
function bodyGone(operation: string, type: Operation['type'] | undefined): CheopsError {
  const why =
    type === undefined
      ? 'its body was given up, since a later write that has seen it takes its place'
      : type === 'members'
        ? 'it is a change of members, which has no body'
        : `no client sent it: it is a "${type}" that the agent itself has said`
  return new CheopsError('ERR_OPERATION_BODY_GONE', `Of ${operation} there is no body: ${why}.`, { operation })
}

/** @throws CheopsError ERR_ADMIN_INPUT */
function parseOperation(text: string): Dot {
  const [, site = '', incarnation = '', digits = ''] = /^([^/]+)\/(\d+-[0-9a-f]{16})\/([1-9]\d*)$/.exec(text) ?? []
  const number = Number(digits)
  if (isSiteName(site) && Number.isSafeInteger(number)) return { site, incarnation, number }
  throw new CheopsError(
    'ERR_ADMIN_INPUT',
    `"${text}" is no operation: SITE/INCARNATION/NUMBER, as the header Cheops-Operation has it.`,
  )
}

function detailOf(replicant: ReplicantName, entry: KnownOperation, self: string): OperationDetail {
  const { service, kind, name } = replicant
  const done = entry.site === self && entry.sites.every(({ outcome }) => outcome !== 'pending')
  const version = [entry.fate, ...entry.sites.map(({ site, outcome, status = '' }) => `${site}=${outcome}${status}`)]
  return { replicant: { service, kind, name }, ...shown(entry), why: entry.why, done, version: version.join(' ') }
}

function shown(known: KnownOperation): HistoryEntry {
  const { operation, site, at, type, request, members, fate, detail, life, sites } = known
  return { operation, site, at, type, request, members, fate, detail, life, sites }
}
