import { bodyOf, expectedOf } from './expected.ts'
import { canonical } from '../../world/canonical.ts'
import { ofEachGroup } from './ending-checker.ts'
import { fullLog } from './same-schedule.ts'
import type { ReplicantName } from '../../../src/core/oplog/index.ts'
import type { Effect } from '../../world/fake-application.ts'
import type { Ending, Replica } from '../../world/replication/ending.ts'
import type { EndingChecker } from './ending-checker.ts'

/**
 * The application of each member has what the full log comes to, or the site says itself that it has not. What an outsider has written just before
 * a client changed a part of it, before anybody read it, is taken for the resource by that site; then all that say that all is well must show the same at least. Whether an operation of the
 * application's own, which its definition does not call a reset, has taken away a field that is never shown nobody can see: it may be what was written before.
 */
export const sameState: EndingChecker = {
  name: 'same state',
  look: ending =>
    ofEachGroup(ending, (name, members) => {
      const isWrittenOver = isAnyWrittenOver(ending, name, members)
      // What nobody shows nobody can compare.
      const well = members.filter(({ admits }) => admits === undefined)
      const shown = new Set(well.map(({ resource }) => canonical({ ...resource, secret: undefined })))
      const areCompared = well.length > 1 || well.length === members.length
      if (isWrittenOver && areCompared && shown.size === 1) return []
      return members.flatMap(({ site, replicant, resource, admits }) => {
        if (replicant === undefined || admits !== undefined) return []
        const expected = expectedOf(fullLog(ending, name, replicant), name.name, ending.bodies, ending.matrices)
        const should = canonical(expected.state === 'present' ? expected.resource : undefined)
        const has = canonical(resource)
        const isUnseen = expected.state === 'present' && has === canonical(expected.unseen)
        return has === should || isUnseen
          ? []
          : [`${name.name}: ${site} has ${short(has)} and says that all is well; it should be ${short(should)}`]
      })
    }),
}

/** Whether what an outsider has written is taken for the resource by one of these members, as far as anybody can tell. */
export function isAnyWrittenOver(ending: Ending, name: ReplicantName, members: readonly Replica[]): boolean {
  const adopted = adoptedOf(ending, name)
  return members.some(({ site }) => hidesOutsider(ending.effects.get(site) ?? [], ending.pathOf(name), adopted))
}

/** What creates have adopted: the resource itself, and no surprise. */
function adoptedOf(ending: Ending, name: ReplicantName): readonly string[] {
  return ending.ledger
    .operationsOf(name)
    .flatMap(operation => (operation.adopts === undefined ? [] : [canonical(bodyOf(operation, ending.bodies))]))
}

/** Whether the first thing that an agent did after an outsider had written was to change a part. */
function hidesOutsider(effects: readonly Effect[], path: string, adopted: readonly string[]): boolean {
  const here = effects.filter(effect => effect.path === path)
  return here.some(({ byOutsider, value }, place) => {
    const next = here.slice(place + 1).find(effect => !effect.byOutsider)
    if (!byOutsider || value === undefined || adopted.includes(canonical(value))) return false
    return next !== undefined && (next.method === 'PATCH' || next.added !== undefined)
  })
}

/** For people: what only makes a body large is left out. */
function short(text: string): string {
  return text.replaceAll(/x{20,}/g, '…')
}
