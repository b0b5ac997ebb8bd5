import type { ServiceConfig } from '../config.ts'
import { probeEndpoint } from '../config/probe/endpoint.ts'
import type { EndpointFact } from '../core/check/index.ts'
import type { Clock } from '../ports/clock.ts'

/** For so long a look is the newest one: who watches the status each second, or anybody who asks without a token, makes no load of it. */
const FRESH_MS = 2_000

interface Look {
  readonly at: number
  /** What was asked: a service that is offered differently is looked at anew. */
  readonly config: ServiceConfig
  readonly fact: Promise<EndpointFact>
}

/** Whether the applications here answer, looked at when somebody wants to know, and never by itself: an idle agent leaves them alone. */
export class ApplicationLooks {
  readonly #clock: Clock
  readonly #looks = new Map<string, Look>()
  readonly #probe: typeof probeEndpoint

  constructor(clock: Clock, look: typeof probeEndpoint = probeEndpoint) {
    this.#clock = clock
    this.#probe = look
  }

  /** One for each service, in their order; within three seconds. Never rejects. */
  all(services: readonly ServiceConfig[]): Promise<readonly EndpointFact[]> {
    const names = new Set(services.map(({ name }) => name))
    for (const name of this.#looks.keys()) if (!names.has(name)) this.#looks.delete(name)
    return Promise.all(services.map(config => this.#look(config)))
  }

  #look(config: ServiceConfig): Promise<EndpointFact> {
    const last = this.#looks.get(config.name)
    const now = this.#clock.monotonic()
    if (last !== undefined && last.config === config && now - last.at < FRESH_MS) return last.fact
    // For all who ask meanwhile: none of them ends it for the others.
    const fact = this.#probe(config, new AbortController().signal)
    this.#looks.set(config.name, { at: now, config, fact })
    return fact
  }
}
