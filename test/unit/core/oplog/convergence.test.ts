/**
 * Shows that members which have the same operations bring their applications into the same state by `planOf`, without one repair and
 * without one answer 404 or 409 to a lane: thousands of random histories of create, replace, merge, add and delete at three sites that
 * are cut off from each other most of the time. Figures of what the histories contain are checked, so that none of it is vacuous.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_MATRICES, conflictsOf, membersOfReplicant } from '../../../../src/core/oplog/index.ts'
import { REST_TYPES, events, matricesOf, matrixDefinition, operationsOf, play } from './histories.ts'
import { heal } from './world.ts'
import type { Member } from './world.ts'
import type { Matrices } from '../../../../src/core/oplog/index.ts'
import type { Event } from './histories.ts'

interface Figures {
  histories: number
  operations: number
  replays: number
  conflicts: number
  absent: number
  lives: number
}

const isState = (event: Event): boolean => event.do === 'write' && event.type === 'state'

/** @returns the members as they are at the end */
function converge(history: readonly Event[], matrices: Matrices, figures: Figures): readonly Member[] {
  const all = play([{ do: 'write', at: 0, type: 'create', skewMs: 0 }, ...history], matrices)
  heal(all)
  const [first] = all
  for (const member of all) {
    expect(member.refusals, `what the application of ${member.site} answered to its lane`).toEqual([])
    expect(
      member.plans.filter(({ kind }) => kind === 'repair' || kind === 'stuck'),
      `repairs at ${member.site}`,
    ).toEqual([])
    expect(member.plan, `what is left to do at ${member.site}`).toEqual({ kind: 'nothing' })
    expect(member.schedule, `the schedule of ${member.site}`).toEqual(first.schedule)
    expect(member.resource, `the application of ${member.site}`).toEqual(first.resource)
    expect(conflictsOf(member.replicant.lives)).toEqual(conflictsOf(first.replicant.lives))
    expect(membersOfReplicant(member.replicant)).toEqual(['a', 'b', 'c'])
    expect(member.replicant.waiting).toEqual([])
    figures.replays += member.plans.filter(({ kind }) => kind === 'replay').length
  }
  expect(first.resource === undefined).toBe(first.schedule.state === 'absent')
  figures.histories++
  figures.operations += operationsOf(all).length
  figures.conflicts += conflictsOf(first.replicant.lives).length
  figures.absent += first.schedule.state === 'absent' ? 1 : 0
  figures.lives += first.replicant.lives.length
  return all
}

const nothing = (): Figures => ({ histories: 0, operations: 0, replays: 0, conflicts: 0, absent: 0, lives: 0 })

function expectVaried(figures: Figures): void {
  const { histories } = figures
  const each = Object.fromEntries(Object.entries(figures).map(([what, count]) => [what, count / histories]))
  expect(each['operations'], JSON.stringify(each)).toBeGreaterThan(4)
  expect(each['replays'], JSON.stringify(each)).toBeGreaterThan(0.1)
  expect(each['conflicts'], JSON.stringify(each)).toBeGreaterThan(0.3)
  expect(each['absent'], JSON.stringify(each)).toBeGreaterThan(0.05)
  expect(each['lives'], JSON.stringify(each)).toBeGreaterThan(1.2)
}

test('with the default rule', () => {
  const figures = nothing()
  fc.assert(
    fc.property(events(REST_TYPES), history => void converge(history, NO_MATRICES, figures)),
    { numRuns: 3000 },
  )
  expectVaried(figures)
})

test('with any matrix', () => {
  const figures = nothing()
  fc.assert(
    fc.property(
      events(['create', 'replace', 'merge', 'add', 'push', 'push', 'delete']),
      matrixDefinition,
      (history, definition) => void converge(history, matricesOf(definition), figures),
    ),
    { numRuns: 1500 },
  )
  expectVaried(figures)
})

test('with a state that leaves out what applications have refused: all show that', () => {
  const figures = nothing()
  let refused = 0
  fc.assert(
    fc.property(events([...REST_TYPES, 'state', 'state']), history => {
      // Two at once are said by nobody: one says a state, and none within ten minutes of another.
      const [first] = history.filter(isState)
      const [all] = converge(
        history.filter(event => event === first || !isState(event)),
        NO_MATRICES,
        figures,
      )
      refused += conflictsOf(all?.replicant.lives ?? []).filter(({ why }) => why === 'refused').length
    }),
    { numRuns: 1500 },
  )
  expectVaried(figures)
  expect(refused).toBeGreaterThan(30)
})

test('with idempotency keys', () => {
  const figures = nothing()
  fc.assert(
    fc.property(events(REST_TYPES, ['k', 'l']), history => void converge(history, NO_MATRICES, figures)),
    { numRuns: 3000 },
  )
  expectVaried(figures)
})
