import { FAIR } from './draw.ts'
import type { Weather } from './draw.ts'

/**
 * Which faults a seed has: each kind in some seeds and not in others, so that what fails says what it needs. `landing` is asked for by name alone, as long as what it finds is not mended.
 */
export function weatherOf(seed: number): Weather {
  return {
    ...FAIR,
    application: seed % 2 === 0,
    machine: seed % 3 === 0,
    members: seed % 5 < 2,
    memory: seed % 7 === 3,
    keys: seed % 11 < 2,
    drift: seed % 13 === 5,
    refusals: seed % 17 === 4,
    operators: seed % 13 < 3,
    late: seed % 19 === 7,
    matrices: seed % 11 === 5,
    adoption: seed % 11 === 7,
    visits: seed % 7 === 5,
    bodies: seed % 17 === 9,
    leaving: seed % 19 === 11,
    secrets: seed % 13 === 7,
    resets: seed % 7 === 1,
    patches: seed % 41 === 13,
    lostKeys: seed % 23 === 17,
  }
}
