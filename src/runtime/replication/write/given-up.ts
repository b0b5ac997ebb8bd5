/**
 * Requests that this site has given up, or sends again, since they were found without effect: they may land later all the same. Then their effect stands in what the
 * application shows, and no operation says so: what is written on top of it hides it, and when the client of one with an idempotency key sends that again, here or to
 * another member, it would be there twice. That something may land is written down; what has is known to a run of the agent alone, since after a start all is compared with what was shown last. Source: src/consistency.md "Doubt at the origin".
 */
import type { Operation } from '../../../core/oplog/index.ts'
import { keyAlone } from './kept-requests.ts'
import { LANDS_WITHIN_MS, MAX_KEPT_REQUESTS } from '../limits.ts'
import type { Engine } from '../engine.ts'
import type { LocalState, Replica, RunState } from '../replica.ts'
import { isWithin } from '../drift/settling.ts'

interface GivenUp {
  /** Oldest first. */
  readonly keys: readonly string[]
  /** Until when the last one is expected to land, milliseconds by the monotonic clock. */
  readonly until: number
  /** Nothing was found since that one was given up. */
  readonly isUnfound: boolean
  /** Something was found that may be one of them. */
  readonly mayBeThere: boolean
  /** Since that was found something was carried out on top of it: what is shown from then on was not shown before. */
  readonly isBuiltOn?: boolean
  /** Hash of what an operator has seen who has said that nothing has landed. */
  readonly isNot?: string
}

const ofRun = new WeakMap<RunState, GivenUp>()

/** @param now by the monotonic clock, milliseconds */
export function noteGivenUp(run: RunState, { idempotency }: Operation, now: number): void {
  noteMayLand(run, now)
  const known = ofRun.get(run)
  if (idempotency === undefined || known === undefined) return
  ofRun.set(run, { ...known, keys: [...known.keys, keyAlone(idempotency)].slice(-MAX_KEPT_REQUESTS) })
}

/** What was in doubt was found without effect, and may be sent again, by this site itself or by its client; or a repair was. The first one may land as well. */
export function noteMayLand(run: RunState, now: number): void {
  const { keys = [], mayBeThere = false, ...known } = ofRun.get(run) ?? {}
  ofRun.set(run, { ...known, keys, until: now + LANDS_WITHIN_MS, isUnfound: true, mayBeThere })
}

/** As the next run is to know it. @param operation none where the key of what may land is known otherwise, or does not matter */
export function givenUpNow(
  { options }: Engine,
  { local }: Replica,
  operation?: Operation,
): Pick<LocalState, 'givenUp'> {
  const at = Math.floor(options.clock.now())
  const before = mayLandSince(local, at) ? (local.givenUp?.keys ?? []) : []
  const { idempotency } = operation ?? {}
  const keys = idempotency === undefined ? before : [...before, keyAlone(idempotency)].slice(-MAX_KEPT_REQUESTS)
  return { givenUp: { at, keys } }
}

/** What an earlier run has given up may land in this one. */
export function recallGivenUp({ options: { clock } }: Engine, { local, run }: Replica): void {
  if (!mayLandSince(local, clock.now())) return
  noteMayLand(run, clock.monotonic())
  const known = ofRun.get(run)
  if (known === undefined) return
  const keys = new Set([...(local.givenUp?.keys ?? []), ...known.keys])
  ofRun.set(run, { ...known, keys: [...keys] })
}

/** Nothing of what an earlier request, or run, has given up is expected any more: the record need not carry it along with each change. */
export function isGivenUpOver({ options: { clock } }: Engine, { local }: Replica): boolean {
  return local.givenUp !== undefined && !mayLandSince(local, clock.now())
}

function mayLandSince({ givenUp }: LocalState, now: number): boolean {
  return givenUp !== undefined && isWithin(now, givenUp.at, LANDS_WITHIN_MS)
}

