import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { InFlight, echoOf } from './in-flight.ts'
import { Turns } from './turns.ts'
import { unheardEventsLeftOut } from './unheard-events.ts'
import { drainStreamsOf, tameStreamsOf } from './yamux-stream.ts'

/**
 * A muxer that sends the frames of one turn of the event loop together. Under load a turn serves many sockets, of clients on
 * one side and of the application on the other: their frames become one message of noise and one write to the connection
 * between the agents, in place of one each. A single request waits for nothing but the end of its own turn. And no more is sent than the way carries (`InFlight`).
 *
 * It reaches into the muxer of `@libp2p/yamux`; the contract test tells when that has changed.
 */
export function batchedMuxer<C>(make: (components: C) => StreamMuxerFactory): (components: C) => StreamMuxerFactory {
  return components => {
    const factory = make(components)
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const muxer = create(connection)
      const echo = echoOf(muxer)
      const inFlight = echo && new InFlight(echo, () => drainStreamsOf(muxer))
      if (canSend(muxer)) batch(muxer, connection, inFlight)
      unheardEventsLeftOut(connection)
      tameStreamsOf(muxer, new Turns(() => inFlight?.hasRoom() ?? true))
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

function batch(muxer: SendingMuxer, connection: MessageStream, inFlight: InFlight | undefined): void {
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
  const append = (data: Uint8Array | Uint8ArrayList): boolean => {
    held.append(data)
    if (held.byteLength >= MAX_HELD_BYTES) return flush()
    if (!scheduled) {
      scheduled = true
      setImmediate(flushAtEnd)
    }
    return !connection.writableNeedsDrain
  }
  muxer.send = data => {
    const { byteLength } = data
    const canTake = append(data)
    // Behind what it counts: what it sends itself tells where that has come to.
    return (inFlight?.send(byteLength) ?? true) && canTake
  }
  muxer.close = async options => {
    await close(options)
    // The connection is closed next: what streams and muxer have said last must be on it before.
    flush()
  }
}
