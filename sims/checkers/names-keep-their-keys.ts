import { Violations } from './checker.ts'
import type { World } from '../world/world.ts'
import type { Checker } from './checker.ts'

/**
 * A name belongs to one key for ever, whatever happens and whoever else claims it. No world lets a site forget its disk
 * while somebody steals names.
 */
export function namesKeepTheirKeys(world: World): Checker {
  const violations = new Violations(world)
  const keys = new Map<string, string>()
  const look = (observer: string): void => {
    for (const { name, peerId } of world.site(observer).membership?.sites() ?? []) {
      const binding = `${observer}: ${name}`
      const known = keys.get(binding)
      if (known === undefined) keys.set(binding, peerId)
      else if (known !== peerId) violations.add(`${observer} took "${name}" from ${known} and gave it to ${peerId}`)
    }
  }
  world.observe({
    onChange: observer => look(observer),
    onStarted: observer => look(observer),
  })
  return { name: 'names keep their keys', violations: violations.list }
}
