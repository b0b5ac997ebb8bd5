import { createHeartbeatCodec } from '../../protocols/heartbeat/codec.ts'
import { Violations } from './checker.ts'
import type { World } from '../world/world.ts'
import type { Checker } from './checker.ts'

/** The number of a site's record never goes back: neither in what it publishes, nor in what another one believes. */
export function numbersOnlyGrow(world: World): Checker {
  const violations = new Violations(world)
  const codec = createHeartbeatCodec(world.keys.make('checker of numbers', 1n))
  const published = new Map<string, bigint>()
  const believed = new Map<string, bigint>()
  const forget = (site: string): void => {
    published.delete(site)
    for (const pair of believed.keys()) if (pair.startsWith(`${site}:`)) believed.delete(pair)
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
    onChange: observer => look(observer),
    onStarted: observer => look(observer),
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
