import * as lp from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { CheopsError } from '../../src/errors.ts'
import { HEARTBEAT_LIMITS } from './limits.ts'
import type { Stream } from '@libp2p/interface'

/** Direct stream on every new connection, opened by whoever dialled. README.md says what passes over it. */
export const HELLO_PROTOCOL = '/cheops/heartbeat/1.0.0'
/** Streams of it that one connection may have open: one is enough, a repetition may overlap with it. */
export const MAX_HELLO_STREAMS = 4
/** For a hello to arrive once its stream is open: a megabyte over the slowest links. */
const READ_TIMEOUT_MS = 30_000

/** Sends a hello and brings the answer. The stream is closed or aborted afterwards. */
export async function askHello(stream: Stream, hello: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return guarded(stream, signal, async () => {
    stream.send(lp.encode.single(hello))
    const answer = await readFrame(stream)
    // That it is closed tells the other side that its answer was read. What was read counts, whatever becomes of the stream behind it.
    await stream.close({ signal }).catch((error: unknown) => stream.abort(asError(error)))
    return answer
  })
}

/** Reads a hello, has it answered and sends the answer. */
export async function answerHello(stream: Stream, answer: (hello: Uint8Array) => Promise<Uint8Array>): Promise<void> {
  const signal = AbortSignal.timeout(READ_TIMEOUT_MS)
  return guarded(stream, signal, async () => {
    stream.send(lp.encode.single(await answer(await readFrame(stream))))
    await stream.close({ signal })
  })
}

/** The one frame of a stream. More than the limit is refused by its length, before it is read. */
async function readFrame(stream: Stream): Promise<Uint8Array> {
  const frames = pipe(stream, source => lp.decode(source, { maxDataLength: HEARTBEAT_LIMITS.helloBytes }))
  for await (const frame of frames) return frame.subarray()
  throw new CheopsError('ERR_HEARTBEAT_MESSAGE', 'A hello stream ended before a message.')
}

/** Whatever goes wrong or takes too long ends the stream as an error, and every wait on it. */
async function guarded<T>(stream: Stream, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const onAbort = (): void => stream.abort(new Error('the hello took too long'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    return await work()
  } catch (error) {
    stream.abort(asError(error))
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
