import { CheopsError } from '../../../src/errors.ts'
import type { SyncChannel, SyncCloseReason, SyncMessage } from '../../../src/ports/sync.ts'
import type { Process } from './process.ts'
import type { SyncWire } from './sync-wire.ts'

/** Messages of one direction that are under way or not read yet, at most: then `send` waits. */
const WINDOW_MESSAGES = 8

interface Owner {
  readonly site: string
  readonly process: Process
}

/** One end of a conversation in the simulation: messages are bytes on the way, arrive in order, and may be lost with all behind them. */
export class SimChannel {
  /** Whose end this is, and who is at the other. */
  readonly site: string
  readonly other: string
  /** What the agent sees of it. */
  readonly seen: SyncChannel
  onEnded: () => void = () => undefined
  readonly #wire: SyncWire
  readonly #closed = Promise.withResolvers<SyncCloseReason>()
  readonly #outgoing: (Uint8Array | SyncMessage)[] = []
  readonly #unread: SyncMessage[] = []
  /** The other end, once it is paired. */
  #peer: SimChannel = this
  #arrivesAt = 0
  #heardAt: number
  #underWay = 0
  #room: (() => void)[] = []
  #readable: (() => void) | undefined
  #reason: SyncCloseReason | undefined

  static pair(
    wire: SyncWire,
    near: Owner & { readonly role: 'sender' },
    far: Owner,
  ): readonly [near: SimChannel, far: SimChannel] {
    const a = new SimChannel(wire, near, far.site, 'sender')
    const b = new SimChannel(wire, far, near.site, 'receiver')
    a.#peer = b
    b.#peer = a
    return [a, b]
  }

  private constructor(wire: SyncWire, owner: Owner, other: string, role: SyncChannel['role']) {
    this.#wire = wire
    this.site = owner.site
    this.other = other
    this.#heardAt = wire.time.now
    const silentMs = (): number => wire.time.now - this.#heardAt
    this.seen = {
      site: other,
      role,
      send: message => owner.process.ask(async () => this.#send(message)),
      messages: owner.process.each({ [Symbol.asyncIterator]: () => this.#read() }),
      close: reason => owner.process.ask(async () => this.#close(reason)),
      closed: owner.process.guard(this.#closed.promise),
      get silentMs() {
        return silentMs()
      },
    }
  }

  get hasEnded(): boolean {
    return this.#reason !== undefined
  }

  /** The agent at this end is gone: the other notices when it can. */
  die(): void {
    this.#end('lost')
    const { time } = this.#wire
    const notice = (): void => {
      if (this.#peer.hasEnded) return
      if (this.#wire.connects(this.site, this.other)) this.#peer.#end('lost')
      else time.after(1_000, notice)
    }
    time.after(this.#wire.delay(), notice)
  }

  /** Both ends lose the conversation now, with what is under way. */
  lose(): void {
    this.#end('lost')
    this.#peer.#end('lost')
  }

  /** A link may pass again: carries on. */
  flow(): void {
    this.#carry()
  }

  async #send(message: SyncMessage): Promise<void> {
    while (this.#reason === undefined && this.#inWindow() >= WINDOW_MESSAGES)
      await new Promise<void>(resolve => this.#room.push(resolve))
    if (this.#reason !== undefined) throw ended(this.#reason)
    this.#post(message)
  }

  #post(message: SyncMessage): void {
    const { bytes } = this.#wire
    this.#wire.onSent(this.site, this.other, message)
    this.#outgoing.push(bytes === undefined ? message : bytes.encodeMessage(message))
    this.#carry()
  }

  #inWindow(): number {
    return this.#outgoing.length + this.#underWay + this.#peer.#unread.length
  }

  /** Puts what waits on the way, unless the link is cut: then it waits for `flow`. */
  #carry(): void {
    if (!this.#wire.passes(this.site, this.other)) return
    const { time, bytes } = this.#wire
    for (;;) {
      const next = this.#outgoing.shift()
      if (next === undefined) return
      this.#underWay++
      this.#arrivesAt = Math.max(this.#arrivesAt, time.now + this.#wire.delay())
      time.after(this.#arrivesAt - time.now, () => {
        this.#underWay--
        const message = next instanceof Uint8Array ? bytes?.decodeMessage(next) : next
        if (message !== undefined) this.#peer.#arrived(message)
      })
    }
  }

  #arrived(message: SyncMessage): void {
    if (this.#reason !== undefined) return
    this.#heardAt = this.#wire.time.now
    if (message.kind === 'goodbye') return this.#end(message.reason)
    this.#unread.push(message)
    this.#readable?.()
  }

  async *#read(): AsyncGenerator<SyncMessage> {
    for (;;) {
      const message = this.#unread.shift()
      if (message !== undefined) {
        this.#peer.#makeRoom()
        yield message
      } else if (this.#reason !== undefined) {
        if (this.#reason === 'done' || this.#reason === 'stopping') return
        throw ended(this.#reason)
      } else await new Promise<void>(resolve => (this.#readable = resolve))
    }
  }

  async #close(reason: SyncCloseReason): Promise<void> {
    if (this.#reason !== undefined) return
    this.#post({ kind: 'goodbye', reason })
    this.#end(reason)
  }

  #end(reason: SyncCloseReason): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    // What was lost on the way is not read any more; what has arrived is.
    if (reason === 'lost') this.#outgoing.length = 0
    this.#closed.resolve(reason)
    this.#readable?.()
    this.#makeRoom()
    this.onEnded()
  }

  #makeRoom(): void {
    for (const resolve of this.#room.splice(0)) resolve()
  }
}

function ended(reason: SyncCloseReason): CheopsError {
  return new CheopsError('ERR_SYNC_CLOSED', `The conversation has ended: ${reason}.`, { reason })
}
