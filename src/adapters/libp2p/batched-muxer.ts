import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { unheardEventsLeftOut } from './unheard-events.ts'
import { tameStreamsOf } from './yamux-stream.ts'

/**
 * A muxer that sends the frames of one turn of the event loop together. Under load a turn serves many sockets, of clients on
 * one side and of the application on the other: their frames become one message of noise and one write to the connection
 * between the agents, in place of one each. A single request waits for nothing but the end of its own turn.
 *
 * It reaches into the muxer of `@libp2p/yamux`; the contract test tells when that has changed.
 */
export function batchedMuxer<C>(make: (components: C) => StreamMuxerFactory): (components: C) => StreamMuxerFactory {
  return components => {
    const factory = make(components)
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const muxer = create(connection)
      if (canSend(muxer)) batch(muxer, connection)
      unheardEventsLeftOut(connection)
      tameStreamsOf(muxer)
      return muxer
    }
    return factory
  }
}

type SendingMuxer = StreamMuxer & { send: (data: Uint8Array | Uint8ArrayList) => boolean }

function canSend(muxer: StreamMuxer): muxer is SendingMuxer {
  return 'send' in muxer && typeof muxer.send === 'function'
}

/** What is held back at most: one message of noise. More gains nothing. */
const MAX_HELD_BYTES = 65_519

function batch(muxer: SendingMuxer, connection: MessageStream): void {
  const send = muxer.send.bind(muxer)
  const close = muxer.close.bind(muxer)
  let held = new Uint8ArrayList()
  let scheduled = false
  const flush = (): boolean => {
    if (held.byteLength === 0) return !connection.writableNeedsDrain
    const data = held
    held = new Uint8ArrayList()
    return send(data)
  }
  const flushAtEnd = (): void => {
    scheduled = false
    // What ended the connection meanwhile has ended all streams on it.
    if (connection.status === 'open') flush()
  }
  muxer.send = data => {
    held.append(data)
    if (held.byteLength >= MAX_HELD_BYTES) return flush()
    if (!scheduled) {
      scheduled = true
      setImmediate(flushAtEnd)
    }
    return !connection.writableNeedsDrain
  }
  muxer.close = async options => {
    await close(options)
    // The connection is closed next: what streams and muxer have said last must be on it before.
    flush()
  }
}
