import type { SeededRandom } from './seeded-random.ts'
import type { VirtualPeer } from './virtual-peer.ts'
import type { VirtualTime } from './virtual-time.ts'

/**
 * What lies between the peers: delay, loss, repetition, cuts of one direction or both. Hosts are named by their address
 * (`/ip4/10.0.0.1/tcp/4078`); at most one peer listens at each.
 */
export class Wire {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly #listeners = new Map<string, VirtualPeer>()
  readonly #cuts = new Set<string>()
  #delayMs: readonly [number, number] = [1, 20]
  /** Part of the gossip messages that are lost, and that come twice. */
  lossRate = 0
  repeatRate = 0

  constructor(time: VirtualTime, random: SeededRandom) {
    this.time = time
    this.random = random
  }

  setDelay(fromMs: number, toMs: number): void {
    this.#delayMs = [fromMs, toMs]
  }

  listen(address: string, peer: VirtualPeer): void {
    this.#listeners.set(address, peer)
  }

  unlisten(address: string, peer: VirtualPeer): void {
    if (this.#listeners.get(address) === peer) this.#listeners.delete(address)
  }

  listenerAt(address: string): VirtualPeer | undefined {
    return this.#listeners.get(address)
  }

  /** Cuts what goes from one site to another; the other direction is another cut. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  heal(from: string, to: string): void {
    this.#cuts.delete(`${from}>${to}`)
  }

  healAll(): void {
    this.#cuts.clear()
    this.#delayMs = [1, 20]
    this.lossRate = 0
    this.repeatRate = 0
  }

  /** Whether packets pass one way. */
  passes(from: string, to: string): boolean {
    return !this.#cuts.has(`${from}>${to}`)
  }

  /** Whether packets pass both ways, as every exchange needs. */
  connects(a: string, b: string): boolean {
    return this.passes(a, b) && this.passes(b, a)
  }

  /** Time of one way. */
  delay(): number {
    return this.random.between(...this.#delayMs)
  }
}
