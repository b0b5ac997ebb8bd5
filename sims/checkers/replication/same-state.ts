import { expectedOf } from './expected.ts'
import { canonical, membersOf } from './ending-checker.ts'
import { fullLog } from './same-schedule.ts'
import type { EndingChecker } from './ending-checker.ts'

/** The application of each member has what the full log comes to, or the site says itself that it has not. */
export const sameState: EndingChecker = {
  name: 'same state',
  look: ending =>
    ending.names.flatMap(name =>
      membersOf(ending, name).flatMap(({ site, replicant, resource, admits }) => {
        if (replicant === undefined || admits !== undefined) return []
        const expected = expectedOf(fullLog(ending, name, replicant), name.name, ending.bodies)
        const should = canonical(expected.state === 'present' ? expected.resource : undefined)
        const has = canonical(resource)
        return has === should
          ? []
          : [`${name.name}: ${site} has ${short(has)} and says that all is well; it should be ${short(should)}`]
      }),
    ),
}

/** For people: what only makes a body large is left out. */
function short(text: string): string {
  return text.replaceAll(/x{20,}/g, '…')
}
