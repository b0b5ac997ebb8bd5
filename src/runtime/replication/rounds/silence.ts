import { CheopsError } from '../../../errors.ts'
import { encodeJson } from '../store/encode-json.ts'
import { MAX_SILENT_SITES, SILENCE_STEP_MS, STEADY_MS } from '../limits.ts'
import type { Clock, TimerHandle } from '../../../ports/clock.ts'
import type { Store, StoreWrite } from '../../../ports/store.ts'

const PREFIX = 'replication/silent/'

/**
 * For how long other sites have not been heard. Counted while this agent runs, by the monotonic clock, and written down now and then:
 * neither a wall clock that jumps nor the time during which this agent was off makes anybody silent. What a crash loses is counted again.
 */
export class Silence {
  readonly #store: Store
  readonly #clock: Clock
  readonly #onFault: (error: unknown) => void
  /** When a site was heard first, without a break since, monotonic. */
  readonly #heardSince = new Map<string, number>()
  /** Milliseconds that others were silent. */
  readonly #silentMs = new Map<string, number>()
  /** Heard again while the disk was behind: their records go with the next step. */
  readonly #unsaid = new Set<string>()
  #steppedAt: number
  #timer: TimerHandle | undefined
  #isStopped = false

  /** @param onFault is told of what writing has thrown */
  constructor(store: Store, clock: Clock, onFault: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#onFault = onFault
    this.#steppedAt = clock.monotonic()
  }

  /**
   * Goes on counting where the last run ended.
   * @throws CheopsError ERR_STORE_CORRUPT, with which the store has failed; ERR_STORE_FAILED
   */
  async open(): Promise<void> {
    for await (const [key, value] of this.#store.iterate({ prefix: PREFIX })) {
      const site = key.slice(PREFIX.length)
      this.#silentMs.set(site, this.#silentMsIn(key, value))
    }
    this.#steppedAt = this.#clock.monotonic()
    this.#again()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** A site is heard. */
  heard(site: string): void {
    if (!this.#heardSince.has(site)) this.#heardSince.set(site, this.#clock.monotonic())
    if (!this.#silentMs.delete(site)) return
    this.#unsaid.add(site)
    this.#commit([])
  }

  /** It is not heard any more. */
  lost(site: string): void {
    this.#heardSince.delete(site)
    this.watch(site)
  }

  /** A member that may never have been heard: it is counted from now on. */
  watch(site: string): void {
    if (this.#heardSince.has(site) || this.#silentMs.has(site) || this.#silentMs.size >= MAX_SILENT_SITES) return
    this.#silentMs.set(site, 0)
  }

  /** For how long it was not heard, in milliseconds, up to the last step; 0 for one that is heard. */
  silentMs(site: string): number {
    return this.#silentMs.get(site) ?? 0
  }

  /** Whether it is heard, and has been for a while: when this site's own network comes back, some are heard a little before others. */
  isSteady(site: string): boolean {
    const since = this.#heardSince.get(site)
    return since !== undefined && this.#clock.monotonic() - since >= STEADY_MS
  }

  #again(): void {
    if (!this.#isStopped) this.#timer = this.#clock.after(SILENCE_STEP_MS, () => this.#step())
  }

  #step(): void {
    const now = this.#clock.monotonic()
    // A machine that slept has heard nobody, and nobody was silent for that.
    const passedMs = Math.min(now - this.#steppedAt, 2 * SILENCE_STEP_MS)
    this.#steppedAt = now
    const writes: StoreWrite[] = []
    for (const [site, before] of this.#silentMs) {
      const silentMs = before + passedMs
      this.#silentMs.set(site, silentMs)
      writes.push({
        kind: 'put',
        key: PREFIX + site,
        value: encodeJson({ version: 1, silentMs: Math.floor(silentMs) }),
      })
    }
    this.#commit(writes)
    this.#again()
  }

  /** Writes for how long others were silent, and that some are not any more. */
  #commit(writes: readonly StoreWrite[]): void {
    // The next step writes it again.
    if (this.#store.isFull) return
    const heard = [...this.#unsaid].filter(site => !this.#silentMs.has(site))
    this.#unsaid.clear()
    const all = [...heard.map(site => ({ kind: 'delete', key: PREFIX + site }) as const), ...writes]
    if (all.length > 0) this.#store.commit(all).catch(this.#onFault)
  }

  #silentMsIn(key: string, value: Uint8Array): number {
    try {
      const { silentMs } = JSON.parse(new TextDecoder().decode(value)) as { readonly silentMs?: unknown }
      if (typeof silentMs === 'number' && silentMs >= 0) return silentMs
    } catch {
      // Said below.
    }
    const error = new CheopsError('ERR_STORE_CORRUPT', 'For how long a site was silent cannot be read.', { key })
    this.#store.fail(error)
    throw error
  }
}
