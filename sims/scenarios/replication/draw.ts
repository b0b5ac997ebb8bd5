import { SeededRandom } from '../../world/seeded-random.ts'
import { adoption, leaving, lostKeys, matrixWrites, patches, troubledBodies, variants, visits } from './own-weathers.ts'
import { landing, repeatedRequests, repeatedResets } from './repeated-requests.ts'
import type { Variant } from '../../world/replication/sim-glue.ts'
import type { ApplicationFault, Deed, Step } from './step.ts'

export interface Plan {
  readonly sites: readonly string[]
  readonly names: readonly string[]
  /** What creates and replaces have more in their bodies, bytes: enough to make files of them. */
  readonly fillerBytes?: number
  /** Bodies have a field that applications take and never show. */
  readonly hasSecrets?: boolean
  /** Who loses its disk loses its key, and sites know the keys of those that they have met. */
  readonly losesKeys?: boolean
  /** What the definitions of sites say, where they say more than the ordinary one. */
  readonly variants?: Readonly<Record<string, Variant>>
  /** Sorted by time. */
  readonly steps: readonly Step[]
}

/** Which faults a world has. All runs have cuts, crashes and slow links. */
export interface Weather {
  /** The application goes wrong: crashes, refusals, silence. */
  readonly application: boolean
  /** Disks fail, and agents' clocks jump. */
  readonly machine: boolean
  /** Members are added and removed. */
  readonly members: boolean
  /** Disks are set back to backups, or lose records. */
  readonly memory: boolean
  /** Somebody changes the application past Cheops. */
  readonly drift: boolean
  /** Requests that were given up land late at the application. */
  readonly late: boolean
  /** One application refuses what the others take: once, or all that one site has written for a while. */
  readonly refusals: boolean
  /** Clients send requests with an idempotency key more than once, anywhere. */
  readonly keys: boolean
  /** So do clients whose requests say all that a resource is. */
  readonly resets: boolean
  /** Operators settle conflicts. */
  readonly operators: boolean
  /** Definitions have resolution matrices, and differ from site to site. */
  readonly matrices: boolean
  /** There are resources before anybody replicates them. */
  readonly adoption: boolean
  /** Operators repair, detach and attach, decide what is in doubt, and say what becomes of what is not replicated. */
  readonly visits: boolean
  /** Large bodies have troubles of their own. */
  readonly bodies: boolean
  /** Sites leave while the disks of others are lost. */
  readonly leaving: boolean
  /** Applications take a field that they never show. */
  readonly secrets: boolean
  /** A resource is changed in parts more often than is kept of it; all bodies are large. */
  readonly patches: boolean
  /** Sites lose their disks with their keys. */
  readonly lostKeys: boolean
  /** Requests with an idempotency key are given up, and so is what is sent because of that; all of it lands, each at its own time. */
  readonly landing: boolean
}

export const FAIR: Weather = {
  application: false,
  machine: false,
  members: false,
  memory: false,
  drift: false,
  late: false,
  refusals: false,
  keys: false,
  resets: false,
  operators: false,
  matrices: false,
  adoption: false,
  visits: false,
  bodies: false,
  leaving: false,
  secrets: false,
  patches: false,
  lostKeys: false,
  landing: false,
}

/** Time in which things happen, milliseconds. */
const STORM_MS = 40_000
/** Everything that has begun ends within this after it. */
const AFTERMATH_MS = 15_000

/** When all that a plan does is over. */
export const PLAN_ENDS_MS = STORM_MS + AFTERMATH_MS

const WRITES = 14
/** Some pieces for each body. */
const FILLER_BYTES = 100_000
/** One or two: they are read with each of many patches. */
const PATCHED_BYTES = 66_000
const FAULTS = 8

/** A plan from a seed. Everything in it is drawn here, so that leaving out one step changes no other. */
export function draw(seed: number, weather: Weather): Plan {
  const random = new SeededRandom(seed)
  const sites = Array.from({ length: 2 + random.below(3) }, (_, i) => `s${i + 1}`)
  const names = Array.from({ length: 1 + random.below(2) }, (_, i) => `n${i + 1}`)
  const kinds = faultsOf(weather)
  const deeds: Step[] = []
  const at = (): number => Math.round(random.between(0, STORM_MS))
  for (const name of names) {
    const members = random.chance(0.7) ? sites : sites.slice(0, 2)
    deeds.push({ at: 0, do: 'create', site: random.pick(members), name, members, token: `${name}-0` })
  }
  for (let i = 1; i <= 1 + random.below(WRITES); i++)
    deeds.push({ at: at(), ...writeOf(random, weather, sites, names, `t${i}`) })
  for (let i = 0; i < random.below(FAULTS); i++) {
    const fault = random.pick(kinds)
    deeds.push({ at: at(), ...fault(random, sites, names) })
  }
  const isLarge = random.chance(0.15) || weather.bodies
  // What came later is drawn last, from a stream of its own: the plans of other seeds stay as they were.
  if (weather.keys) deeds.push(...repeatedRequests(random.fork(), { sites, names, untilMs: STORM_MS }))
  if (weather.operators) deeds.push(...settling(random.fork(), sites, names, !weather.keys))
  const place = { sites, names, untilMs: STORM_MS }
  const said = weather.matrices ? variants(random.fork(), sites) : undefined
  if (weather.matrices) deeds.push(...matrixWrites(random.fork(), place))
  const adopted = weather.adoption ? adoption(random.fork(), place) : { names: [], steps: [] }
  deeds.push(...adopted.steps)
  const all = [...names, ...adopted.names]
  if (weather.visits) deeds.push(...visits(random.fork(), { ...place, names: all }))
  if (weather.bodies) deeds.push(...troubledBodies(random.fork(), place))
  if (weather.leaving) deeds.push(...leaving(random.fork(), { ...place, names: all }))
  if (weather.resets) deeds.push(...repeatedResets(random.fork(), place))
  const patched = weather.patches ? patches(random.fork(), place) : { names: [], steps: [] }
  deeds.push(...patched.steps)
  if (weather.lostKeys) deeds.push(...lostKeys(random.fork(), place))
  if (weather.landing) deeds.push(...landing(random.fork(), place))
  const steps = deeds.toSorted((a, b) => a.at - b.at)
  return {
    sites,
    names: [...all, ...patched.names],
    ...(isLarge && { fillerBytes: FILLER_BYTES }),
    ...(weather.secrets && { hasSecrets: true }),
    ...(weather.lostKeys && { losesKeys: true }),
    ...(weather.patches && { fillerBytes: PATCHED_BYTES }),
    ...(said !== undefined && { variants: said }),
    steps,
  }
}

