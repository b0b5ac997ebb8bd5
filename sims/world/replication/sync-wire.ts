import { CheopsError } from '../../../src/errors.ts'
import { SimChannel } from './sim-channel.ts'
import type { SyncChannel, SyncCodec, SyncMessage, SyncNetwork } from '../../../src/ports/sync.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { Process } from './process.ts'

/** What messages go through: the real codec, where there is one. */
export type MessageBytes = Pick<SyncCodec, 'encodeMessage' | 'decodeMessage'>

export interface WireFaults {
  /** How long a message takes, milliseconds, drawn for each; the order within a conversation stays. */
  delayMs: readonly [from: number, to: number]
}

/** How long a link is cut until the conversations on it are given up at each end, milliseconds; as long do attempts to open one take. */
const GIVEN_UP_AFTER_MS = [3_000, 8_000] as const

/**
 * What carries conversations between sites. Within one direction of a conversation everything stays in order; conversations overtake
 * each other. A link that is cut holds messages back, and loses them with the conversation when the cut lasts.
 */
export class SyncWire {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly bytes: MessageBytes | undefined
  readonly faults: WireFaults = { delayMs: [1, 20] }
  /** Sees what agents say to each other, whether it arrives or not. */
  onSent: (from: string, to: string, message: SyncMessage) => void = () => undefined
  readonly #ends = new Map<string, End>()
  readonly #channels = new Set<SimChannel>()
  readonly #cuts = new Set<string>()

  constructor(time: VirtualTime, random: SeededRandom, bytes?: MessageBytes) {
    this.time = time
    this.random = random
    this.bytes = bytes
  }

  /** The network as one run of a site's agent sees it. */
  attach(site: string, process: Process): SyncNetwork {
    const end: End = { process, handler: undefined }
    this.#ends.set(site, end)
    return {
      open: async (other, signal) => process.ask(async () => this.#open({ site, process }, other, signal)),
      serve: async handler => {
        if (end.handler !== undefined) throw new RangeError(`${site} serves already`)
        end.handler = handler
        return async () => {
          end.handler = undefined
        }
      },
    }
  }

  /** The site's agent has ended: its conversations are lost, as soon as the others can notice. */
  detach(site: string): void {
    this.#ends.delete(site)
    for (const channel of this.#channels) if (channel.site === site) channel.die()
  }

  /** Cuts what goes from one site to another; the other direction is another cut. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
    for (const channel of this.#channels) {
      if (!isBetween(channel, from, to)) continue
      this.time.after(this.random.between(...GIVEN_UP_AFTER_MS), () => {
        if (!this.connects(from, to)) channel.lose()
      })
    }
  }

  heal(from: string, to: string): void {
    this.#cuts.delete(`${from}>${to}`)
    for (const channel of this.#channels) channel.flow()
  }

  healAll(): void {
    this.#cuts.clear()
    this.faults.delayMs = [1, 20]
    for (const channel of this.#channels) channel.flow()
  }

  /** Breaks every conversation between two sites off, with what is under way. */
  lose(a: string, b: string): void {
    for (const channel of this.#channels) if (isBetween(channel, a, b)) channel.lose()
  }

  /** Whether what is sent arrives. */
  passes(from: string, to: string): boolean {
    return !this.#cuts.has(`${from}>${to}`)
  }

  connects(a: string, b: string): boolean {
    return this.passes(a, b) && this.passes(b, a)
  }

  delay(): number {
    return this.random.between(...this.faults.delayMs)
  }

  async #open(from: Opener, to: string, signal: AbortSignal): Promise<SyncChannel> {
    await this.#wait(this.delay(), signal)
    if (!this.connects(from.site, to)) {
      await this.#wait(this.random.between(...GIVEN_UP_AFTER_MS), signal)
      throw unreachable(to)
    }
    const end = this.#ends.get(to)
    if (end?.handler === undefined) throw unreachable(to)
    const [near, far] = SimChannel.pair(this, { ...from, role: 'sender' }, { site: to, process: end.process })
    const ended = (): void => {
      this.#channels.delete(near)
      this.#channels.delete(far)
    }
    for (const channel of [near, far]) {
      this.#channels.add(channel)
      channel.onEnded = () => {
        if (near.hasEnded && far.hasEnded) ended()
      }
    }
    const { handler } = end
    end.process.run(() => handler(far.seen))
    return near.seen
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason instanceof Error ? signal.reason : unreachable('the site'))
      if (signal.aborted) return giveUp()
      const timer = this.time.after(ms, resolve)
      signal.addEventListener('abort', () => {
        timer.cancel()
        giveUp()
      })
    })
  }
}

interface End {
  readonly process: Process
  handler: ((channel: SyncChannel) => void) | undefined
}

interface Opener {
  readonly site: string
  readonly process: Process
}

/** Each end counts for one side; both are asked. */
function isBetween({ site, other }: SimChannel, a: string, b: string): boolean {
  return (site === a && other === b) || (site === b && other === a)
}

function unreachable(site: string): CheopsError {
  return new CheopsError('ERR_SITE_UNREACHABLE', `${site} cannot be reached.`)
}
