import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { CheopsError } from '../../errors.ts'

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const gunzip: Decoder = promisify(zlib.gunzip)

const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', promisify(zlib.inflate) as Decoder],
  ['br', promisify(zlib.brotliDecompress) as Decoder],
  ['zstd', promisify(zlib.zstdDecompress) as Decoder],
])

/** More are nobody's: each is a pass over the body. */
const MAX_CODINGS = 4

/**
 * A body without its Content-Encoding.
 * @param encodings the header, undefined where there is none
 * @param maxBytes that it may have then
 * @throws CheopsError ERR_APPLICATION_ANSWER_TOO_LARGE above that, ERR_APPLICATION_INVALID for an encoding that cannot be undone
 */
export async function decodedBody(body: Buffer, encodings: string | undefined, maxBytes: number): Promise<Buffer> {
  let decoded = body
  const applied = (encodings ?? '')
    .split(',')
    .map(each => each.trim().toLowerCase())
    .filter(each => each !== '' && each !== 'identity')
  if (applied.length > MAX_CODINGS)
    throw new CheopsError('ERR_APPLICATION_INVALID', `the answer is encoded ${applied.length} times`)
  for (const encoding of applied.reverse()) {
    const decoder = DECODERS.get(encoding)
    if (decoder === undefined) {
      throw new CheopsError(
        'ERR_APPLICATION_INVALID',
        `the answer is encoded as ${encoding}, which this agent cannot undo`,
      )
    }
    try {
      decoded = await decoder(decoded, { maxOutputLength: maxBytes })
    } catch (cause) {
      if (cause instanceof RangeError) throw tooLarge(maxBytes)
      throw new CheopsError('ERR_APPLICATION_INVALID', `the answer is not ${encoding}, as it says`, {}, { cause })
    }
  }
  return decoded
}

export function tooLarge(maxBytes: number): CheopsError {
  return new CheopsError('ERR_APPLICATION_ANSWER_TOO_LARGE', `the answer has more than ${maxBytes} bytes`)
}
