import { compareText } from '../../../core/resource/text-order.ts'
import { sameDot, type Dot } from '../../../core/oplog/index.ts'
import type { CoreState, LocalState } from '../replica.ts'

/** A write of this site that counts and that another member does not carry out, for a reason that is the agents', not its application's. */
export interface Failing {
  readonly site: string
  /** The newest such operation. */
  readonly operation: Dot
  /** Code of the error. */
  readonly error: string
}

/**
 * Where the newest write of this site that others have told of is held up, by site. Whoever carries it out after all tells so; what an
 * application has refused is not here, since a state is copied in its place and the origin is not told of that.
 */
export function failingOf(core: Pick<CoreState, 'replicant'>, local: Pick<LocalState, 'outcomes'>): readonly Failing[] {
  const { site: self, lives } = core.replicant
  const looked = new Set<string>([self])
  const failing: Failing[] = []
  for (const { dot, sites } of local.outcomes.toReversed())
    for (const { site, outcome, error } of sites) {
      if (looked.has(site)) continue
      looked.add(site)
      const isHeldUp = outcome === 'failed' && error !== undefined
      const counts = isHeldUp && lives.some(({ live }) => live.some(held => sameDot(held.dot, dot)))
      if (counts) failing.push({ site, operation: dot, error })
    }
  return failing.toSorted((a, b) => compareText(a.site, b.site))
}
