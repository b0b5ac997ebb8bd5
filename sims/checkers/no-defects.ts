import { Violations } from './checker.ts'
import type { World } from '../world/world.ts'
import type { Checker } from './checker.ts'

/** The code under test throws nothing that nobody expected, and warns of nothing in a world without disk faults. */
export function noDefects(world: World): Checker {
  const violations = new Violations(world)
  world.observe({
    onDefect: (site, error) => {
      violations.add(`${site} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    },
  })
  return { name: 'no defects', violations: violations.list }
}
