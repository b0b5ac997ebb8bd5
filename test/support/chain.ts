import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { libp2pPair } from './libp2p-pair.ts'
import type { Libp2pPair } from './libp2p-pair.ts'
import { RawClient, rawApplication } from './raw-http.ts'
import type { RawAnswer, RawApplication } from './raw-http.ts'
import { twoSites } from './two-sites.ts'
import type { TwoSites, TwoSitesOptions } from './two-sites.ts'

/** Every promise about the way of a request is held on both: the application at the same site, and at the other one. */
export const WAYS = [
  { way: 'local', scope: '' },
  { way: 'forwarded', scope: 'Cheops-Scope: site2\r\n' },
] as const

/** An application `app` at both sites, and clients of site1. */
export interface Chain {
  readonly app: RawApplication
  readonly sites: TwoSites
  client(): RawClient
}

export interface Chains {
  /** `answer` gets the bytes that reach the application. */
  chain(answer: RawAnswer, options?: Partial<TwoSitesOptions>): Promise<Chain>
  sites(options: TwoSitesOptions): Promise<TwoSites>
  client(port: number): RawClient
  /** Called after the test, the last one first. */
  atEnd(stop: () => Promise<unknown> | void): void
}

/**
 * Sets up a test file: one libp2p connection for all its tests, and agents and applications that end with their test. A
 * fault that an agent logs fails the test.
 */
export function setUpChains(): Chains {
  let pair: Libp2pPair
  let stops: (() => Promise<unknown> | void)[] = []
  beforeAll(async () => {
    pair = await libp2pPair()
  })
  afterAll(() => pair.stop())
  afterEach(async () => {
    for (const stop of stops.toReversed()) await stop()
    stops = []
  })
  const chains: Chains = {
    async chain(answer, options) {
      const app = await rawApplication(answer)
      chains.atEnd(app.stop)
      const service = { name: 'app', endpoint: `http://127.0.0.1:${app.port}` }
      const sites = await chains.sites({ site1: [service], site2: [service], ...options })
      return { app, sites, client: () => chains.client(sites.port) }
    },
    async sites(options) {
      const sites = await twoSites({ pair, ...options })
      chains.atEnd(() => expect(sites.faults).toEqual([]))
      chains.atEnd(sites.stop)
      return sites
    },
    client(port) {
      const client = new RawClient(port)
      chains.atEnd(() => client.close())
      return client
    },
    atEnd: stop => void stops.push(stop),
  }
  return chains
}
