import type { Stream, StreamMuxer } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { SMALL_FRAME_BYTES } from './in-flight.ts'
import type { Turns } from './turns.ts'
import { unheardEventsLeftOut } from './unheard-events.ts'

/** Of streams that grow by them: round trips to their peers, milliseconds; undefined while none was measured. */
const roundTrips = new WeakMap<Stream, () => number | undefined>()

/**
 * Tames each stream of a muxer from its beginning, also those that the library opens for itself: gossip has two for each peer, and each heartbeat
 * was answered by a window update.
 *
 * It reaches into the muxer of `@libp2p/yamux`; the contract test tells when that has changed.
 */
export function tameStreamsOf(muxer: StreamMuxer, turns: Turns): void {
  if (!makesStreams(muxer)) return
  const make = muxer._newStream.bind(muxer)
  muxer._newStream = (...args) => {
    const stream = make(...args)
    tameStream(stream, turns)
    unheardEventsLeftOut(stream)
    return stream
  }
}

/** Tells the streams that wait that there is room. */
export function drainStreamsOf(muxer: StreamMuxer): void {
  for (const stream of muxer.streams) if (stream.writableNeedsDrain && isYamuxStream(stream)) stream.onMuxerDrain()
}

type MakingMuxer = StreamMuxer & { _newStream: (...args: readonly unknown[]) => Stream }

function makesStreams(muxer: StreamMuxer): muxer is MakingMuxer {
  return '_newStream' in muxer && typeof muxer._newStream === 'function'
}

/** @param roundTripMs the shortest round trip to the peer of the stream, by which its window grows; undefined while none was measured */
export function growByRoundTrips(stream: Stream, roundTripMs: () => number | undefined): void {
  roundTrips.set(stream, roundTripMs)
}

/**
 * Makes a yamux stream grant window and drain with measure; the library has no option for any of it.
 *
 * - It grants new window when half of it is used, as other implementations of yamux do. The library answers every data frame
 *   with a window update: twice the frames, encryptions and system calls for small messages.
 * - The window of streams that say their round trips (`growByRoundTrips`) grows only while it is what holds the sender back: half of it is used up within one round trip. The library
 *   lets it grow to its limit on any fast link, and then 4 MiB of one large body stand in the queue before every small message.
 *   Its own measure of a round trip is no help: one ping in the first, coldest moment of a connection.
 * - Only a stream that waits is told that the connection drains, and what sends much in its turn. The library tells all, two hundred idle ones for each 64 KB.
 * - Its frames are no longer than a message of noise. The library makes one of all that its window takes, and what comes behind waits for all of it.
 *
 * It reaches into the stream of `@libp2p/yamux`. What does not look as expected is left alone, and the contract test tells.
 */
function tameStream(stream: Stream, turns: Turns): void {
  if (!isYamuxStream(stream)) return
  const send = stream.sendData
  let isBulk = false
  stream.sendData = function sendData(this: YamuxStream, data) {
    isBulk = data.byteLength > SMALL_FRAME_BYTES
    // Also what it sends first, and after a new window: many bodies of one frame fill a way as well as a few long ones.
    if (isBulk && !turns.hasRoom()) return { sentBytes: 0, canSendMore: false }
    // What is left is sent next, if there is room.
    return send.call(this, data.byteLength > MAX_FRAME_BYTES ? data.sublist(0, MAX_FRAME_BYTES) : data)
  }
  const drain = stream.onMuxerDrain.bind(stream)
  stream.onMuxerDrain = function onMuxerDrain(this: YamuxStream): void {
    if (!this.writableNeedsDrain) return
    if (isBulk && this.writeBufferLength > 0) turns.take(drain)
    else drain()
  }
  const grant = stream.sendWindowUpdate
  let grantedAt = performance.now()
  stream.sendWindowUpdate = function sendWindowUpdate(this: YamuxStream): void {
    if (this.state !== ESTABLISHED) {
      grant.call(this)
      return
    }
    if (this.recvWindowCapacity > this.recvWindow / 2) return
    const roundTripMs = roundTrips.get(this)
    if (roundTripMs !== undefined) {
      const now = performance.now()
      const holdsBack = now - grantedAt < Math.max(roundTripMs() ?? 0, MIN_ROUND_TRIP_MS)
      grantedAt = now
      // The library doubles the window if less than four round trips have passed since then.
      this.epochStart = holdsBack ? Date.now() : 0
    }
    grant.call(this)
  }
}

/** A message of noise, less the frame's head. */
const MAX_FRAME_BYTES = 65_519 - 12
/** `StreamState.Established`. In earlier states a window update also opens the stream; paused ones get none anyway. */
const ESTABLISHED = 3
/** On loopback and in one rack messages wait for the agents' turns of their loops, not for the way. */
const MIN_ROUND_TRIP_MS = 0.25

interface YamuxStream extends Stream {
  state: number
  /** Bytes of the whole window, and what is left of it. */
  recvWindow: number
  recvWindowCapacity: number
  /** Wall clock of the last grant, milliseconds. */
  epochStart: number
  sendWindowUpdate: () => void
  onMuxerDrain: () => void
  sendData: (data: Uint8ArrayList) => { sentBytes: number; canSendMore: boolean }
}

function isYamuxStream(stream: Stream): stream is YamuxStream {
  const candidate = stream as Partial<Record<keyof YamuxStream, unknown>>
  return (
    typeof candidate.sendWindowUpdate === 'function' &&
    typeof candidate.onMuxerDrain === 'function' &&
    typeof candidate.sendData === 'function' &&
    [candidate.recvWindow, candidate.recvWindowCapacity, candidate.epochStart, candidate.state].every(
      field => typeof field === 'number',
    )
  )
}
