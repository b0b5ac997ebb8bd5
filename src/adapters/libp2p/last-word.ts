import type { Connection, Stream } from '@libp2p/interface'

/** For what was said last to be sent again where it was lost, and to be read on a busy machine; a reset takes as long as it on its way. */
const READ_WITHIN_MS = 2_000

/**
 * Resolves when the other side has read what it is told last on a connection, or has had the time to; to be called before it is told.
 *
 * A connection that is closed behind its last words may lose them: the other side goes on to speak (identify, gossip), its words meet a closed
 * socket, the system answers with a reset, and that overtakes what was not read yet. So who has to leave waits until the other side closes its end of
 * the stream, which it does when it has read the answer, or leaves by itself.
 */
export function untilRead(connection: Connection, stream: Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = (): void => resolve()
  const timer = setTimeout(done, READ_WITHIN_MS)
  connection.addEventListener('close', done, { once: true })
  // One that was closed behind the question says nothing of the answer.
  if (stream.remoteWriteStatus !== 'closed') {
    stream.addEventListener('remoteCloseWrite', done, { once: true })
    stream.addEventListener('close', done, { once: true })
  }
  return promise.finally(() => clearTimeout(timer))
}
