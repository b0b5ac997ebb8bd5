import { canonical } from './ending-checker.ts'
import { bodyOf } from './expected.ts'
import { requestIn } from './once-per-key.ts'
import type { EndingChecker } from './ending-checker.ts'

/**
 * What may not be sent twice took effect at most once at each application. Bodies differ, so that each effect tells its operation. One that lands
 * late, behind another that was sent because it was given up and found without effect, is past anybody's knowledge: that it does not stand twice
 * in the end, or is shown, is the state checker's. One that has landed before the other was sent is not excused.
 */
export const executedOnce: EndingChecker = {
  name: 'nothing is executed twice',
  look: ending => {
    const { effects, ledger, names } = ending
    // An operator may take what has lost: then its body is written again, by an operation of its own.
    const written = names.flatMap(name =>
      ledger.operationsOf(name).map(operation => `${ending.pathOf(name)} ${canonical(bodyOf(operation, new Map()))}`),
    )
    return [...effects].flatMap(([site, all]) => {
      const seen: string[] = []
      return all.flatMap(({ path, added, at, late }) => {
        // Those with an idempotency key have a checker of their own.
        if (added === undefined || requestIn(added) !== undefined) return []
        const text = `${path} ${canonical(added)}`
        const times = (all: readonly string[]): number => all.filter(other => other === text).length
        if (times(seen) >= Math.max(1, times(written)))
          return late === true
            ? []
            : [`${canonical(added)} was added twice to ${path} of ${site}, again at ${(at / 1000).toFixed(3)} s`]
        seen.push(text)
        return []
      })
    })
  },
}
