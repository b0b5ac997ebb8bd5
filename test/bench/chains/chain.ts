import type { Processes } from '../processes.ts'
import type { Tools } from '../tools.ts'

/** All ways to the service that are compared; `describe` says what each is made of. */
export const CHAINS = {
  direct: 'client → service (nginx)',
  'pass-through': 'client → agent → service',
  'node-proxy': 'client → bare Node proxy of http.request → service',
  forwarded: 'client → agent → noise → agent → service',
  nginx: 'client → nginx → mTLS → nginx → service',
  envoy: 'client → Envoy → mTLS, HTTP/2 → Envoy → service',
} as const

export type ChainName = keyof typeof CHAINS

/** A way from the generator to the service, ready to serve. */
export interface Chain {
  readonly name: ChainName
  /** Its processes, without what they started. The service is counted for `direct` alone. */
  readonly pids: readonly number[]
  /** What the generator asks for a path of the service. */
  target(path: string): Target
}

export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** What a chain needs to start. */
export interface Ground {
  readonly processes: Processes
  readonly tools: Tools
  /** Temporary folder of this run. */
  readonly folder: string
  /** Port of the service on loopback. */
  readonly servicePort: number
  readonly signal: AbortSignal
}
