import type { Stream } from '@libp2p/interface'

/**
 * Lets a yamux stream grant new window only when half of it is used, as other implementations of yamux do. The library
 * answers every data frame with a window update: twice the frames, encryptions and system calls for small messages.
 *
 * It reaches into the stream of `@libp2p/yamux`, since there is no option for it. What does not look as expected is left
 * alone, and the contract test tells.
 */
export function grantWindowLazily(stream: Stream): void {
  if (!isYamuxStream(stream)) return
  const grant = stream.sendWindowUpdate
  stream.sendWindowUpdate = function sendWindowUpdate(this: YamuxStream): void {
    if (this.state === ESTABLISHED && this.recvWindowCapacity > this.recvWindow / 2) return
    grant.call(this)
  }
}

/** `StreamState.Established`. In earlier states a window update also opens the stream; paused ones get none anyway. */
const ESTABLISHED = 3

interface YamuxStream extends Stream {
  state: number
  /** Bytes of the whole window, and what is left of it. */
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate: () => void
}

function isYamuxStream(stream: Stream): stream is YamuxStream {
  return (
    'sendWindowUpdate' in stream &&
    typeof stream.sendWindowUpdate === 'function' &&
    'recvWindow' in stream &&
    typeof stream.recvWindow === 'number' &&
    'recvWindowCapacity' in stream &&
    typeof stream.recvWindowCapacity === 'number' &&
    'state' in stream &&
    typeof stream.state === 'number'
  )
}
