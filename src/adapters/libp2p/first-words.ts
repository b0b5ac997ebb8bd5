import type { ConnectionProtector, MessageStream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { unheardEventsLeftOut } from './unheard-events.ts'

type Bytes = Uint8Array | Uint8ArrayList

/** What a side says first on each connection, once it is protected: the multistream header behind its length. */
const FIRST_WORDS = Buffer.from('\x13/multistream/1.0.0\n')

/** The first bytes of a connection are none of an agent with this key of the mesh. */
export class WrongMeshKeyError extends Error {
  override readonly name = 'WrongMeshKeyError'
}

/**
 * A protector of connections that ends those whose other side has another key of the mesh, or none, as soon as it speaks. What another key makes of its
 * first bytes is random, and in two of five cases looks like the length of something longer, for which the library waits until the dial is given
 * up: nobody could tell such a connection from a slow one.
 *
 * It reaches into the streams of `@libp2p/utils`. What does not look as expected is left alone, and the contract test tells.
 */
export function firstWordsChecked<C>(
  make: (components: C) => ConnectionProtector,
): (components: C) => ConnectionProtector {
  return components => {
    const protector = make(components)
    const protect = protector.protect.bind(protector)
    protector.protect = async (connection, options) => {
      const stream = check(await protect(connection, options))
      unheardEventsLeftOut(stream)
      return stream
    }
    return protector
  }
}

/** Of a mesh without a key. */
export function unprotected(): ConnectionProtector {
  return { protect: connection => Promise.resolve(connection) }
}

function check(stream: MessageStream): MessageStream {
  if (!isReceiving(stream)) return stream
  const receive = stream.onData.bind(stream)
  let expected: Buffer = FIRST_WORDS
  const isWrong = (data: Bytes): boolean => {
    const bytes = data.subarray(0, Math.min(data.byteLength, expected.length))
    const isSo = !expected.subarray(0, bytes.length).equals(bytes)
    expected = expected.subarray(bytes.length)
    return isSo
  }
  const end = (): void => stream.abort(new WrongMeshKeyError('it has another mesh key, or none, or is no agent'))
  stream.onData = data => {
    if (expected.length > 0 && isWrong(data)) end()
    else receive(data)
  }
  // What came while the nonces were exchanged.
  if (isWrong(stream.readBuffer)) end()
  return stream
}

interface ReceivingStream extends MessageStream {
  onData: (data: Bytes) => void
  readonly readBuffer: Uint8ArrayList
}

function isReceiving(stream: MessageStream): stream is ReceivingStream {
  return 'onData' in stream && typeof stream.onData === 'function' && 'readBuffer' in stream
}
