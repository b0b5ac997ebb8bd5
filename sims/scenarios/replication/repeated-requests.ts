import type { SeededRandom } from '../../world/seeded-random.ts'
import type { Step } from './step.ts'

/** How long a client tries again, milliseconds. */
const RETRIES_MS = 10_000

/** Where such clients are, and what they do. */
export interface RepeatedIn {
  readonly sites: readonly string[]
  readonly names: readonly string[]
  /** Nothing begins later, milliseconds. */
  readonly untilMs: number
}

/**
 * Clients that send a request with an idempotency key again and again: at the site that had it first and at others, also while that one is
 * cut off, after what the request wrote was replaced or deleted, and sometimes with another body.
 */
export function repeatedRequests(random: SeededRandom, where: RepeatedIn): readonly Step[] {
  return Array.from({ length: 1 + random.below(3) }, (_, i) => requestsOf(random, where, `k${i + 1}`)).flat()
}

function requestsOf(random: SeededRandom, { sites, names, untilMs }: RepeatedIn, key: string): readonly Step[] {
  const [site, name] = [random.pick(sites), random.pick(names)]
  const isAtOneSite = random.chance(0.3)
  const others = isAtOneSite ? [site] : [site, ...sites]
  const bodies = ['a', 'a', 'b']
  const first = Math.round(random.between(1_000, untilMs - RETRIES_MS))
  const after = (): number => first + Math.round(random.between(0, RETRIES_MS))
  const add = (at: number, where: string, body: string): Step => ({
    at,
    do: 'add',
    site: where,
    name,
    token: `${key}-${body}`,
    key,
  })
  const steps = [add(first, site, 'a')]
  const times = 1 + random.below(4)
  for (let i = 0; i < times; i++) steps.push(add(after(), random.pick(others), random.pick(bodies)))
  if (random.chance(0.5)) {
    const [at, forMs] = [Math.max(0, first - random.below(2_000)), Math.round(random.between(2_000, RETRIES_MS))]
    steps.push({ at, do: 'isolate', site, forMs })
  }
  if (random.chance(0.4))
    steps.push({ at: after(), do: 'replace', site: random.pick(sites), name, token: `${key}-over` })
  else if (random.chance(0.2)) {
    const at = after()
    steps.push({ at, do: 'delete', site: random.pick(sites), name })
    steps.push({ at: at + 500, do: 'create', site: random.pick(sites), name, members: sites, token: `${key}-anew` })
  }
  return steps
}

/**
 * The same of requests that say all that the resource is: a PUT, a creation or a DELETE comes again at other members and at the same one, after others
 * have replaced, deleted or created it anew, while sites are cut off or killed.
 */
export function repeatedResets(random: SeededRandom, where: RepeatedIn): readonly Step[] {
  return Array.from({ length: 1 + random.below(3) }, (_, i) => resetsOf(random, where, `r${i + 1}`)).flat()
}

function resetsOf(random: SeededRandom, { sites, names, untilMs }: RepeatedIn, key: string): readonly Step[] {
  const [site, name, kind] = [
    random.pick(sites),
    random.pick(names),
    random.pick(['create', 'replace', 'delete'] as const),
  ]
  const others = random.chance(0.3) ? [site] : [site, ...sites]
  const first = Math.round(random.between(3_000, untilMs - RETRIES_MS))
  const after = (): number => first + Math.round(random.between(0, RETRIES_MS))
  const ask = (at: number, where: string, body: string): Step => {
    const token = `${key}-${body}`
    switch (kind) {
      case 'create':
        return { at, do: kind, site: where, name, members: sites, token, key }
      case 'replace':
        return { at, do: kind, site: where, name, token, key }
      case 'delete':
        return { at, do: kind, site: where, name, key }
    }
  }
  const steps: Step[] = []
  // The name is free for a creation.
  if (kind === 'create') steps.push({ at: first - 2_000, do: 'delete', site: random.pick(sites), name })
  steps.push(ask(first, site, 'a'))
  const times = 2 + random.below(4)
  for (let i = 0; i < times; i++) steps.push(ask(after(), random.pick(others), random.pick(['a', 'a', 'a', 'b'])))
  if (random.chance(0.5)) {
    const [at, forMs] = [Math.max(0, first - random.below(2_000)), Math.round(random.between(2_000, RETRIES_MS))]
    steps.push({ at, do: 'isolate', site, forMs })
  }
  if (random.chance(0.3))
    steps.push({ at: after(), do: 'kill', site: random.pick(sites), forMs: 500 + random.below(3_000) })
  const roll = random.uniform()
  if (roll < 0.4) steps.push({ at: after(), do: 'replace', site: random.pick(sites), name, token: `${key}-over` })
  else if (roll < 0.8) {
    const at = after()
    steps.push({ at, do: 'delete', site: random.pick(sites), name })
    if (random.chance(0.7))
      steps.push({ at: at + 500, do: 'create', site: random.pick(sites), name, members: sites, token: `${key}-anew` })
  }
  return steps
}

/** When what was given up lands, milliseconds after it was sent: callers give up after two seconds. */
const LANDS_AFTER_MS = [1_000, 2_500, 3_500, 6_000, 12_000] as const

/**
 * An addition with an idempotency key is given up at a site and lands later, and its client sends it again there and elsewhere, while what that application is sent next, by another client or by
 * the agent that repairs it, is given up too, and lands behind that.
 */
export function landing(random: SeededRandom, { sites, names, untilMs }: RepeatedIn): readonly Step[] {
  return Array.from({ length: 1 + random.below(3) }, (_, i): readonly Step[] => {
    const [site, name, key] = [random.pick(sites), random.pick(names), `g${i + 1}`]
    const first = Math.round(random.between(3_000, untilMs - 2 * RETRIES_MS))
    const late = (at: number): Step => {
      const delayMs = random.pick(LANDS_AFTER_MS)
      return { at, do: 'break the application', site, how: 'late-effect', delayMs }
    }
    const add = (at: number, where: string): Step => ({ at, do: 'add', site: where, name, token: `${key}-a`, key })
    const steps = [late(first), add(first + 1, site)]
    const times = 2 + random.below(6)
    let at = first + 2_000
    for (let time = 1; time <= times; time++) {
      at += random.pick([20, 60, 300, 1_000, 3_000])
      const roll = random.uniform()
      if (roll < 0.3) steps.push(late(at))
      if (roll < 0.55) steps.push(add(at + 1, random.pick([site, ...sites])))
      else if (roll < 0.7)
        steps.push({ at, do: 'add', site: random.pick([site, ...sites]), name, token: `${key}-${time}` })
      else if (roll < 0.8)
        steps.push({ at, do: 'merge', site: random.pick([site, ...sites]), name, token: `${key}-${time}` })
      else if (roll < 0.9) steps.push({ at, do: 'kill', site, forMs: 50 + random.below(2_000) })
      else steps.push({ at, do: 'isolate', site: random.pick(sites), forMs: 500 + random.below(5_000) })
    }
    return steps
  }).flat()
}
