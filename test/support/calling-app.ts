import { once } from 'node:events'
import http from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** An application for tests of sharing. It knows nothing of Cheops: it answers with what it saw and what its own call gave. */
export interface CallingApp {
  readonly port: number
  /** Heads of the requests that it got. */
  readonly seen: { readonly url: string; readonly headers: IncomingHttpHeaders }[]
  stop(): Promise<void>
}

export interface Call {
  readonly port: number
  /** Path, or absolute URL where the agent is the HTTP proxy. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What an application of these answers. */
export interface Told {
  /** Which instance answered. */
  readonly by: string
  readonly url: string
  /** What the instance got from its own call, if it made one. */
  readonly called?: { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Told }
}

/** @param call what the application calls for a request before it answers; undefined for none */
export async function callingApp(
  by: string,
  call: (request: IncomingMessage) => Promise<Call | undefined> | Call | undefined = () => undefined,
): Promise<CallingApp> {
  const seen: CallingApp['seen'] = []
  const serve = async (request: IncomingMessage): Promise<Told> => {
    const url = request.url ?? ''
    seen.push({ url, headers: request.headers })
    const made = await call(request)
    return made === undefined ? { by, url } : { by, url, called: await ask(made) }
  }
  const server = http.createServer((request, answer) => {
    serve(request).then(
      told => answer.setHeader('Content-Type', 'application/json').end(JSON.stringify(told)),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Asks once, on a connection of its own. */
export async function ask({ port, path, headers = {} }: Call): Promise<NonNullable<Told['called']>> {
  const request = http.get({ host: '127.0.0.1', port, path, headers: { ...headers }, agent: false })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: (await json(answer)) as Told }
}

/** The headers of `names` that a request carries: what an application passes on. */
export function passOn(request: IncomingMessage, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = request.headers[name]
      return value === undefined ? [] : [[name, String(value)]]
    }),
  )
}
