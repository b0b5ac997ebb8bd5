import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** The client's end of a request. */
export interface ClientSide {
  readonly request: IncomingMessage
  readonly answer: ServerResponse
  readonly hasBody: boolean
  /** The bare connection where the client asks for an upgrade, with what it has sent beyond its head. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | undefined
}