function writeOf(
  random: SeededRandom,
  weather: Weather,
  sites: readonly string[],
  names: readonly string[],
  token: string,
): Deed {
  const [site, name] = [random.pick(sites), random.pick(names)]
  const roll = random.uniform()
  if (roll < 0.35) return { do: 'merge', site, name, token }
  if (roll < 0.55) return { do: 'replace', site, name, token }
  if (roll < 0.7) return { do: 'add', site, name, token }
  if (roll < 0.8) return { do: 'delete', site, name }
  if (roll < 0.9 || !weather.members) return { do: 'create', site, name, members: sites, token }
  const other = random.pick(sites)
  return random.chance(0.5)
    ? { do: 'members', site, name, added: [other], removed: [] }
    : { do: 'members', site, name, added: [], removed: [other] }
}

/**
 * Mostly when there is something to settle.
 * @param takes whether what was lost is carried out again: not where requests are counted by their keys, since then that is asked for
 */
function settling(
  random: SeededRandom,
  sites: readonly string[],
  names: readonly string[],
  takes: boolean,
): readonly Step[] {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const [site, name, from] = [random.pick(sites), random.pick(names), random.pick(sites)]
    const at = Math.round(random.between(STORM_MS / 4, PLAN_ENDS_MS))
    return { at, do: 'settle', site, name, ...(random.chance(0.5) && takes && { take: from }) } as const
  })
}

type Fault = (random: SeededRandom, sites: readonly string[], names: readonly string[]) => Deed

const APPLICATION_FAULTS: readonly ApplicationFault[] = [
  'crash-before',
  'crash-after',
  'late-answer',
  'cut-answer',
  'refuse-503',
]

function faultsOf({ application, machine, memory, drift, late, refusals }: Weather): readonly Fault[] {
  const length = (random: SeededRandom): number => Math.round(random.between(100, AFTERMATH_MS - 1_000))
  const pair = (random: SeededRandom, sites: readonly string[]): readonly [string, string] => {
    const a = random.pick(sites)
    return [a, random.pick(sites.filter(site => site !== a))]
  }
  const always: Fault[] = [
    (random, sites) => {
      const [from, to] = pair(random, sites)
      return { do: 'cut', from, to, forMs: length(random) }
    },
    (random, sites) => ({ do: 'isolate', site: random.pick(sites), forMs: length(random) }),
    (random, sites) => ({ do: 'break', between: pair(random, sites) }),
    random => ({ do: 'slow', toMs: Math.round(random.between(50, 2_000)), forMs: length(random) }),
    (random, sites) => ({ do: 'kill', site: random.pick(sites), forMs: length(random) }),
  ]
  const some: (readonly [boolean, Fault])[] = [
    [
      application,
      (random, sites) => ({
        do: 'break the application',
        site: random.pick(sites),
        how: random.pick(APPLICATION_FAULTS),
      }),
    ],
    [application, (random, sites) => ({ do: 'stop the application', site: random.pick(sites), forMs: length(random) })],
    [
      machine,
      (random, sites) => ({
        do: 'jump',
        site: random.pick(sites),
        byMs: jump(random.between(-1, 1)),
      }),
    ],
    [machine, (random, sites) => ({ do: 'fail the disk', site: random.pick(sites), forMs: length(random) })],
    [
      memory,
      (random, sites) => ({
        do: 'set back',
        site: random.pick(sites),
        afterMs: length(random),
        withApplication: random.chance(0.3),
      }),
    ],
    [memory, (random, sites) => ({ do: 'flip a record', site: random.pick(sites), isLost: random.chance(0.3) })],
    [late, (random, sites) => ({ do: 'break the application', site: random.pick(sites), how: 'late-effect' })],
    [refusals, (random, sites) => ({ do: 'break the application', site: random.pick(sites), how: 'refuse-422' })],
    [
      refusals,
      (random, sites) => {
        const [site, origin] = pair(random, sites)
        return { do: 'close', site, origin, forMs: length(random) }
      },
    ],
    [
      drift,
      (random, sites, names) => ({
        do: 'outsider',
        site: random.pick(sites),
        name: random.pick(names),
        token: `o${random.below(1_000)}`,
      }),
    ],
  ]
  return [...always, ...some.flatMap(([wanted, fault]) => (wanted ? [fault] : []))]
}

/** By up to an hour, mostly; else by years. As many are drawn for either, so that the plans of other seeds stay as they were. */
function jump(roll: number): number {
  const HOUR_MS = 3_600_000
  const size = Math.abs(roll)
  if (size < 0.8) return Math.round((roll / 0.8) * HOUR_MS)
  return Math.round(Math.sign(roll) * HOUR_MS * 24 * 365 * 50 * (size - 0.8))
}
