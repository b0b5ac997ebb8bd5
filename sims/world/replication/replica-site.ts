import { nextIncarnation } from '../../../src/runtime/replication/next-incarnation.ts'
import { FakeApplication } from '../fake-application.ts'
import { MemoryBlobs } from '../memory-blobs.ts'
import { Machine } from './machine.ts'
import { simBodies, simHash } from './sim-bodies.ts'
import type { Application } from '../../../src/ports/application.ts'
import type { CheopsError } from '../../../src/errors.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import type { SyncNetwork } from '../../../src/ports/sync.ts'
import type { ReplicationEvent } from '../../../src/runtime/replication/events.ts'
import type { ReplicantName } from '../../../src/core/oplog/index.ts'
import type { Fault } from '../fake-application.ts'
import type { Agent, ClientAnswer } from './agent.ts'
import type { Process } from './process.ts'
import type { ReplicationWorld } from './replication-world.ts'
import type { Replica } from './ending.ts'

/** An agent that ended by itself is started again after this, milliseconds, as whoever watches over it does. */
const RESTART_MS = 1_000
/** How often an agent's membership looks who can be reached, and how long a silence is until a site counts as gone; milliseconds. */
const LOOK_MS = 500
const SUSPECT_MS = 3_000
/** When a client gives up, milliseconds. */
const CLIENT_MS = 10_000

/** One site: a machine, an application that outlives everything, and agents on it, one after the other. */
export class ReplicaSite {
  readonly name: string
  readonly machine: Machine
  readonly application: FakeApplication
  readonly #world: ReplicationWorld
  #agent: Agent | undefined
  #process: Process | undefined

  constructor(name: string, world: ReplicationWorld) {
    this.name = name
    this.#world = world
    const { time, plant } = world
    this.machine = new Machine(name, time, world.random.fork(), plant.disk ?? {})
    this.application = new FakeApplication({
      clock: {
        now: () => time.now,
        monotonic: () => time.now,
        after: (delayMs, fn) => time.after(delayMs, fn),
      },
      random: world.random.fork(),
      answerTakesMs: { min: 0, max: 30 },
      answerMs: 2_000,
      putCreates: false,
    })
  }

  get agent(): Agent | undefined {
    return this.#process?.isAlive === true ? this.#agent : undefined
  }

  async start(): Promise<void> {
    if (this.machine.isRunning) return
    try {
      await this.#start()
    } catch (error) {
      // A store that is damaged or fails ends the agent, and it is told already.
      if (!codeOf(error).startsWith('ERR_STORE_')) this.#world.defect(this.name, error)
    }
  }

  async #start(): Promise<void> {
    const world = this.#world
    const process = this.machine.boot()
    this.#process = process
    const store = this.machine.disk.open(process, error => this.#failed(process, error))
    const clock = this.machine.clock(process)
    const random = this.machine.fork()
    const incarnation = await nextIncarnation(store, clock, random)
    const network = this.#meeting(world.wire.attach(this.name, process))
    const { site } = world
    const reach = (other: string): Promise<Agent | undefined> =>
      process.ask(async () => {
        await world.sleep(world.wire.delay() * 2)
        return world.wire.connects(this.name, other) ? site(other).agent : undefined
      })
    const agent = await world.startAgent({
      site: this.name,
      incarnation,
      store: world.plant.store?.(store, this.name) ?? store,
      application: seenBy(process, world.plant.application?.(this.application, this.name) ?? this.application),
      clock,
      random,
      network: world.plant.network?.(network, this.name) ?? network,
      codec: world.codec,
      seal: world.sealOf(this.name),
      glue: world.glueOf(this.name),
      logger: this.#logger(process),
      onEvent: event => this.#told(event),
      isOpenTo: other => !world.closed.has(`${this.name} ${other}`),
      ...(world.siteKeys.areLost && { keyOf: (other: string) => world.siteKeys.knownAt(this.name, other) }),
      blobs: new MemoryBlobs(this.machine.bodies, {
        hash: simHash,
        maxBytes: () => this.machine.maxBodiesBytes,
        onWhole: (hash, content) => void world.ledger.bodies.set(hash, content),
      }),
      bodySource: simBodies(this.name, reach),
      reach,
    })
    this.#agent = agent
    this.#watchLinks(process, agent)
  }

