import { draw } from './draw.ts'
import { weatherOf } from './weather.ts'
import type { Step } from './step.ts'
import type { Weather } from './draw.ts'

/** How many steps of each kind seeds have, and how many of the seeds have any. */
export interface StepCount {
  readonly steps: number
  readonly seeds: number
}

/** @returns by kind of step, in alphabetical order */
export function countSteps(
  seeds: readonly number[],
  weather: (seed: number) => Weather = weatherOf,
): ReadonlyMap<string, StepCount> {
  const counts = new Map<string, StepCount>()
  for (const seed of seeds) {
    const kinds = Map.groupBy(draw(seed, weather(seed)).steps, kindOf)
    for (const [kind, { length }] of kinds) {
      const { steps, seeds: had } = counts.get(kind) ?? { steps: 0, seeds: 0 }
      counts.set(kind, { steps: steps + length, seeds: had + 1 })
    }
  }
  return new Map([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function kindOf(step: Step): string {
  if ('key' in step && step.key !== undefined) return `${step.do}, with an idempotency key`
  if (step.do === 'break the application') return `${step.do}: ${step.how}`
  if (step.do === 'flip a record' && step.isLost === true) return 'flip a record, and lose the disk'
  if (step.do === 'set back' && step.withApplication === true) return 'set back, with the application'
  return step.do
}
