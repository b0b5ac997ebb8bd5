import { beatIntervalMs } from '../../core/liveness/beat-interval.ts'
import type { Beat, SignedRecord } from '../../core/membership/record.ts'
import type { MeshContext } from './options.ts'

/** Beats are spread over this part of the interval, so that the beats of a mesh do not come at once. */
const JITTER = 0.1

/** Sends this site's beats, and looks regularly at whose beats are missing. */
export class Beater {
  readonly #mesh: MeshContext
  readonly #own: () => SignedRecord | undefined
  readonly #incarnation: () => string
  readonly #cannotDial: () => readonly string[]
  #number = 0n

  constructor(
    mesh: MeshContext,
    own: () => SignedRecord | undefined,
    incarnation: () => string,
    cannotDial: () => readonly string[],
  ) {
    this.#mesh = mesh
    this.#own = own
    this.#incarnation = incarnation
    this.#cannotDial = cannotDial
  }

  start(): void {
    this.#tick()
    this.#schedule(0)
  }

  /**
   * The last beat of this run: all who hear it take this site for down at once.
   * @returns it, if there is one, and the peers that it was given to
   */
  async last(): Promise<{ readonly beat: Beat | undefined; readonly told: readonly string[] }> {
    const beat = this.#next(true)
    return { beat, told: beat === undefined ? [] : await this.#publish(beat) }
  }

  #tick(): void {
    const { view, life, times } = this.#mesh
    view.tick()
    life.after(times.tickMs, () => this.#tick())
  }

  #schedule(baseMs: number): void {
    const { life, random } = this.#mesh
    const spread = Math.max(baseMs, this.#intervalMs()) * JITTER
    life.after(baseMs + random.uniform() * spread, () => {
      this.#beat()
      this.#schedule(this.#intervalMs())
    })
  }

  #beat(): void {
    const beat = this.#next(false)
    if (beat !== undefined) void this.#publish(beat)
  }

  #publish(beat: Beat): Promise<readonly string[]> {
    const { network, codec } = this.#mesh
    return network.publish(codec.writeGossip({ kind: 'beat', beat }))
  }

  /** None before there is an own record. */
  #next(leaves: boolean): Beat | undefined {
    const { clock, view, loadPercent } = this.#mesh
    const own = this.#own()
    if (own === undefined) return undefined
    this.#number += 1n
    return {
      incarnation: this.#incarnation(),
      number: this.#number,
      recordNumber: own.record.number,
      sentAt: clock.now(),
      intervalMs: this.#intervalMs() * (1 + JITTER),
      rttMs: view.rtts(),
      cannotDial: this.#cannotDial(),
      loadPercent: loadPercent(),
      leaves,
    }
  }

  #intervalMs(): number {
    return beatIntervalMs(this.#mesh.view.table.sites.size, this.#mesh.options.beatIntervalMs)
  }
}
