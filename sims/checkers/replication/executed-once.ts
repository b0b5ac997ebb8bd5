import { canonical } from './ending-checker.ts'
import { requestIn } from './once-per-key.ts'
import type { EndingChecker } from './ending-checker.ts'

/**
 * What may not be sent twice took effect at most once at each application. Bodies differ, so that each effect tells its operation. One that lands
 * late, behind another that was sent because it was given up and found without effect, is past anybody's knowledge: that it does not stand twice
 * in the end, or is shown, is the state checker's. One that has landed before the other was sent is not excused.
 */
export const executedOnce: EndingChecker = {
  name: 'nothing is executed twice',
  look: ({ effects }) =>
    [...effects].flatMap(([site, all]) => {
      const seen = new Set<string>()
      return all.flatMap(({ path, added, at, late }) => {
        // Those with an idempotency key have a checker of their own.
        if (added === undefined || requestIn(added) !== undefined) return []
        const text = `${path} ${canonical(added)}`
        if (seen.has(text))
          return late === true
            ? []
            : [`${canonical(added)} was added twice to ${path} of ${site}, again at ${(at / 1000).toFixed(3)} s`]
        seen.add(text)
        return []
      })
    }),
}
