/** What other members, and whoever listens at this site, are told with a commit. */
import {
  RETENTION_MS,
  knowledgeOf,
  leavesOfReplicant,
  membersOfReplicant,
  sameDot,
  withAcknowledgement,
  withDot,
  type LifeId,
  type Operation,
  type OperationId,
  type Replicant,
} from '../../../core/oplog/index.ts'
import { isDone, outcomesOf, passedOver, withOutcome } from '../outcomes.ts'
import type { Commit } from '../store/commit.ts'
import type { ReplicationEvent } from '../events.ts'
import type { Replica, SiteOutcome } from '../replica.ts'
import type { Engine } from '../engine.ts'
import type { Came, Outcome, OutboxEntry } from '../../../ports/sync.ts'

/** What says why something came to what it did: what the application answered, or the code of an error of Cheops. */
export type Why = Pick<Came, 'status' | 'error'>

/** The members besides this site, sorted. */
export function othersOf(replicant: Replicant): readonly string[] {
  return membersOfReplicant(replicant).filter(member => member !== replicant.site)
}

/**
 * Sites that have left and keep what they held until they hear that another member has it, sorted. One that says nothing for long is not told any more.
 * @param nowMs by which stamps are given: the wall clock may be wrong for a moment
 */
export function leaversOf(replicant: Replicant, nowMs: number): readonly string[] {
  const leaves = leavesOfReplicant(replicant).filter(
    ({ site, by }) => site !== replicant.site && by.stamp.ms > nowMs - RETENTION_MS,
  )
  return leaves.length === 0 ? [] : [...new Set(leaves.map(({ site }) => site))].toSorted()
}

/** Remembers that a member holds an operation that it has written itself, and all that it had executed. */
export function acknowledgedByOrigin(commit: Commit, replica: Replica, operation: Operation): void {
  const { acknowledgements } = replica.core
  const { life, dot, stamp, context } = operation
  const told = [{ life, knowledge: withDot(context, dot), holes: [] }]
  commit.core(replica, { acknowledgements: withAcknowledgement(acknowledgements, dot.site, told, stamp) })
}

/** Tells all other members, and those that are about to leave, what is held here, behind what was released, if that is due. */
export function acknowledge(engine: Engine, commit: Commit, replica: Replica): void {
  acknowledgeWith(engine, commit, replica, undefined)
}

/**
 * As `acknowledge`, and tells the origin of an operation in the same entry what became of that here.
 * @returns whether it was told so
 */
function acknowledgeWith(engine: Engine, commit: Commit, replica: Replica, came: Came | undefined): boolean {
  // It vouches for the bodies too.
  if (!replica.local.acknowledges || engine.bodies.missingOf(replica.name).length > 0) return false
  const { replicant } = replica.core
  const entry: OutboxEntry & { readonly kind: 'acknowledgement' } = {
    kind: 'acknowledgement',
    replicant: replica.name,
    lives: knowledgeOf(replicant),
    clock: replicant.clock,
  }
  const others = [...othersOf(replicant), ...leaversOf(replicant, engine.time.now())]
  const origin = others.find(site => site === came?.dot.site)
  tellEntryTo(
    engine,
    commit,
    others.filter(site => site !== origin),
    entry,
  )
  if (origin !== undefined && came !== undefined) tellEntry(engine, commit, origin, { ...entry, came })
  commit.local(replica, { acknowledges: false })
  return origin !== undefined
}

/** What tells of what an operation came to here, and acknowledges what is held, if that is due: one entry for its origin. */
export function acknowledgeOutcome(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  operation: OperationId & { readonly life: LifeId },
  outcome: Outcome,
  why: Why,
): void {
  const { site, clock } = engine.options
  const { dot } = operation
  const came: Came = { dot, outcome, at: Math.floor(clock.now()), ...why }
  const isTold = acknowledgeWith(engine, commit, replica, dot.site === site ? undefined : came)
  if (isTold) tellEvent(engine, commit, { kind: 'outcome', replicant: replica.name, dot, site, outcome, ...why })
  else tellOutcome(engine, commit, replica, operation, outcome, why)
}

/** Says what became of an operation here, to its origin. */
export function tellOutcome(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  operation: OperationId & { readonly life: LifeId },
  outcome: Outcome,
  why: Why = {},
): void {
  const { site, clock } = engine.options
  const { life, dot } = operation
  const told: SiteOutcome = { site, outcome, at: Math.floor(clock.now()), ...why }
  if (dot.site === site) return takeOutcome(engine, commit, replica, dot, told)
  tellEntry(engine, commit, dot.site, { kind: 'outcome', replicant: replica.name, life, dot, ...told })
  tellEvent(engine, commit, { kind: 'outcome', replicant: replica.name, dot, site, outcome, ...why })
}

/** A site has said what became of an operation of this site. */
export function takeOutcome(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  dot: Operation['dot'],
  told: SiteOutcome,
): void {
  const wasDone = isDone(outcomesOf(replica, dot))
  const outcomes = withOutcome(replica.local.outcomes, dot, told)
  // Of what was told of before, and is not known any more, nobody can say that it is done everywhere.
  const isWhole = outcomes.some(known => sameDot(known.dot, dot) && known.isInPart !== true)
  commit.local(replica, { outcomes })
  const sites = outcomesOf(replica, dot)
  commit.afterwards(() => engine.waiters.look(dot))
  const { at: _, ...word } = told
  tellEvent(engine, commit, { kind: 'outcome', replicant: replica.name, dot, ...word })
  if (isWhole && !wasDone && isDone(sites))
    tellEvent(engine, commit, { kind: 'done', replicant: replica.name, dot, sites })
}

/** Notes what other members say nothing of any more, as what they acknowledge shows: nobody waits for it. */
export function notePassedOver(engine: Engine, commit: Commit, replica: Replica, sites: readonly string[]): void {
  const { clock, matrices } = engine.options
  for (const site of sites)
    for (const dot of passedOver(replica, site, matrices))
      takeOutcome(engine, commit, replica, dot, { site, outcome: 'superseded', at: Math.floor(clock.now()) })
}

/** Puts an operation, and before it the matrix that it names, into the outbox to a site. */
export function tellOperation(engine: Engine, commit: Commit, site: string, operation: Operation): void {
  const { replicant, dot, matrix } = operation
  const entry = matrix === undefined ? undefined : engine.matrices.entryOf(matrix)
  if (entry !== undefined && engine.matrices.isNewTo(commit, site, entry.hash)) tellEntry(engine, commit, site, entry)
  commit.tell(site, { kind: 'operation', replicant, dot })
}

export function tellEntry(engine: Engine, commit: Commit, site: string, entry: OutboxEntry): void {
  tellEntryTo(engine, commit, [site], entry)
}

/** The same to several sites: it is encoded once. */
export function tellEntryTo({ options }: Engine, commit: Commit, sites: readonly string[], entry: OutboxEntry): void {
  if (sites.length === 0) return
  const bytes = options.codec.encodeEntry(entry)
  for (const site of sites) commit.tell(site, { kind: 'entry', bytes })
}

export function tellEvent(engine: Engine, commit: Commit, event: ReplicationEvent): void {
  commit.afterwards(() => engine.options.onEvent(event))
}
