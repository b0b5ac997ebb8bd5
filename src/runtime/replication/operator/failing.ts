import { compareText } from '../../../core/resource/text-order.ts'
import { holderOf, membersOfReplicant, sameDot, type Dot } from '../../../core/oplog/index.ts'
import { BEHIND_AFTER_MS } from '../limits.ts'
import { outcomesNotIn } from '../outcomes.ts'
import type { CoreState, KnownOutcomes, LocalState, SiteOutcome } from '../replica.ts'

/** A write of this site that counts, and that another member has not carried out. */
export interface Failing {
  readonly site: string
  /** The first such operation. */
  readonly operation: Dot
  /**
   * `failed`: the application there has refused it, or it is held up for a reason of the agents. `uncertain`: nobody can tell there. `pending`: that site says that it could
   * not do it for a while, or has said nothing for long.
   */
  readonly outcome: 'failed' | 'uncertain' | 'pending'
  /** What the application there has answered. */
  readonly status?: number
  /** Code of the error, for a reason of the agents. */
  readonly error?: string
}

/**
 * Where writes of this site are not carried out, by site: the first of each, which is the reason of what comes after it. Whoever carries it out after all, or
 * copies a state in its place, tells so.
 * @param nowMs by which stamps are given, where also those are asked for that have said nothing of a write for long
 */
export function failingOf(
  core: Pick<CoreState, 'replicant'>,
  local: Pick<LocalState, 'outcomes'>,
  nowMs?: number,
): readonly Failing[] {
  // With each step of a write, and mostly nothing is.
  if (nowMs === undefined && !isAnyHeldUp(local.outcomes)) return []
  const others = membersOfReplicant(core.replicant).filter(member => member !== core.replicant.site)
  const live = holderOf(core.replicant)?.live ?? []
  const newestFirst = local.outcomes.toReversed()
  const failing = others.flatMap(site => {
    let first: Failing | undefined
    let goesOn = false
    for (const { dot, sites, isInPart } of newestFirst) {
      const told = sites.find(other => other.site === site)
      if (told?.outcome === 'applied') goesOn = true
      // What it has told before may have been lost here.
      const isSilent = told === undefined && isInPart !== true
      const held = told === undefined ? (isSilent ? SILENT : undefined) : heldUp(told)
      // What stood in the way of all there is over: its word on this one was lost.
      if (held === undefined || (goesOn && !isRefusal(held)) || (held === SILENT && nowMs === undefined)) continue
      const operation = live.find(other => sameDot(other.dot, dot))
      if (operation === undefined) continue
      if (held === SILENT && nowMs !== undefined && nowMs - operation.stamp.ms < BEHIND_AFTER_MS) continue
      first = { site, operation: dot, ...held }
    }
    return first === undefined ? [] : [first]
  })
  return failing.toSorted((a, b) => compareText(a.site, b.site))
}

type Held = Pick<Failing, 'outcome' | 'status' | 'error'>

const SILENT: Held = { outcome: 'pending' }

type HeldUp = SiteOutcome & { readonly outcome: Failing['outcome'] }

function isHeldUp(told: SiteOutcome): told is HeldUp {
  return told.outcome === 'failed' || told.outcome === 'uncertain' || told.outcome === 'pending'
}

/** Lists that are known to hold nobody up. Many outcomes are remembered, and a step mostly changes one of them. */
const clear = new WeakSet<readonly KnownOutcomes[]>()

/**
 * Whether a member has told that it is held up, by whatever write.
 * @param before as it was before the last step, where that is known: then only what that has changed is looked at
 */
export function isAnyHeldUp(outcomes: readonly KnownOutcomes[], before?: readonly KnownOutcomes[]): boolean {
  if (clear.has(outcomes)) return false
  const changed = before !== undefined && clear.has(before) ? outcomesNotIn(before, outcomes) : outcomes
  if (changed.some(({ sites }) => sites.some(isHeldUp))) return true
  clear.add(outcomes)
  return false
}

function heldUp(told: SiteOutcome): Held | undefined {
  if (!isHeldUp(told)) return undefined
  const { outcome, status, error } = told
  return { outcome, ...(status !== undefined && { status }), ...(error !== undefined && { error }) }
}

/** Its application has refused this one for good, whatever it has taken since. */
function isRefusal({ outcome, error }: Held): boolean {
  return outcome === 'failed' && error === undefined
}