/** Somebody has looked, and it is not there. */
export function forgetGivenUp(run: RunState, { idempotency }: Operation): void {
  const known = ofRun.get(run)
  if (known === undefined || idempotency === undefined) return
  const undone = keyAlone(idempotency)
  ofRun.set(run, { ...known, keys: known.keys.filter(key => key !== undone) })
}

/** Whether an operation is such a request, whoever has carried it out. */
export function wasGivenUp(run: RunState, { idempotency }: Pick<Operation, 'idempotency'>): boolean {
  return idempotency !== undefined && ofRun.get(run)?.keys.includes(keyAlone(idempotency)) === true
}

/** Whether one may land at any moment: what is written now is written on top of that, and what is shown afterwards would be taken for what came of the write. */
export function mayLandNow(run: RunState, now: number): boolean {
  const known = ofRun.get(run)
  return known !== undefined && now < known.until
}

/**
 * Whether that nothing has landed yet is in doubt where answers and readings differ, which may be the application's own too: then what is found once would be found
 * after each write.
 */
export function mayLandUnseen(run: RunState, now: number): boolean {
  return mayLandNow(run, now) && ofRun.get(run)?.isUnfound === true
}

/**
 * The application shows something else than it did: one may have landed, and others may land yet.
 * @param hash of what it shows
 */
export function noteMayBeThere(run: RunState, hash?: string): void {
  noteFound(run, hash, { isUnfound: false })
}

/**
 * It shows something else than others do: one may have landed beneath what was written since. What lands on what is copied from them is looked for all the same.
 * @param hash as above
 */
export function noteMayBeBeneath(run: RunState, hash?: string): void {
  noteFound(run, hash, {})
}

function noteFound(run: RunState, hash: string | undefined, more: Partial<GivenUp>): void {
  const known = ofRun.get(run)
  if (known === undefined || (hash !== undefined && hash === known.isNot)) return
  ofRun.set(run, { ...known, ...more, mayBeThere: true })
}

/**
 * Of what was in doubt, and is seen to be in effect: what lands from now on is found by what was read then.
 * @param hash of what the application shows
 */
export function knownBy({ options }: Engine, { run }: Replica, hash: string): Partial<LocalState> {
  return mayLandNow(run, options.clock.monotonic()) ? { hash } : {}
}

/**
 * What was in doubt is seen to be in effect, or something else is: what was given up before may have landed meanwhile, and would be taken for a part of that.
 * @param hash as above
 */
export function noteFoundBeside({ options }: Engine, { run }: Replica, hash: string): void {
  if (!mayLandUnseen(run, options.clock.monotonic())) return
  noteMayBeThere(run, hash)
  noteBuiltOn(run)
}

/**
 * An operator has looked, and said that one has had no effect: it may land later all the same.
 * @param hash of what the application shows
 */
export function noteIsNot(run: RunState, hash: string): void {
  const known = ofRun.get(run)
  if (known !== undefined) ofRun.set(run, { ...known, isNot: hash })
}

/** What the application has was put there as a whole since, by what others have, or what was written. */
export function noteNoneIsThere(run: RunState): void {
  const known = ofRun.get(run)
  if (known?.mayBeThere === true) ofRun.set(run, { ...known, mayBeThere: false, isBuiltOn: false })
}

/** Something was carried out here that leaves what is there, or says what the resource is by what is shown here. */
export function noteBuiltOn(run: RunState): void {
  const known = ofRun.get(run)
  if (known?.mayBeThere === true) ofRun.set(run, { ...known, isBuiltOn: true })
}

/** The application shows again what it did: nothing is there, unless that has it in it already. */
export function noteShownAgain(run: RunState): void {
  if (ofRun.get(run)?.isBuiltOn !== true) noteNoneIsThere(run)
}

/** Whether a request may stand in what the application shows, though no operation says so. */
export function mayBeThere(run: RunState, operation: Pick<Operation, 'idempotency'>): boolean {
  return ofRun.get(run)?.mayBeThere === true && wasGivenUp(run, operation)
}
