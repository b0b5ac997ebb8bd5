import { nextAttemptInMs } from './backoff.ts'
import { dialTimeoutAfter } from './dial-patience.ts'
import type { DialFailure } from '../../ports/peer-network.ts'
import type { Greeter } from './greeter.ts'
import type { Link } from './links.ts'
import type { MeshContext } from './options.ts'
import type { PeerProblem } from './problems.ts'

/** How it stands with one address of `bootstrap`. */
export interface BootstrapStatus {
  readonly address: string
  /** The peer that answered last, and its site. */
  readonly peerId: string | undefined
  readonly site: string | undefined
  readonly attempts: number
  /** Wall clock, milliseconds; undefined before the first attempt. */
  readonly lastAttemptAt: number | undefined
  readonly result: BootstrapResult
  /** A sentence for people. */
  readonly detail: string
  /** The problem that is reported of it, if one is. */
  readonly problem: Problem | undefined
}

type Problem = Pick<PeerProblem, 'id' | 'subject'>

export type BootstrapResult =
  'never tried' | 'connected' | 'disconnected' | DialFailure | 'wrong-mesh' | 'refused-by-peer' | 'no-answer'

interface Entry {
  readonly address: string
  peerId: string | undefined
  attempts: number
  failures: number
  /** In a row, that reached somebody and were not finished in time. */
  unfinished: number
  lastAttemptAt: number | undefined
  result: BootstrapResult
  detail: string
  problem: Problem | undefined
}

/** What became of an attempt. */
type Outcome = Pick<Entry, 'result' | 'detail' | 'problem'>

/**
 * Dials the configured addresses until each has led to a site of the mesh, and again when that site is lost: for ever,
 * since an agent that was started first, or alone, or in a cut, must find the others without help.
 */
export class Bootstrapper {
  readonly #mesh: MeshContext
  readonly #greet: (link: Link) => ReturnType<Greeter['greet']>
  readonly #entries: readonly Entry[]

  constructor(mesh: MeshContext, greet: (link: Link) => ReturnType<Greeter['greet']>) {
    this.#mesh = mesh
    this.#greet = greet
    this.#entries = [...new Set(mesh.options.bootstrap)].map(address => ({
      address,
      peerId: undefined,
      attempts: 0,
      failures: 0,
      unfinished: 0,
      lastAttemptAt: undefined,
      result: 'never tried',
      detail: 'it was not tried yet',
      problem: undefined,
    }))
  }

  start(): void {
    for (const entry of this.#entries) this.#mesh.life.run(() => this.#attempt(entry))
  }

  status(): readonly BootstrapStatus[] {
    return this.#entries.map(entry => {
      const lost = entry.result === 'connected' && !this.#isConnected(entry)
      return {
        address: entry.address,
        peerId: entry.peerId,
        site: entry.peerId === undefined ? undefined : this.#mesh.view.siteOfPeer(entry.peerId),
        attempts: entry.attempts,
        lastAttemptAt: entry.lastAttemptAt,
        result: lost ? 'disconnected' : entry.result,
        detail: lost
          ? `the connection was lost; it is ${this.#isCut(entry) ? 'cut off' : 'dialled again'}`
          : entry.detail,
        problem: entry.problem,
      }
    })
  }

  async #attempt(entry: Entry): Promise<void> {
    const { life, clock, random } = this.#mesh
    // Nothing is tried, so nothing fails: it is looked at again as soon as ever.
    if (this.#isCut(entry)) entry.failures = 0
    else if (!this.#isConnected(entry)) {
      entry.attempts += 1
      entry.lastAttemptAt = clock.now()
      const outcome = await this.#dial(entry)
      const { result } = outcome
      entry.failures = result === 'connected' ? 0 : entry.failures + 1
      if (result === 'unfinished') entry.unfinished += 1
      else if (result !== 'timeout') entry.unfinished = 0
      this.#noteKey(entry.address, outcome)
      Object.assign(entry, outcome)
    }
    // A connected address is looked at again as often, so that a lost one is dialled within the cap.
    life.after(nextAttemptInMs(entry.failures, random), () => life.run(() => this.#attempt(entry)))
  }

  async #dial(entry: Entry): Promise<Outcome> {
    const { network, view, clock, options } = this.#mesh
    const timeoutMs = dialTimeoutAfter(entry, options.dialTimeoutMs)
    const dialled = await network.dial({ addresses: [entry.address], timeoutMs })
    if (!dialled.ok) {
      const { failure, detail } = dialled
      const problem = failure === 'handshake' ? ({ id: 'wrong-mesh-key', subject: entry.address } as const) : undefined
      return { result: failure, detail, problem }
    }
    const { peerId } = dialled.connection
    const isSame = peerId === entry.peerId
    entry.peerId = peerId
    const link = view.links.open(dialled.connection, clock.monotonic())
    const greeting = await this.#greet(link)
    if (greeting.ok) return { result: 'connected', detail: `it is site "${greeting.site}"`, problem: undefined }
    const { why, detail, problem } = greeting
    // What a peer has said holds until it says something else: that it does not answer now says nothing of that.
    if (why === 'no-answer' && isSame && wasRefused(entry)) return entry
    return { result: why === 'refused' ? 'refused-by-peer' : why, detail, problem }
  }

  /** TCP is accepted and ends in the handshake: nearly always another key of the mesh. What was not finished in time says nothing. */
  #noteKey(address: string, { result, detail }: Outcome): void {
    const { problems } = this.#mesh.view
    if (result === 'unfinished') return
    if (result === 'handshake') {
      problems.report('wrong-mesh-key', address, `${address}: ${detail}`, this.#mesh.clock.now())
    } else {
      problems.clear('wrong-mesh-key', address)
    }
  }

  #isCut({ peerId }: Entry): boolean {
    const { cuts } = this.#mesh
    return peerId === undefined ? cuts.of(undefined) !== undefined : cuts.hasPeer(peerId)
  }

  #isConnected(entry: Entry): boolean {
    if (entry.result === 'self') return true
    return entry.peerId !== undefined && this.#mesh.view.links.best(entry.peerId) !== undefined
  }
}

const wasRefused = ({ result }: Outcome): boolean => result === 'refused-by-peer' || result === 'wrong-mesh'
