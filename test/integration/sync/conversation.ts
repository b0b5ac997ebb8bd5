/** Two ends of a conversation over real streams, a clock that the test sets, and an end that says whatever bytes it likes. */
import { setImmediate } from 'node:timers/promises'
import { StreamChannel } from '../../../protocols/sync/channel.ts'
import { syncCodec } from '../../../protocols/sync/codec.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { SyncChannel, SyncMessage } from '../../../src/ports/sync.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'
import type { Stream } from '@libp2p/interface'

export const PARIS = '1763762400000-0000000000000001'
export const LYON = '1763762400000-0000000000000002'

export const hello: SyncMessage = {
  kind: 'hello',
  version: 0,
  site: 'paris',
  incarnation: PARIS,
  outboxes: [{ incarnation: PARIS, first: 1, next: 1 }],
}
export const welcome: SyncMessage = { kind: 'welcome', version: 0, site: 'lyon', incarnation: LYON, cursors: [] }
export const entries = (first: number, ...list: Uint8Array[]): SyncMessage => ({
  kind: 'entries',
  incarnation: PARIS,
  first,
  entries: list,
})

/** Stands until it is told to go on. */
export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ readonly at: number; readonly fn: () => void }>()

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(delayMs: number, fn: () => void) {
    const timer = { at: this.#now + delayMs, fn }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Lets the time pass, step by step, and what was sent meanwhile arrive. */
  async pass(ms: number, stepMs = 5_000): Promise<void> {
    const end = this.#now + ms
    while (this.#now < end) {
      this.#now = Math.min(end, this.#now + stepMs)
      const due = [...this.#timers].filter(({ at }) => at <= this.#now).toSorted((a, b) => a.at - b.at)
      for (const timer of due) if (this.#timers.delete(timer)) timer.fn()
      await turns(30)
    }
  }
}

/** What is under way on loopback arrives within a few turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

export interface Conversation {
  readonly sender: SyncChannel
  readonly receiver: SyncChannel
  readonly clock: ManualClock
}

/** `paris` has opened a conversation with `lyon`; nothing is said yet. */
export async function conversation(pair: Libp2pPair): Promise<Conversation> {
  const clock = new ManualClock()
  const { near, far } = await pair.open()
  return { sender: channel(near, 'sender', clock), receiver: channel(far, 'receiver', clock), clock }
}

/** The same after both have said their first word. */
export async function greeted(pair: Libp2pPair) {
  const both = await conversation(pair)
  const [toReceiver, toSender] = [read(both.receiver), read(both.sender)]
  await both.sender.send(hello)
  await toReceiver.next()
  await both.receiver.send(welcome)
  await toSender.next()
  return { ...both, toReceiver, toSender }
}

export function channel(stream: Stream, role: SyncChannel['role'], clock: Clock): SyncChannel {
  return new StreamChannel({ stream, role, clock, site: role === 'sender' ? 'lyon' : 'paris', codec: syncCodec })
}

export function read(end: SyncChannel): AsyncIterator<SyncMessage> {
  return end.messages[Symbol.asyncIterator]()
}

/** The reason of the error that the promise ends with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    value => ({ code: `no error, but ${JSON.stringify(value)}`, meta: {} }),
    (cause: unknown) => cause,
  )
  const { code, meta } = error as { code: unknown; meta: { reason?: unknown } }
  return code === 'ERR_SYNC_CLOSED' ? meta.reason : error
}

/** The receiver's end, of which the test holds the stream. */
export async function againstBytes(pair: Libp2pPair) {
  const clock = new ManualClock()
  const { near, far } = await pair.open()
  const heard: number[] = []
  near.addEventListener('message', ({ data }) => heard.push(...data.subarray()))
  return { stream: near, heard, receiver: channel(far, 'receiver', clock), clock }
}
