import { MAX_BEATS_PER_SECOND } from '../../src/core/liveness/beat-interval.ts'
import { Violations } from './checker.ts'
import type { World } from '../world/world.ts'
import type { Checker } from './checker.ts'

/** No site receives more than 100 beats in any second, however large the mesh. */
export function fewBeats(world: World): Checker {
  const violations = new Violations(world)
  const received = new Map<string, number[]>()
  world.observe({
    onGossip(site, message, verdict) {
      if (verdict !== 'accept' || message.data.length === 0) return
      const { now } = world.time
      const times = received.get(site) ?? []
      received.set(site, times)
      times.push(now)
      while ((times[0] ?? now) <= now - 1_000) times.shift()
      // Beats are spread by chance: as many may come a little early as come a little late.
      if (times.length > MAX_BEATS_PER_SECOND * 1.2)
        violations.add(`${site} received ${times.length} beats in a second`)
    },
  })
  return { name: 'few beats', violations: violations.list }
}
