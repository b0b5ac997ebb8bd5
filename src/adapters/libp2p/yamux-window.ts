import type { Stream } from '@libp2p/interface'

/**
 * Makes a yamux stream grant window with measure; the library has no option for either.
 *
 * - It grants new window when half of it is used, as other implementations of yamux do. The library answers every data frame
 *   with a window update: twice the frames, encryptions and system calls for small messages.
 * - The window grows only while it is what holds the sender back: half of it is used up within one round trip. The library
 *   lets it grow to its limit on any fast link, and then 4 MiB of one large body stand in the queue before every small message.
 *
 * It reaches into the stream of `@libp2p/yamux`. What does not look as expected is left alone, and the contract test tells.
 */
export function tameWindow(stream: Stream): void {
  if (!isYamuxStream(stream)) return
  const grant = stream.sendWindowUpdate
  let grantedAt = performance.now()
  stream.sendWindowUpdate = function sendWindowUpdate(this: YamuxStream): void {
    if (this.state !== ESTABLISHED) {
      grant.call(this)
      return
    }
    if (this.recvWindowCapacity > this.recvWindow / 2) return
    const now = performance.now()
    const holdsBack = now - grantedAt < Math.max(this.getRTT(), MIN_ROUND_TRIP_MS)
    grantedAt = now
    // The library doubles the window if less than four round trips have passed since then.
    this.epochStart = holdsBack ? Date.now() : 0
    grant.call(this)
  }
}

/** `StreamState.Established`. In earlier states a window update also opens the stream; paused ones get none anyway. */
const ESTABLISHED = 3
/** Round trips are measured in whole milliseconds: on loopback and in one rack they are 0. */
const MIN_ROUND_TRIP_MS = 0.25

interface YamuxStream extends Stream {
  state: number
  /** Bytes of the whole window, and what is left of it. */
  recvWindow: number
  recvWindowCapacity: number
  /** Wall clock of the last grant, milliseconds. */
  epochStart: number
  /** Milliseconds, -1 where it is not known. */
  getRTT: () => number
  sendWindowUpdate: () => void
}

function isYamuxStream(stream: Stream): stream is YamuxStream {
  const candidate = stream as Partial<Record<keyof YamuxStream, unknown>>
  return (
    typeof candidate.sendWindowUpdate === 'function' &&
    typeof candidate.getRTT === 'function' &&
    [candidate.recvWindow, candidate.recvWindowCapacity, candidate.epochStart, candidate.state].every(
      field => typeof field === 'number',
    )
  )
}
