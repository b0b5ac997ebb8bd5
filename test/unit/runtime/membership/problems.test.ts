/** Problems that an operator is shown: each is told of once, lasts as long as it is seen, and comes anew after it was over. */
import { expect, test } from 'vitest'
import { Problems } from '../../../../src/runtime/membership/problems.ts'

const MINUTE = 60_000

test('a problem is told of once while it lasts, and keeps the moment when it began', () => {
  const told: string[] = []
  const problems = new Problems(({ id }) => told.push(id))
  for (let minute = 0; minute < 10; minute++) problems.report('cannot-dial', 'site2', 'no way', minute * MINUTE)
  expect(told).toEqual(['cannot-dial'])
  expect(problems.list(9 * MINUTE)).toMatchObject([{ since: 0, seenAt: 9 * MINUTE }])
})

test('what is no longer seen is over after some minutes, and told of anew when it comes back', () => {
  const told: number[] = []
  const problems = new Problems(({ since }) => told.push(since))
  problems.report('name-taken', 'site1', 'an impostor', 0)
  expect(problems.list(3 * MINUTE)).toHaveLength(1)
  expect(problems.list(3 * MINUTE + 1)).toEqual([])
  problems.report('name-taken', 'site1', 'an impostor', 10 * MINUTE)
  expect(told).toEqual([0, 10 * MINUTE])
})
