import type { Connection } from '@libp2p/interface'
import { Silence } from './silence.ts'

const PING_PROTOCOL = '/ipfs/ping/1.0.0'
/** The protocol of libp2p's ping echoes 32 bytes. */
const PING_BYTES = 32

/**
 * One round trip over a connection, milliseconds.
 * @param timeoutMs for how long nothing at all may come over it; it throws then
 */
export async function ping(connection: Connection, timeoutMs: number): Promise<number> {
  using silence = new Silence(connection, timeoutMs)
  const { signal } = silence
  const stream = await connection.newStream(PING_PROTOCOL, { signal, runOnLimitedConnection: true })
  const onAbort = (): void => stream.abort(new Error('the ping was not answered'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const data = crypto.getRandomValues(new Uint8Array(PING_BYTES))
    const sentAt = performance.now()
    stream.send(data)
    let received = 0
    for await (const part of stream) {
      received += part.byteLength
      if (received >= PING_BYTES) break
    }
    signal.throwIfAborted()
    if (received < PING_BYTES) throw new Error('the ping was broken off')
    const rtt = performance.now() - sentAt
    await stream.close({ signal })
    return rtt
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)))
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
