import type { EndingChecker } from './ending-checker.ts'

/**
 * No application was asked to delete what no operation deletes. A client's own request that lands after it was given up, and found without effect,
 * is past anybody's knowledge: the state checker sees to it that what it has deleted comes back, or is shown as missing.
 */
export const nothingDeleted: EndingChecker = {
  name: 'nothing is deleted that no operation deleted',
  look: ending =>
    ending.names
      .filter(name => !ending.ledger.operationsOf(name).some(({ type }) => type === 'delete'))
      .flatMap(name =>
        [...ending.effects].flatMap(([site, effects]) =>
          effects
            .filter(
              ({ method, path, byOutsider, late }) =>
                method === 'DELETE' && !byOutsider && late === undefined && path === ending.pathOf(name),
            )
            .map(({ at }) => `${name.name} was deleted at ${site} at ${(at / 1000).toFixed(3)} s`),
        ),
      ),
}
