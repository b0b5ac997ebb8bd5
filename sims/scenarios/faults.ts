import { addressOf } from '../world/world.ts'
import type { SimSite } from '../world/sim-site.ts'
import type { World } from '../world/world.ts'

/** One thing that goes wrong. It says what it does in the story, and ends by itself or by `heal`. */
type Fault = (world: World) => void

const anyPair = (world: World): [SimSite, SimSite] => {
  const a = world.random.pick(world.sites)
  const b = world.random.pick(world.sites.filter(site => site !== a))
  return [a, b]
}

/**
 * Sites 0 and 1 are the bootstrap addresses and stay where they are: when all that know each other move at once while they
 * are cut off from each other, nothing in the world leads from one to the other.
 */
const anyMover = (world: World): SimSite => world.random.pick(world.sites.slice(2))

const restartAfter = (world: World, site: SimSite, ms: number): void => {
  world.time.after(ms, () => {
    world.tell(`start ${site.name} at ${site.address}`)
    void site.start()
  })
}

/** Until what was given to connections that are closed gently has gone out, as long as no link is slow. */
const CLOSED_GENTLY_MS = 300

const FAULTS: Readonly<Record<string, Fault>> = {
  cut(world) {
    const [a, b] = anyPair(world)
    world.tell(`cut ${a.name} | ${b.name}`)
    world.wire.cut(a.name, b.name)
    world.wire.cut(b.name, a.name)
  },
  'cut one way'(world) {
    const [a, b] = anyPair(world)
    world.tell(`cut ${a.name} > ${b.name}`)
    world.wire.cut(a.name, b.name)
  },
  isolate(world) {
    const site = world.random.pick(world.sites)
    world.tell(`cut ${site.name} off from everybody`)
    for (const other of world.sites) {
      world.wire.cut(site.name, other.name)
      world.wire.cut(other.name, site.name)
    }
  },
  'heal a link'(world) {
    const [a, b] = anyPair(world)
    world.tell(`heal ${a.name} | ${b.name}`)
    world.wire.heal(a.name, b.name)
    world.wire.heal(b.name, a.name)
  },
  'slow and lossy'(world) {
    const slowest = world.random.between(50, 2_000)
    world.tell(`delays up to ${slowest.toFixed(0)} ms, gossip lost and repeated`)
    world.wire.setDelay(slowest / 4, slowest)
    world.wire.lossRate = world.random.between(0, 0.3)
    world.wire.repeatRate = world.random.between(0, 0.3)
  },
  kill(world) {
    const site = world.random.pick(world.sites)
    world.tell(`kill ${site.name}`)
    site.kill()
    restartAfter(world, site, world.random.between(10, 15_000))
  },
  'stop in order'(world) {
    const site = world.random.pick(world.sites)
    world.tell(`stop ${site.name} in order`)
    site.sayGoodbye()
    world.time.after(CLOSED_GENTLY_MS, () => {
      site.kill()
      restartAfter(world, site, world.random.between(10, 15_000))
    })
  },
  'kill and lose the disk'(world) {
    const site = world.random.pick(world.sites)
    world.tell(`kill ${site.name}, its disk is lost but for the key`)
    site.kill()
    site.loseDisk()
    // A clock that went back as well: the store knows nothing, the clock says less than before.
    if (world.random.chance(0.5)) site.clockOffsetMs -= 60_000
    restartAfter(world, site, world.random.between(10, 5_000))
  },
  'restore a backup'(world) {
    const site = world.random.pick(world.sites)
    const backup = site.copyDisk()
    world.time.after(world.random.between(5_000, 15_000), () => {
      world.tell(`kill ${site.name} and restore an old backup of its disk`)
      site.kill()
      site.restoreDisk(backup)
      restartAfter(world, site, 100)
    })
  },
  move(world) {
    const site = anyMover(world)
    const address = addressOf(world.random.below(200) + 50, 5_000 + world.random.below(1_000))
    world.tell(`${site.name} has address ${address} from now on`)
    site.move(address)
  },
  'move while away'(world) {
    const site = anyMover(world)
    const address = addressOf(world.random.below(200) + 50, 5_000 + world.random.below(1_000))
    world.tell(`kill ${site.name}; it comes back at ${address}`)
    site.kill()
    site.move(address)
    restartAfter(world, site, world.random.between(10, 15_000))
  },
  suspend(world) {
    const site = world.random.pick(world.sites)
    const ms = world.random.between(500, 25_000)
    world.tell(`suspend ${site.name} for ${(ms / 1000).toFixed(1)} s`)
    site.suspend()
    world.time.after(ms, () => {
      world.tell(`resume ${site.name}`)
      site.resume()
    })
  },
  'jump the clock'(world) {
    const site = world.random.pick(world.sites)
    const ms = world.random.between(-3_600_000, 3_600_000)
    world.tell(`the clock of ${site.name} jumps by ${(ms / 1000).toFixed(0)} s`)
    site.clockOffsetMs += ms
  },
}

/**
 * With a rogue among the peers, a site that forgets which key a name belongs to can be told another one first: only
 * certificates of membership would help against that, so such a world keeps its disks.
 */
const FORGETTING = ['kill and lose the disk']

export function faultNames(withRogue: boolean): readonly string[] {
  return Object.keys(FAULTS).filter(name => !withRogue || !FORGETTING.includes(name))
}

/** Makes one fault happen. */
export function cause(world: World, name: string): void {
  FAULTS[name]?.(world)
}

/** The end of all faults: links, clocks and processes are as they should be. */
export function healEverything(world: World): void {
  world.tell('heal everything')
  world.wire.healAll()
  for (const site of world.sites) {
    site.clockOffsetMs = 0
    if (site.membership === undefined) void site.start()
    else site.resume()
  }
}
