/**
 * Shows that the schedule and the conflicts are a function of the set of operations alone, whatever was forgotten and in whatever order
 * operations and summaries came; that the default rule equals its matrix; that what is dropped stays dropped; that causes come before
 * effects. Random histories of three members against the oracle of `reference.ts`.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  NO_MATRICES,
  admit,
  conflictsOf,
  covers,
  dotKey,
  fateOf,
  holderOf,
  newReplicant,
  scheduleOf,
} from '../../../../src/core/oplog/index.ts'
import { REST_TYPES, events, matricesOf, matrixDefinition, operationsOf, play } from './histories.ts'
import { defaultRule, expected } from './reference.ts'
import { NAME } from './world.ts'
import type { Matrices, Operation, Replicant } from '../../../../src/core/oplog/index.ts'

const RUNS = { numRuns: 1500 }
const MATRIX_TYPES = ['create', 'replace', 'merge', 'merge', 'add', 'push', 'push', 'delete']

function seen(replicant: Replicant, matrices: Matrices) {
  const schedule = scheduleOf(holderOf(replicant), matrices)
  const order =
    schedule.state === 'present'
      ? [schedule.reset, ...schedule.changes].map(({ dot }) => dotKey(dot))
      : schedule.state === 'absent'
        ? ['absent']
        : []
  const conflicts = conflictsOf(replicant.lives).map(({ operation }) => dotKey(operation.dot))
  return { schedule: order, conflicts: conflicts.toSorted() }
}

const shuffled = <T>(list: readonly T[], picks: readonly number[]): T[] => {
  const left = [...list]
  return list.map((_, place) => left.splice((picks[place % picks.length] ?? 0) % left.length, 1)[0] as T)
}
const picks = fc.array(fc.nat({ max: 1000 }), { minLength: 20, maxLength: 20 })

describe('any order of arrival gives the schedule and the conflicts of the full set', () => {
  test('with the default rule', () => {
    fc.assert(
      fc.property(events(REST_TYPES), picks, (history, order) => {
        expectOrderFree(operationsOf(play(history)), order, NO_MATRICES)
      }),
      RUNS,
    )
  })

  test('with any matrix', () => {
    fc.assert(
      fc.property(events(MATRIX_TYPES), matrixDefinition, picks, (history, definition, order) => {
        const matrices = matricesOf(definition)
        expectOrderFree(operationsOf(play(history, matrices)), order, matrices)
      }),
      RUNS,
    )
  })

  test('with idempotency keys', () => {
    fc.assert(
      fc.property(events(['create', 'merge', 'add', 'add', 'delete'], ['k', 'l']), picks, (history, order) => {
        const all = operationsOf(play(history))
        const once = arrive(shuffled(all, order), NO_MATRICES)
        expect(seen(once, NO_MATRICES).schedule).toEqual(expected(all, NO_MATRICES).schedule)
      }),
      RUNS,
    )
  })
})

function arrive(operations: readonly Operation[], matrices: Matrices): Replicant {
  let replicant = newReplicant(NAME, 'd')
  for (const operation of operations) replicant = admit(replicant, operation, matrices).replicant
  return replicant
}

function expectOrderFree(all: readonly Operation[], order: readonly number[], matrices: Matrices): void {
  const replicant = arrive(shuffled(all, order), matrices)
  expect(replicant.waiting, 'all dependencies have come').toEqual([])
  expect(seen(replicant, matrices)).toEqual(expected(all, matrices))
}

test('a member that forgets knows at every moment what one that remembers would, by relays, by sync and past holes', () => {
  fc.assert(
    fc.property(events(MATRIX_TYPES, [], true), fc.option(matrixDefinition), (history, definition) => {
      const matrices = definition === null ? NO_MATRICES : matricesOf(definition)
      play(history, matrices, member => {
        const everything = [...member.known.values()]
        expect(seen(member.replicant, matrices)).toEqual(expected(everything, matrices))
      })
    }),
    RUNS,
  )
})

test('the default rule is its matrix', () => {
  fc.assert(
    fc.property(events(REST_TYPES), history => {
      const all = operationsOf(play(history))
      for (const create of all.filter(({ type }) => type === 'create')) {
        const life = all.filter(operation => dotKey(operation.life.dot) === dotKey(create.dot))
        expect(defaultRule(life)).toEqual(expected(life, NO_MATRICES).schedule)
      }
    }),
    RUNS,
  )
})

test('what is dropped never comes back, and causes come before effects', () => {
  fc.assert(
    fc.property(events(MATRIX_TYPES), matrixDefinition, picks, (history, definition, order) => {
      const matrices = matricesOf(definition)
      const all = operationsOf(play(history, matrices))
      const dropped = new Set<string>()
      let replicant = newReplicant(NAME, 'd')
      for (const operation of shuffled(all, order)) {
        replicant = admit(replicant, operation, matrices).replicant
        for (const life of replicant.lives)
          for (const { dot } of all.filter(other => dotKey(other.life.dot) === dotKey(life.life.dot))) {
            const fate = fateOf(life, dot)
            if (fate === 'dropped' || fate === 'conflict') dropped.add(dotKey(dot))
            else if (dropped.has(dotKey(dot))) expect.fail(`${dotKey(dot)} was dropped and is ${fate}`)
          }
      }
      const schedule = scheduleOf(holderOf(replicant), matrices)
      if (schedule.state !== 'present') return
      const ordered = [schedule.reset, ...schedule.changes]
      for (const [place, operation] of ordered.entries())
        for (const later of ordered.slice(place + 1))
          expect(covers(operation.context, later.dot), 'an effect stands before its cause').toBe(false)
    }),
    RUNS,
  )
})

test('what a write claims to have seen was sent to its application before, or had no effect any more', () => {
  fc.assert(
    fc.property(events(MATRIX_TYPES), fc.option(matrixDefinition), (history, definition) => {
      const matrices = definition === null ? NO_MATRICES : matricesOf(definition)
      play(history, matrices, (member, place) => {
        const { before } = member
        const written = [...member.known.values()].at(-1)
        if (history[place]?.do !== 'write' || before === undefined || written?.dot.site !== member.site) return
        for (const operation of member.known.values()) {
          if (dotKey(operation.life.dot) !== dotKey(before.life.dot) || !covers(written.context, operation.dot))
            continue
          const fate = fateOf(before, operation.dot)
          const isGone = fate === 'dropped' || fate === 'conflict'
          expect(isGone || member.sent.has(dotKey(operation.dot)), `${dotKey(operation.dot)} was ${fate}`).toBe(true)
        }
      })
    }),
    RUNS,
  )
})
