import type { World } from '../world/world.ts'

/** Pairs of running sites of which one does not see the other alive and connected. Empty when a mesh has healed. */
export function notAlive(world: World): readonly string[] {
  const running = world.sites.filter(site => site.isRunning && !site.name.startsWith('rogue'))
  return running.flatMap(observer =>
    running
      .filter(other => other !== observer)
      .flatMap(other => {
        const view = observer.membership?.site(other.name)
        if (view === undefined) return [`${observer.name} does not know ${other.name}`]
        if (view.liveness !== 'alive') return [`${observer.name} sees ${other.name} ${view.liveness}: ${view.reason}`]
        if (view.connection === 'none') return [`${observer.name} has no connection to ${other.name}`]
        if (view.addresses.join() !== other.address) {
          return [`${observer.name} knows ${other.name} at ${view.addresses.join()} instead of ${other.address}`]
        }
        return []
      }),
  )
}
