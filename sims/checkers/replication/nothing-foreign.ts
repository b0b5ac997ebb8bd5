import { canonical } from '../../world/canonical.ts'
import { bodyOf } from './expected.ts'
import type { ReplicantName } from '../../../src/core/oplog/index.ts'
import type { JsonObject } from '../../world/fake-application.ts'
import type { Ending } from '../../world/replication/ending.ts'
import type { EndingChecker } from './ending-checker.ts'

/**
 * What somebody has made past Cheops where there was nothing is left alone by every agent, unless it was adopted: by a create that says that what shows
 * the same is the resource, or all is; or an operator has said at that site what becomes of it.
 */
export const nothingForeign: EndingChecker = {
  name: 'nothing of others is touched',
  look: ending =>
    ending.names.flatMap(name =>
      [...ending.effects.keys()].flatMap(site => {
        const isDecided = ending.ledger.resolved.some(asked => asked.site === site && asked.name.name === name.name)
        return isDecided ? [] : touchedAt(ending, name, site)
      }),
    ),
}

function touchedAt(ending: Ending, name: ReplicantName, site: string): readonly string[] {
  const adopted = ending.ledger.operationsOf(name).filter(({ adopts }) => adopts !== undefined)
  const isAdopted = (value: JsonObject): boolean =>
    adopted.some(create => create.adopts === 'all' || canonical(bodyOf(create, ending.bodies)) === canonical(value))
  const here = (ending.effects.get(site) ?? []).filter(({ path }) => path === ending.pathOf(name))
  /** What somebody has shown there, while it is theirs. */
  let theirs: readonly JsonObject[] = []
  let isThere = false
  return here.flatMap(({ byOutsider, value, method, at, late }) => {
    const before = { theirs, isThere }
    isThere = value !== undefined
    const isTheirs = byOutsider && value !== undefined && (!before.isThere || before.theirs.length > 0)
    theirs = isTheirs ? [...before.theirs, value] : []
    if (byOutsider || late !== undefined || before.theirs.length === 0 || before.theirs.some(isAdopted)) return []
    return [`${method} of ${name.name} at ${site} at ${(at / 1000).toFixed(3)} s, which was somebody else's`]
  })
}