  /** Who opens a conversation has a connection: both know each other's key. */
  #meeting(network: SyncNetwork): SyncNetwork {
    const { siteKeys } = this.#world
    return {
      open: async (other, signal) => {
        const channel = await network.open(other, signal)
        siteKeys.meet(this.name, other)
        return channel
      },
      serve: handler =>
        network.serve(channel => {
          siteKeys.meet(this.name, channel.site)
          handler(channel)
        }),
    }
  }

  /** Tells the agent who can be reached, as soon as a membership would notice. */
  #watchLinks(process: Process, agent: Agent): void {
    const { wire, sites, time, siteKeys } = this.#world
    const reachedAt = new Map<string, number>()
    const connected = new Set<string>()
    const keys = new Map<string, string>()
    const look = (): void => {
      for (const { name: other, machine } of sites) {
        if (other === this.name) continue
        const isReached = machine.isRunning && wire.connects(this.name, other)
        if (isReached) reachedAt.set(other, time.now)
        // Who has let a name go meets it anew, under the key that it has by then.
        if (keys.get(other) !== siteKeys.of(other)) connected.delete(other)
        if (isReached && !connected.has(other)) {
          connected.add(other)
          keys.set(other, siteKeys.of(other))
          siteKeys.meet(this.name, other)
          agent.connect(other)
        }
        if (connected.has(other) && time.now - (reachedAt.get(other) ?? 0) > SUSPECT_MS) {
          connected.delete(other)
          agent.disconnect(other)
        }
      }
      time.after(LOOK_MS, () => process.run(look))
    }
    look()
  }

  /** Ends the agent as `kill -9` does. */
  kill(): void {
    this.machine.kill()
    this.#agent = undefined
    this.#world.wire.detach(this.name)
  }

  /** Somebody else's turn with the machine: kills, changes it, and starts again. */
  async restart(afterMs: number, meanwhile: () => void = () => undefined): Promise<void> {
    this.kill()
    meanwhile()
    await this.#world.sleep(afterMs)
    await this.start()
  }

  /** Asks the agent on behalf of a client, which gives up after a while or when the agent ends. */
  async ask(words: string, what: (agent: Agent) => Promise<ClientAnswer>): Promise<void> {
    const world = this.#world
    const { agent } = this
    if (agent === undefined) return world.tell(`${words}: nobody answers`)
    const gaveUp = world.sleep(CLIENT_MS).then(() => undefined)
    try {
      const answer = await Promise.race([what(agent), gaveUp])
      if (answer === undefined) return world.tell(`${words}: no answer`)
      const { status, dot } = answer
      world.tell(`${words}: ${String(status)}${dot === undefined ? '' : ` as ${dot.site} ${String(dot.number)}`}`)
      if (dot !== undefined && status < 400) world.ledger.acknowledged.push({ site: this.name, words, dot })
    } catch (error) {
      world.tell(`${words}: ${codeOf(error)}`)
    }
  }

  /** What goes wrong with the next write. */
  breakApplication(fault: Fault): void {
    this.application.failNext(fault, ({ method }) => method !== 'GET' && method !== 'HEAD')
  }

  /** What there is of a name here. An agent that does not say it in time says nothing. */
  async look(name: ReplicantName): Promise<Replica> {
    const { agent } = this
    const shown = await Promise.race([this.#show(name, agent), this.#world.sleep(LOOK_MS)])
    const resource = this.application.read(name.service, this.#world.pathOf(name))
    return { site: this.name, replicant: shown?.replicant, resource, admits: shown?.admits, reason: shown?.reason }
  }

  async #show(name: ReplicantName, agent: Agent | undefined): Promise<Awaited<ReturnType<Agent['show']>> | undefined> {
    try {
      return await agent?.show(name, this.machine.disk.values)
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : ''
      this.#world.defect(this.name, `what is on its disk of ${name.name} cannot be read: ${String(error)}${cause}`)
      return undefined
    }
  }

  #told(event: ReplicationEvent): void {
    const { ledger, time } = this.#world
    if (event.kind === 'members') ledger.beliefs.learnt(this.name, event.replicant, event.members, time.now)
    if (event.kind === 'outcome' && (event.outcome === 'applied' || event.site !== this.name)) return
    if (event.kind === 'released') return
    const { kind, ...more } = event
    const details = Object.entries(more).filter(([key]) =>
      ['why', 'members', 'outcome', 'status', 'from', 'site'].includes(key),
    )
    this.#world.tell(`${this.name}: ${kind} ${details.map(([, value]) => String(value)).join(' ')}`)
  }

  #failed(process: Process, error: CheopsError): void {
    this.#world.tell(`the agent of ${this.name} ends: ${error.code} ${error.message}`)
    if (!process.isAlive) return
    void this.restart(RESTART_MS)
  }

  #logger(process: Process): Logger {
    const defect = (fields: Readonly<Record<string, unknown>>, message?: string): void => {
      const error = fields['error'] ?? message
      if (process.isAlive) this.#world.defect(this.name, error)
    }
    const logger: Logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: defect,
      child: () => logger,
    }
    return logger
  }
}

function seenBy(process: Process, application: Application): Application {
  return { request: async request => process.ask(async () => application.request(request)) }
}

function codeOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : (error.stack ?? error.message)
  return String(error)
}
