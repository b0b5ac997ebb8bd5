import type { ServerResponse } from 'node:http'
import type { AgentControl, AgentEvent } from '../../../ports/control.ts'

/** Events kept for readers that come back: some minutes of a mesh where much happens. */
const KEPT_EVENTS = 1_000
/** What a reader may leave unread before it is cut off; it comes back with Last-Event-ID. */
const MAX_UNREAD_BYTES = 1_048_576
/** Below the idle time of common proxies (60 s), and soon enough to notice that a reader is gone. */
const KEEP_ALIVE_MS = 15_000

export interface EventQuery {
  /** How many of those that are kept come first. */
  readonly kept: number
  /** Whether new ones follow. */
  readonly follow: boolean
}

interface Numbered {
  readonly id: number
  readonly event: AgentEvent
}

/** Keeps the last events of an agent and hands new ones to readers. */
export class EventFeed {
  readonly #kept: Numbered[] = []
  readonly #readers = new Set<(entry: Numbered) => void>()
  readonly #stop: () => void
  // Beginning with the time, numbers stay ascending across restarts, so that a reader's Last-Event-ID never hides new events.
  #next = Date.now() * 1_000

  constructor(control: AgentControl) {
    this.#stop = control.onEvent(event => {
      const entry = { id: this.#next++, event }
      this.#kept.push(entry)
      if (this.#kept.length > KEPT_EVENTS) this.#kept.shift()
      for (const reader of this.#readers) reader(entry)
    })
  }

  /**
   * Sends events until the reader goes away or the feed is closed: those behind `lastEventId` as far as they are kept, or the last `kept`
   * ones, then new ones.
   */
  serve(response: ServerResponse, lastEventId: string | undefined, { kept, follow }: EventQuery): void {
    const write = (chunk: string) => {
      response.write(chunk)
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
    }
    const send = ({ id, event }: Numbered) => {
      write(`id: ${String(id)}\nevent: ${event.type}\ndata: ${JSON.stringify({ id, ...event })}\n\n`)
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    write(': events of a Cheops agent\n\n')
    const last = Number(lastEventId ?? Number.NaN)
    if (kept > 0 && lastEventId === undefined) for (const entry of this.#kept.slice(-kept)) send(entry)
    for (const entry of this.#kept) if (entry.id > last) send(entry)
    if (!follow) {
      response.end()
      return
    }
    this.#readers.add(send)
    const timer = setInterval(() => {
      write(': still here\n\n')
    }, KEEP_ALIVE_MS)
    response.once('close', () => {
      clearInterval(timer)
      this.#readers.delete(send)
    })
  }

  close(): void {
    this.#stop()
    this.#readers.clear()
  }
}
