import { MAX_NAMED_DOTS, MAX_NAMED_ORIGINS, type Dot, type Life, type Replicant } from '../../../core/oplog/index.ts'

/** Whether what is remembered of a name can be told to a site that knows nothing of it, or has not become more. */
export function isTellable(now: Replicant, before: Replicant): boolean {
  const count = dots(now)
  // Most have a few.
  if (count <= MAX_NAMED_ORIGINS) return true
  if (count > Math.max(MAX_NAMED_DOTS, dots(before))) return false
  return origins(now) <= Math.max(MAX_NAMED_ORIGINS, origins(before))
}

function dots({ lives }: Replicant): number {
  return lives.reduce((sum, life) => sum + vectorsOf(life).reduce((all, { length }) => all + length, 0), 0)
}

function origins({ lives }: Replicant): number {
  const all = lives.flatMap(life => vectorsOf(life).flat())
  return new Set(all.map(({ site, incarnation }) => `${incarnation} ${site}`)).size
}

function vectorsOf({ knowledge, holes, droppers, changes }: Life): readonly (readonly Dot[])[] {
  return [
    knowledge,
    holes.map(({ last }) => last),
    droppers.map(({ greatest }) => greatest.dot),
    ...droppers.map(({ context }) => context),
    changes.map(({ by }) => by.dot),
    ...changes.map(({ held }) => held),
  ]
}
