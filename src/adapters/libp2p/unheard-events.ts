import type { MessageStream } from '@libp2p/interface'

/**
 * Has a stream, or a connection, make no event that nobody listens to. The library makes one ("idle") for each message that is sent, on each of the
 * layers that it passes: the stream, the encrypted connection, the socket's.
 *
 * It reaches into the streams of `@libp2p/utils`. What does not look as expected is left alone, and the contract test tells.
 */
export function unheardEventsLeftOut(stream: MessageStream): void {
  if (!isDispatching(stream)) return
  const dispatch = stream.safeDispatchEvent.bind(stream)
  // As dispatchEvent says where no listener has objected.
  stream.safeDispatchEvent = (type, detail) => stream.listenerCount(type) === 0 || dispatch(type, detail)
}

interface DispatchingStream extends MessageStream {
  safeDispatchEvent: (type: string, detail?: unknown) => boolean
  listenerCount: (type: string) => number
}

function isDispatching(stream: MessageStream): stream is DispatchingStream {
  const candidate = stream as Partial<Record<keyof DispatchingStream, unknown>>
  return typeof candidate.safeDispatchEvent === 'function' && typeof candidate.listenerCount === 'function'
}
