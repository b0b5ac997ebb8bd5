import { canonical } from '../../world/canonical.ts'
import { bodyOf } from './expected.ts'
import { withoutUnknowable } from './late-effects.ts'
import { requestIn } from './once-per-key.ts'
import type { Effect } from '../../world/fake-application.ts'
import type { Ending } from '../../world/replication/ending.ts'
import type { EndingChecker } from './ending-checker.ts'

/**
 * What may not be sent twice took effect at most once at each application. Bodies differ, so that each effect tells its operation. What nobody
 * could have known is excused, see `late-effects.ts`: that it does not stand twice in the end, or is shown, is the state checker's. A site whose store was
 * set back has forgotten what it did: what it has put away itself as a whole, it may do once more.
 */
export const executedOnce: EndingChecker = {
  name: 'nothing is executed twice',
  look: ending => {
    const { effects, looks, ledger, names } = ending
    // An operator may take what has lost: then its body is written again, by an operation of its own.
    const written = names.flatMap(name =>
      ledger.operationsOf(name).map(operation => `${ending.pathOf(name)} ${canonical(bodyOf(operation, new Map()))}`),
    )
    return [...effects].flatMap(([site, all]) => {
      // Those with an idempotency key have a checker of their own.
      const added = all.filter(({ added }) => added !== undefined && requestIn(added) === undefined)
      return [...Map.groupBy(added, ({ path, added }) => `${path} ${canonical(added)}`)].flatMap(([text, same]) => {
        const inDoubt = same[0] !== undefined && isTakenInDoubt(ending, site, same[0].path) ? 1 : 0
        const times = Math.max(1, written.filter(other => other === text).length) + inDoubt
        const known = withoutUnknowable(same, all, looks.get(site) ?? [])
        const counted = ending.setBack.has(site) ? known.filter(isOnTop(known, all)) : known
        return counted
          .slice(times)
          .map(
            ({ path, added, at }) =>
              `${canonical(added)} was added twice to ${path} of ${site}, again at ${(at / 1000).toFixed(3)} s`,
          )
      })
    })
  },
}

/**
 * Whether an operator's request at a site is in doubt there, to whom it was not told that it was done: that what has lost is written again. No operation says so, and
 * the site says that nobody knows.
 */
function isTakenInDoubt(ending: Ending, site: string, path: string): boolean {
  return ending.ledger.askedToTake.some(asked => {
    if (asked.site !== site || ending.pathOf(asked.name) !== path) return false
    return ending.replicasOf(asked.name).some(replica => replica.site === site && replica.admits === 'uncertain')
  })
}

/** Whether no whole body, creation or deletion stands between an effect and the same one before it. */
function isOnTop(same: readonly Effect[], all: readonly Effect[]): (effect: Effect, place: number) => boolean {
  return (effect, place) => {
    const before = same[place - 1]
    if (before === undefined) return true
    const between = all.slice(all.indexOf(before) + 1, all.indexOf(effect)).filter(({ path }) => path === effect.path)
    return between.every(({ method, added }) => method === 'PATCH' || added !== undefined)
  }
}
