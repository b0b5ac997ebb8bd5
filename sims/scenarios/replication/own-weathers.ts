import type { SeededRandom } from '../../world/seeded-random.ts'
import type { Variant } from '../../world/replication/sim-glue.ts'
import type { Deed, Step } from './step.ts'

/** Where things happen. */
export interface Place {
  readonly sites: readonly string[]
  readonly names: readonly string[]
  /** Nothing begins later, milliseconds. */
  readonly untilMs: number
}

type Names = Pick<Place, 'sites' | 'names'>

const VARIANTS: readonly Variant[] = ['plain', 'latest', 'restoring', 'ordered']

/** Sites whose definitions say different things of what operations do to each other, mostly: what one of them wrote is decided by its own matrix. */
export function variants(random: SeededRandom, sites: readonly string[]): Readonly<Record<string, Variant>> {
  const common = random.pick(VARIANTS)
  const isOne = random.chance(0.3)
  return Object.fromEntries(sites.map(site => [site, isOne ? common : random.pick(VARIANTS)]))
}

/** Writes that matrices have something to say of. */
export function matrixWrites(random: SeededRandom, { sites, names, untilMs }: Place): readonly Step[] {
  const kinds = ['add', 'add', 'count', 'count', 'restore', 'merge', 'replace'] as const
  return Array.from({ length: 3 + random.below(10) }, (_, i) => ({
    at: Math.round(random.between(500, untilMs)),
    do: random.pick(kinds),
    site: random.pick(sites),
    name: random.pick(names),
    token: `m${i + 1}`,
  }))
}

/** Resources of a weather's own. */
export interface OwnResources {
  readonly names: readonly string[]
  readonly steps: readonly Step[]
}

/**
 * Resources that sites have before anybody replicates them, the same or different ones: operators adopt them, at one site or on both sides of a cut,
 * clients write them, and operators say what becomes of those that differ.
 */
export function adoption(random: SeededRandom, { sites, untilMs }: Omit<Place, 'names'>): OwnResources {
  const names = random.chance(0.4) ? ['a1', 'a2'] : ['a1']
  const steps = names.flatMap((name): readonly Step[] => {
    const isSame = random.chance(0.5)
    const holders = sites.filter(() => random.chance(0.6))
    const there = (holders.length === 0 ? sites.slice(0, 1) : holders).map((site, i): Step => ({
      at: 0,
      do: 'outsider',
      site,
      name,
      token: isSame ? `${name}-0` : `${name}-${i}`,
    }))
    const adopts = Array.from({ length: 1 + random.below(3) }, (): Step => {
      const site = random.pick(random.chance(0.8) && holders.length > 0 ? holders : sites)
      const members = random.chance(0.7) ? sites : sites.filter(other => other === site || random.chance(0.5))
      const at = Math.round(random.between(100, untilMs / 2))
      return { at, do: 'adopt', site, name, members, overwrites: random.chance(0.3) }
    })
    const writes = Array.from({ length: random.below(7) }, (_, i): Step => {
      const at = Math.round(random.between(500, untilMs))
      return { at, ...adoptedWrite(random, { sites, names: [name] }, `${name}-w${i}`) }
    })
    const resolved = Array.from({ length: random.below(3) }, (): Step => {
      const at = Math.round(random.between(untilMs / 3, untilMs))
      return { at, do: 'resolve', site: random.pick(sites), name, how: random.pick(['adopt', 'replace', 'leave']) }
    })
    return [...there, ...adopts, ...writes, ...resolved]
  })
  return { names, steps }
}

function adoptedWrite(random: SeededRandom, { sites, names }: Names, token: string): Deed {
  const [site, name] = [random.pick(sites), random.pick(names)]
  const roll = random.uniform()
  if (roll < 0.3) return { do: 'merge', site, name, token }
  if (roll < 0.55) return { do: 'replace', site, name, token }
  if (roll < 0.75) return { do: 'add', site, name, token }
  if (roll < 0.9) return { do: 'delete', site, name }
  return { do: 'create', site, name, members: sites, token }
}

/** Operators that look after what is replicated: whatever they think of, also where there is nothing to do. */
export function visits(random: SeededRandom, { sites, names, untilMs }: Place): readonly Step[] {
  return Array.from({ length: 1 + random.below(5) }, (): readonly Step[] => {
    const at = Math.round(random.between(1_000, untilMs))
    const [site, name, other] = [random.pick(sites), random.pick(names), random.pick(sites)]
    const roll = random.uniform()
    if (roll < 0.35) return [{ at, do: 'repair', site, name, ...(random.chance(0.4) && { from: other }) }]
    if (roll < 0.5) return [{ at, do: 'decide', site, name }]
    if (roll < 0.65) return [{ at, do: 'resolve', site, name, how: random.pick(['adopt', 'replace', 'leave']) }]
    const back: Step = {
      at: at + Math.round(random.between(500, 10_000)),
      do: 'attach',
      site: random.pick(sites),
      other,
    }
    return [{ at, do: 'detach', site, other }, ...(random.chance(0.7) ? [back] : [])]
  }).flat()
}

