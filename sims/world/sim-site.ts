import { createHeartbeatCodec } from '../../protocols/heartbeat/codec.ts'
import { MeshMembership } from '../../src/runtime/membership/mesh-membership.ts'
import { MemoryStore } from './memory-store.ts'
import { VirtualPeer } from './virtual-peer.ts'
import type { RecordKeys } from '../../protocols/heartbeat/keys.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { HeartbeatCodec } from '../../src/ports/heartbeat-codec.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { MembershipChange } from '../../src/ports/membership.ts'
import type { PeerNetwork } from '../../src/ports/peer-network.ts'
import type { Store } from '../../src/ports/store.ts'
import type { PeerObserver } from './virtual-peer.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Wire } from './wire.ts'

/** Wall clock at the beginning of every world, Unix milliseconds. */
const EPOCH_MS = 1_760_000_000_000

/** What a planted bug may put in place of what a site is made with. */
export interface Plant {
  readonly network?: (network: PeerNetwork, site: string) => PeerNetwork
  readonly codec?: (codec: HeartbeatCodec, site: string) => HeartbeatCodec
  readonly store?: (store: Store, site: string) => Store
  readonly beatIntervalMs?: number
}

export interface SiteObserver extends PeerObserver {
  onChange(site: string, change: MembershipChange): void
  onStarted(site: string): void
  /** A disk was lost or set back: its site may forget what it knew. */
  onDiskChanged(site: string): void
  /** The membership threw, or logged an error: always a defect. */
  onDefect(site: string, error: unknown): void
}

/** One site: a machine with a disk and a clock, on which an agent is started, stopped, killed and started again. */
export class SimSite {
  readonly name: string
  readonly keys: RecordKeys & { readonly peerId: string }
  readonly #wire: Wire
  readonly #random: SeededRandom
  readonly #observer: SiteObserver
  readonly #plant: Plant
  readonly #bootstrap: readonly string[]
  readonly #mesh: string
  #disk = new Map<string, Uint8Array>()
  #run: { peer: VirtualPeer; membership: MeshMembership } | undefined
  #suspended = false
  #backlog: (() => void)[] = []
  address: string
  clockOffsetMs = 0

  constructor(
    who: { name: string; keys: RecordKeys & { readonly peerId: string }; address: string },
    mesh: { name: string; bootstrap: readonly string[] },
    wire: Wire,
    random: SeededRandom,
    observer: SiteObserver,
    plant: Plant,
  ) {
    this.name = who.name
    this.keys = who.keys
    this.address = who.address
    this.#mesh = mesh.name
    this.#bootstrap = mesh.bootstrap
    this.#wire = wire
    this.#random = random
    this.#observer = observer
    this.#plant = plant
  }

  get membership(): MeshMembership | undefined {
    return this.#run?.membership
  }

  get peer(): VirtualPeer | undefined {
    return this.#run?.peer
  }

  get isRunning(): boolean {
    return this.#run !== undefined && !this.#suspended
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    this.#suspended = false
    const token = { alive: true }
    const process = (fn: () => void): void => {
      if (!token.alive) return
      if (this.#suspended) this.#backlog.push(() => token.alive && fn())
      else fn()
    }
    this.#token = token
    const { peerId } = this.keys
    const peer = new VirtualPeer(
      this.#wire,
      { site: this.name, peerId, address: this.address },
      process,
      this.#observer,
    )
    const codec = createHeartbeatCodec(this.keys)
    const store = new MemoryStore(this.#disk)
    const membership = new MeshMembership(
      {
        mesh: this.#mesh,
        site: this.name,
        labels: {},
        services: [],
        version: '0',
        bootstrap: this.#bootstrap,
        beatIntervalMs: this.#plant.beatIntervalMs ?? 1_000,
        dialTimeoutMs: 5_000,
        times: { tickMs: 500 },
      },
      {
        network: this.#plant.network?.(peer, this.name) ?? peer,
        codec: this.#plant.codec?.(codec, this.name) ?? codec,
        store: this.#plant.store?.(store, this.name) ?? store,
        clock: this.#clock(process),
        random: this.#random.fork(),
        logger: this.#logger(),
        loadPercent: () => 0,
      },
    )
    membership.onChange(change => token.alive && this.#observer.onChange(this.name, change))
    this.#run = { peer, membership }
    await membership.load()
    await membership.start()
    this.#observer.onStarted(this.name)
  }
  #token = { alive: false }

  /** Ends the process as `kill -9` does: nothing of it runs any more, its disk stays. */
  kill(): void {
    this.#token.alive = false
    this.#run?.peer.die()
    this.#run = undefined
    this.#suspended = false
    this.#backlog = []
  }

  /** What a stop in order begins with; the process is there until it is killed. */
  sayGoodbye(): void {
    if (this.isRunning) void this.#run?.membership.sayGoodbye()
  }

  /** Stops the process without ending it (SIGSTOP, a sleeping laptop, a virtual machine that is moved). */
  suspend(): void {
    if (this.#run !== undefined) this.#suspended = true
  }

  resume(): void {
    this.#suspended = false
    for (const fn of this.#backlog.splice(0)) fn()
  }

  /** The disk is gone but for the key, which lies beside it. */
  loseDisk(): void {
    this.#disk = new Map()
    this.#observer.onDiskChanged(this.name)
  }

  /** What is on the disk now; `restoreDisk` brings it back, as a backup would. */
  copyDisk(): Map<string, Uint8Array> {
    return new Map(this.#disk)
  }

  restoreDisk(copy: Map<string, Uint8Array>): void {
    this.#disk = new Map(copy)
    this.#observer.onDiskChanged(this.name)
  }

  move(address: string): void {
    this.address = address
    this.#run?.peer.move(address)
  }

  #clock(process: (fn: () => void) => void): Clock {
    const { time } = this.#wire
    return {
      now: () => EPOCH_MS + time.now + this.clockOffsetMs,
      monotonic: () => time.now,
      after: (delayMs, fn) => time.after(delayMs, () => process(fn)),
    }
  }

  #logger(): Logger {
    const defect = (fields: Readonly<Record<string, unknown>>): void => {
      this.#observer.onDefect(this.name, fields['error'])
    }
    const logger: Logger = {
      debug: () => undefined,
      info: () => undefined,
      // Problems of the mesh are what the simulation makes; any other warning is a defect.
      warn: fields => {
        if (fields['problem'] === undefined) defect(fields)
      },
      error: defect,
      child: () => logger,
    }
    return logger
  }
}
