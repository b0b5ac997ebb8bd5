import { canonical } from './ending-checker.ts'
import { requestIn } from './once-per-key.ts'
import type { EndingChecker } from './ending-checker.ts'

/** What may not be sent twice took effect at most once at each application. Bodies differ, so that each effect tells its operation. */
export const executedOnce: EndingChecker = {
  name: 'nothing is executed twice',
  look: ({ effects }) =>
    [...effects].flatMap(([site, all]) => {
      const seen = new Set<string>()
      return all.flatMap(({ path, added, at }) => {
        // Those with an idempotency key have a checker of their own.
        if (added === undefined || requestIn(added) !== undefined) return []
        const text = `${path} ${canonical(added)}`
        if (seen.has(text))
          return [`${canonical(added)} was added twice to ${path} of ${site}, again at ${(at / 1000).toFixed(3)} s`]
        seen.add(text)
        return []
      })
    }),
}