/** Large bodies whose writers, and those that fetch them, are killed on the way, that are damaged, or that have no room. */
export function troubledBodies(random: SeededRandom, { sites, names, untilMs }: Place): readonly Step[] {
  return Array.from({ length: 1 + random.below(4) }, (_, i): readonly Step[] => {
    const at = Math.round(random.between(1_000, untilMs))
    const [site, name, other] = [random.pick(sites), random.pick(names), random.pick(sites)]
    const soon = (): number => at + random.below(800)
    const steps: Step[] = [{ at, do: 'replace', site, name, token: `b${i + 1}` }]
    if (random.chance(0.6)) steps.push({ at: soon(), do: 'kill', site, forMs: 500 + random.below(8_000) })
    if (random.chance(0.4)) steps.push({ at: soon(), do: 'kill', site: other, forMs: 500 + random.below(4_000) })
    if (random.chance(0.3)) steps.push({ at: soon(), do: 'damage a body', site: random.pick(sites) })
    if (random.chance(0.3))
      steps.push({ at: Math.max(0, at - 500), do: 'fill the disk', site: other, forMs: 500 + random.below(10_000) })
    return steps
  }).flat()
}

/** Sites that leave by an operator there while the disk of another one is lost, put back or not there; some come back. */
export function leaving(random: SeededRandom, { sites, names, untilMs }: Place): readonly Step[] {
  return Array.from({ length: 1 + random.below(2) }, (_, i): readonly Step[] => {
    const at = Math.round(random.between(8_000, untilMs - 4_000))
    const [site, other, name] = [random.pick(sites), random.pick(sites), random.pick(names)]
    const around = (): number => at - 8_000 + random.below(11_000)
    const steps: Step[] = [{ at, do: 'detach', site, other: site }]
    const roll = random.uniform()
    if (roll < 0.6) steps.push({ at: around(), do: 'flip a record', site: other, isLost: true })
    else if (roll < 0.8) steps.push({ at: around(), do: 'set back', site: other, afterMs: 1_000 + random.below(8_000) })
    else steps.push({ at: around(), do: 'kill', site: other, forMs: 500 + random.below(8_000) })
    if (random.chance(0.5)) steps.push({ at: around(), do: 'add', site: random.pick(sites), name, token: `l${i + 1}` })
    if (random.chance(0.4)) steps.push({ at: around(), do: 'isolate', site, forMs: 500 + random.below(8_000) })
    if (random.chance(0.4)) steps.push({ at: at + random.below(9_000), do: 'attach', site: other, other: site })
    return steps
  }).flat()
}

/**
 * A resource that is only ever changed in parts, more often than the operations of it are kept: by one site for a while, then by another one, or by all in
 * turn. When there are a hundred, links are slow or a site is cut off, mostly. Where bodies are large, its state is too.
 */
export function patches(random: SeededRandom, { sites, untilMs }: Omit<Place, 'names'>): OwnResources {
  const name = 'p1'
  const created: Step = { at: 0, do: 'create', site: random.pick(sites), name, members: sites, token: `${name}-0` }
  const times = Array.from({ length: 101 + random.below(50) }, () => Math.round(random.between(1_000, untilMs)))
  const stays = random.pick([0, 0, 0.9, 0.98])
  let site = random.pick(sites)
  const merges = times
    .toSorted((a, b) => a - b)
    .map((at, i): Step => {
      if (!random.chance(stays)) site = random.pick(sites)
      return { at, do: 'merge', site, name, token: `p${i + 1}` }
    })
  const due = Math.max(0, (merges[99]?.at ?? untilMs) - random.below(6_000))
  const forMs = 2_000 + random.below(8_000)
  const troubles: Step[] = []
  if (random.chance(0.6)) troubles.push({ at: due, do: 'slow', toMs: Math.round(random.between(500, 3_000)), forMs })
  if (random.chance(0.4)) troubles.push({ at: due, do: 'isolate', site: random.pick(sites), forMs })
  if (random.chance(0.2)) troubles.push({ at: due, do: 'fill the disk', site: random.pick(sites), forMs })
  return { names: [name], steps: [created, ...merges, ...troubles] }
}

/**
 * Sites that lose their disks with their keys, one or two of them, while who could tell them of each other is cut off, and members that come and go: what was
 * signed with a key that is gone comes to those that never knew it.
 */
export function lostKeys(random: SeededRandom, { sites, names, untilMs }: Place): readonly Step[] {
  return Array.from({ length: 1 + random.below(2) }, (_, i): readonly Step[] => {
    const at = Math.round(random.between(3_000, untilMs - 12_000))
    const [site, other, name] = [random.pick(sites), random.pick(sites), random.pick(names)]
    const around = (): number => at + 4_000 + random.below(8_000)
    const steps: Step[] = [{ at, do: 'flip a record', site, isLost: true }]
    if (random.chance(0.5)) steps.push({ at: around(), do: 'isolate', site: other, forMs: 500 + random.below(10_000) })
    if (random.chance(0.5)) steps.push({ at: around(), do: 'add', site, name, token: `k${i + 1}` })
    if (random.chance(0.5)) steps.push({ at: around(), do: 'merge', site: other, name, token: `k${i + 3}` })
    if (random.chance(0.3)) steps.push({ at: around(), do: 'members', site, name, added: [other], removed: [] })
    if (random.chance(0.3)) steps.push({ at: around(), do: 'detach', site, other })
    return steps
  }).flat()
}
