import { createHeartbeatCodec } from '../../protocols/heartbeat/codec.ts'
import { Violations } from './checker.ts'
import type { World } from '../world/world.ts'
import type { Checker } from './checker.ts'

/**
 * The number of a site's record never goes back: neither in what it publishes, nor in what another one believes. What others have shown of a site is a hint
 * until it is met, and forgotten with the agent.
 */
export function numbersOnlyGrow(world: World): Checker {
  const violations = new Violations(world)
  const codec = createHeartbeatCodec(world.keys.make('checker of numbers', 1n))
  const published = new Map<string, bigint>()
  const believed = new Map<string, bigint>()
  const met = new Set<string>()
  const drop = (pair: string): void => {
    believed.delete(pair)
    met.delete(pair)
  }
  const forget = (site: string): void => {
    published.delete(site)
    for (const pair of [...believed.keys(), ...met]) if (pair.startsWith(`${site}:`)) drop(pair)
  }
  const look = (observer: string): void => {
    for (const { name, recordNumber } of world.site(observer).membership?.sites() ?? []) {
      const pair = `${observer}: ${name}`
      if (recordNumber < (believed.get(pair) ?? 0n)) {
        violations.add(`${observer} went back to record ${recordNumber} of ${name} from ${believed.get(pair)}`)
      }
      believed.set(pair, recordNumber)
    }
  }
  world.observe({
    onDiskChanged: forget,
    onChange(observer, change) {
      if (change.kind === 'connected') met.add(`${observer}: ${change.site}`)
      look(observer)
    },
    onStarted(observer) {
      for (const pair of believed.keys()) if (pair.startsWith(`${observer}:`) && !met.has(pair)) drop(pair)
      look(observer)
    },
    onPublish(site, data) {
      const gossip = codec.readGossip(data)
      if (gossip.kind !== 'record') return
      const { number } = gossip.signed.record
      if (number <= (published.get(site) ?? 0n)) violations.add(`${site} published record ${number} a second time`)
      published.set(site, number)
    },
  })
  return { name: 'numbers only grow', violations: violations.list }
}
