/** One HTTP request that the client made, as its `--debug` output shows it: nothing that it sends is missing there. */
export interface ClientRequest {
  readonly origin: string
  readonly method: string
  /** Path and query as they stood in the request line. */
  readonly target: string
  readonly status: number
}

/** urllib3 logs each request, whatever library made it: `http://h:1 "GET /v3 HTTP/1.1" 200 250`. */
export function requestsOf(debugOutput: string): ClientRequest[] {
  return [...debugOutput.matchAll(/^(?:DEBUG: \S+ )?(https?:\/\/\S+) "([A-Z]+) (\S+) HTTP\/1\.[01]" (\d{3})/gm)].map(
    match => ({
      origin: match[1] as string,
      method: match[2] as string,
      target: match[3] as string,
      status: Number(match[4]),
    }),
  )
}

/** The scope in a target's prefix, decoded as often as it takes, undefined where there is none. */
export function scopeOf(target: string): string | undefined {
  const prefix = /^\/~([^/]*)\//.exec(target)?.[1]
  return prefix === undefined ? undefined : decodeURIComponent(prefix)
}
