/** Who asks for the state of a replicant, and who is answered. README.md says what passes over the stream. */
import * as lp from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { CheopsError } from '../../src/errors.ts'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './codec.ts'
import { bad } from './fields.ts'
import {
  ANSWER_TIMEOUT_MS,
  ASK_TIMEOUT_MS,
  MAX_ASKS_TOGETHER,
  MAX_STATE_STREAMS,
  STATE_LIMITS,
  STATE_PROTOCOL,
} from './limits.ts'
import type { Stream } from '@libp2p/interface'
import type { ReplicantName } from '../../src/core/oplog/index.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { PeerTransport } from '../../src/ports/transport.ts'
import type { ToldState } from './codec.ts'

export interface StateExchangeParts {
  readonly transport: PeerTransport
  readonly clock: Clock
  readonly logger: Logger
  /** The site that a peer has proved to be, undefined for one that is no member of the mesh. */
  readonly siteOfPeer: (peerId: string) => string | undefined
  /** How a replicant stands here; undefined for what is not replicated here. */
  readonly statusOf: (
    replicant: ReplicantName,
  ) => Promise<{ readonly members: readonly string[]; readonly state: string } | undefined>
  /** What is told of it to a site; undefined while something is left to do here, and where the site asks for too many. */
  readonly stateFor: (replicant: ReplicantName, site: string) => Promise<ToldState | undefined>
}

/** Errors of the answering site that mean no more than "not now". */
const NOT_NOW: ReadonlySet<string> = new Set(['ERR_REPLICANT_BUSY', 'ERR_AGENT_STOPPING'])

/** Asks other members for their state of a replicant, and answers theirs. */
export class StateExchange {
  readonly #parts: StateExchangeParts
  /** What ends each exchange that is under way. */
  readonly #ends = new Set<AbortController>()
  #asking = 0
  #isStopped = false

  constructor(parts: StateExchangeParts) {
    this.#parts = parts
  }

  /** Answers from now on. */
  start(): Promise<void> {
    return this.#parts.transport.serve(
      STATE_PROTOCOL,
      { maxInboundStreams: MAX_STATE_STREAMS },
      (stream, peerId) => void this.#serve(stream, this.#parts.siteOfPeer(peerId)),
    )
  }

  /** Neither asks nor answers any more; what is under way ends without an answer. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const end of this.#ends) end.abort()
    await this.#parts.transport.unserve(STATE_PROTOCOL)
  }

  /**
   * What a site tells of a replicant; undefined when it has nothing to tell, cannot be reached, does not answer in time, or says
   * what breaks the protocol; also when too many questions are under way: who asks tries again later. Never throws for what a peer or
   * a network does.
   */
  async ask(site: string, replicant: ReplicantName): Promise<ToldState | undefined> {
    const { transport, logger } = this.#parts
    if (this.#asking >= MAX_ASKS_TOGETHER) return undefined
    this.#asking++
    try {
      const request = encodeRequest(replicant)
      const answer = await this.#within(ASK_TIMEOUT_MS, async signal => {
        const stream = await transport.openStream(site, STATE_PROTOCOL, signal)
        return guarded(stream, signal, async () => {
          stream.send(lp.encode.single(request))
          const bytes = await readFrame(stream, STATE_LIMITS.answerBytes)
          await stream.close({ signal })
          return bytes
        })
      })
      return decodeAnswer(answer)
    } catch (error) {
      logger.debug({ site, replicant, error: String(error) }, 'a state was not told')
      return undefined
    } finally {
      this.#asking--
    }
  }

  async #serve(stream: Stream, site: string | undefined): Promise<void> {
    // A stranger is sent away before a byte of it is read.
    if (site === undefined) return stream.abort(new Error('not a member'))
    try {
      await this.#within(ANSWER_TIMEOUT_MS, signal =>
        guarded(stream, signal, async () => {
          const replicant = decodeRequest(await readFrame(stream, STATE_LIMITS.requestBytes))
          stream.send(lp.encode.single(await this.#answer(site, replicant)))
          await stream.close({ signal })
        }),
      )
    } catch (error) {
      this.#parts.logger.debug({ site, error: String(error) }, 'a question for a state was not answered')
    }
  }

  async #answer(site: string, replicant: ReplicantName): Promise<Uint8Array> {
    const { statusOf, stateFor, logger } = this.#parts
    const status = await statusOf(replicant)
    // Who is no member learns no more than of what there is not. One that is busy or waits itself is not waited for.
    if (status === undefined || !status.members.includes(site) || status.state !== 'agrees')
      return encodeAnswer(undefined)
    try {
      return encodeAnswer(await stateFor(replicant, site))
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      if (error.code === 'ERR_STATE_MESSAGE') {
        logger.warn({ site, replicant, error: error.message }, 'a state cannot be told to another member')
        return encodeAnswer(undefined)
      }
      if (NOT_NOW.has(error.code)) return encodeAnswer(undefined)
      throw error
    }
  }

  /** Gives the work a signal that aborts when the time is over or the exchange stops. */
  async #within<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const end = new AbortController()
    if (this.#isStopped) end.abort()
    this.#ends.add(end)
    const timer = this.#parts.clock.after(timeoutMs, () => end.abort())
    try {
      end.signal.throwIfAborted()
      return await work(end.signal)
    } finally {
      timer.cancel()
      this.#ends.delete(end)
    }
  }
}

/** The one frame of a stream. More than the limit is refused by its length, before it is read. */
async function readFrame(stream: Stream, maxBytes: number): Promise<Uint8Array> {
  const frames = pipe(stream, source => lp.decode(source, { maxDataLength: maxBytes }))
  for await (const frame of frames) return frame.subarray()
  throw bad('a stream ended before a message')
}

/** Whatever goes wrong or takes too long ends the stream as an error, and every wait on it. */
async function guarded<T>(stream: Stream, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  // What the work itself waits for may not end with the stream.
  aborted.promise.catch(() => undefined)
  const onAbort = (): void => {
    const reason = new Error('it took too long, or the agent stops')
    stream.abort(reason)
    aborted.reject(reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work(), aborted.promise])
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)))
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
