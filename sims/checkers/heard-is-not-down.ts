import { createHeartbeatCodec } from '../../protocols/heartbeat/codec.ts'
import { LEFT } from '../../src/core/liveness/liveness.ts'
import { Violations } from './checker.ts'
import type { World } from '../world/world.ts'
import type { Checker } from './checker.ts'

/** Beats that may be late or lost without consequence: fewer missing ones must never make a site suspect. */
const TOLERATED_BEATS = 3

/**
 * Nobody is suspect or down while its beats are heard; one beat makes it alive. A beat that says that its agent stops makes it down at once,
 * and nobody is taken for one that has left who has not said so.
 */
export function heardIsNotDown(world: World): Checker {
  const violations = new Violations(world)
  const codec = createHeartbeatCodec(world.keys.make('checker of liveness', 2n))
  const heardAt = new Map<string, { at: number; intervalMs: number }>()
  /** Sites that have said once that they stop. */
  const left = new Set<string>()
  const siteOf = (peerId: string): string | undefined => world.sites.find(site => site.keys.peerId === peerId)?.name
  world.observe({
    onPublish(site, data) {
      const gossip = codec.readGossip(data)
      if (gossip.kind === 'beat' && gossip.beat.leaves) left.add(site)
    },
    onGossip(observer, message, verdict) {
      if (verdict !== 'accept') return
      const gossip = codec.readGossip(message.data)
      const site = siteOf(message.author)
      if (gossip.kind !== 'beat' || site === undefined) return
      heardAt.set(`${observer} ${site}`, { at: world.time.now, intervalMs: gossip.beat.intervalMs })
      const state = world.site(observer).membership?.site(site)?.liveness
      if (gossip.beat.leaves) {
        heardAt.delete(`${observer} ${site}`)
        if (state !== 'down') violations.add(`${observer} heard that ${site} stops, which is ${state} all the same`)
      } else if (state !== 'alive')
        violations.add(`${observer} heard a beat of ${site}, which is ${state} all the same`)
    },
    onChange(observer, change) {
      if (change.kind !== 'liveness') return
      const { liveness: state, reason } = world.site(observer).membership?.site(change.site) ?? {}
      if (reason === LEFT) {
        if (!left.has(change.site)) violations.add(`${observer} says ${change.site} has left, which has never said so`)
        return
      }
      const heard = heardAt.get(`${observer} ${change.site}`)
      if (state === 'alive' || heard === undefined) return
      const silence = world.time.now - heard.at
      if (silence < TOLERATED_BEATS * heard.intervalMs) {
        violations.add(`${observer} says ${change.site} is ${state} ${silence.toFixed(0)} ms after its beat`)
      }
    },
  })
  return { name: 'heard is not down', violations: violations.list }
}
