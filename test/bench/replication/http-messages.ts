/** One message of HTTP/1.1, as both ends of the benchmark read it. */
export interface HttpMessage {
  /** `PUT /items/x HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly first: string
  readonly body: Buffer
}

const HEAD_END = '\r\n\r\n'
const LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding:/i
/** Everything here is small: more is a mistake of the benchmark. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads messages out of a stream. It takes a twentieth of the time of node:http, so that generator and applications leave the
 * machine to what is measured; it knows only messages that say their length, which is what agents send here.
 */
export class HttpMessages {
  readonly #onMessage: (message: HttpMessage) => void
  #rest: Buffer | undefined

  constructor(onMessage: (message: HttpMessage) => void) {
    this.#onMessage = onMessage
  }

  /** @throws Error for what does not say its length */
  push(chunk: Buffer): void {
    let data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    while (data.length > 0) {
      const end = data.indexOf(HEAD_END)
      if (end < 0) break
      const head = data.toString('latin1', 0, end)
      const length = LENGTH.exec(head)
      if (length === null && CHUNKED.test(head)) throw new Error(`a message in chunks: ${head}`)
      const bodyAt = end + HEAD_END.length
      const next = bodyAt + Number(length?.[1] ?? 0)
      if (data.length < next) break
      const firstEnd = head.indexOf('\r\n')
      this.#onMessage({ first: firstEnd < 0 ? head : head.slice(0, firstEnd), body: data.subarray(bodyAt, next) })
      data = data.subarray(next)
    }
    if (data.length > MAX_BYTES) throw new Error('a message of more than a mebibyte')
    if (data.length > 0) this.#rest = data
  }
}

/** The bytes of a message with a body. */
export function httpMessage(first: string, headers: string, body: Buffer | string): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  const head = `${first}\r\n${headers}content-length: ${String(bytes.length)}${HEAD_END}`
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes])
}
