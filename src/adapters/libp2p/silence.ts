import { socketOf } from './corked-tcp.ts'
import type { Connection } from '@libp2p/interface'

/** An answer that something else comes before, all the time, is not waited for without end. */
const LONGEST = 4
/** How often it is looked whether something has come, in the time that nothing may come. */
const LOOKS = 10

/**
 * Aborts when nothing at all has come over a connection for so long, or at the latest after four times that. What waits for an answer behind a large body,
 * or for what was lost on the way, waits on a connection that works.
 */
export class Silence implements Disposable {
  readonly signal: AbortSignal
  readonly #timer: NodeJS.Timeout

  /** @param timeoutMs of a connection through a relay, where only the answer itself is seen, from now on */
  constructor(connection: Connection, timeoutMs: number) {
    const silence = new AbortController()
    this.signal = silence.signal
    const startedAt = performance.now()
    let [bytes, heardAt] = [bytesOf(connection), startedAt]
    const look = (): void => {
      const now = performance.now()
      const received = bytesOf(connection)
      if (received !== bytes) [bytes, heardAt] = [received, now]
      if (now - heardAt < timeoutMs && now - startedAt < LONGEST * timeoutMs) return
      clearInterval(this.#timer)
      silence.abort(new DOMException('Nothing has come for too long.', 'TimeoutError'))
    }
    this.#timer = setInterval(look, Math.ceil(timeoutMs / LOOKS))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** What the other side has sent so far. The library keeps the way beneath a connection in a field that is not in its types. */
function bytesOf(connection: Connection): number | undefined {
  return 'maConn' in connection ? socketOf(connection.maConn as Parameters<typeof socketOf>[0])?.bytesRead : undefined
}
