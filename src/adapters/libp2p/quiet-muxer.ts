import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

/**
 * A muxer whose connection may end beneath it without ending the process. The library answers pings, grants window and says
 * goodbye in event listeners and microtasks; when the connection has ended first, `send` throws there, where nobody can
 * catch it, and Node stops. Here what can no longer be sent is dropped, and the muxer and its streams end with the error.
 *
 * It reaches into the muxer of `@libp2p/yamux`; the contract test tells when that has changed.
 */
export function quietMuxer<C>(make: (components: C) => StreamMuxerFactory): (components: C) => StreamMuxerFactory {
  return components => {
    const factory = make(components)
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const muxer = create(connection)
      if (canSend(muxer)) hush(muxer, error => connection.abort(error))
      return muxer
    }
    return factory
  }
}

type SendingMuxer = StreamMuxer & { send: (data: unknown) => boolean }

function canSend(muxer: StreamMuxer): muxer is SendingMuxer {
  return 'send' in muxer && typeof muxer.send === 'function'
}

function hush(muxer: SendingMuxer, abortConnection: (error: Error) => void): void {
  const send = muxer.send.bind(muxer)
  muxer.send = data => {
    try {
      return send(data)
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      // Not within the library's own call: it goes on to use what would be gone.
      queueMicrotask(() => {
        if (muxer.status !== 'open') return
        muxer.abort(error)
        abortConnection(error)
      })
      return false
    }
  }
}
