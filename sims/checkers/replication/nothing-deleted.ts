import { compareOperations, type LifeId, type Operation, type ReplicantName } from '../../../src/core/oplog/index.ts'
import { bodyOf } from './expected.ts'
import type { Effect, JsonObject } from '../../world/fake-application.ts'
import type { Ending } from '../../world/replication/ending.ts'
import type { EndingChecker } from './ending-checker.ts'

/**
 * No application was asked to delete what no operation deletes: a delete covers its own life and lower ones, which are absent with it, and nobody but its
 * origin may act on it before it was released. A client's own request that lands after it was given up, and found without effect,
 * is past anybody's knowledge: the state checker sees to it that what it has deleted comes back, or is shown as missing.
 */
export const nothingDeleted: EndingChecker = {
  name: 'nothing is deleted that no operation deleted',
  look: ending =>
    ending.names.flatMap(name =>
      [...ending.effects].flatMap(([site, effects]) => {
        const here = effects.filter(({ path }) => path === ending.pathOf(name))
        return here
          .filter((effect, place) => !isCovered(ending, name, site, { effect, had: here[place - 1]?.value }))
          .map(({ at }) => `${name.name} was deleted at ${site} at ${(at / 1000).toFixed(3)} s`)
      }),
    ),
}

interface Deleted {
  readonly effect: Effect
  /** What was there before. */
  readonly had: JsonObject | undefined
}

function isCovered(ending: Ending, name: ReplicantName, site: string, { effect, had }: Deleted): boolean {
  const { ledger } = ending
  const { method, byOutsider, late, at } = effect
  if (method !== 'DELETE' || byOutsider || late !== undefined) return true
  // An operator has said there what becomes of what is not ours.
  if (ledger.resolved.some(asked => asked.site === site && asked.name.name === name.name)) return true
  const lives = livesOf(ending, ledger.operationsOf(name), had)
  return ledger
    .operationsOf(name)
    .filter(({ type, dot }) => type === 'delete' && (dot.site === site || (ledger.releasedAt(dot) ?? 0) <= at))
    .some(({ life }) => lives.length === 0 || lives.some(lower => compareOperations(lower, life) <= 0))
}

/** The lives whose operations have written what was there, by what only one of them says; none where nobody has, as far as is known. */
function livesOf(ending: Ending, operations: readonly Operation[], had: JsonObject | undefined): readonly LifeId[] {
  if (had === undefined) return []
  const says = operations.filter(operation => {
    const body = bodyOf(operation, ending.bodies)
    return body['base'] !== undefined && body['base'] === had['base']
  })
  return says.map(({ life }) => life)
}
