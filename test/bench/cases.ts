import type { ChainName } from './chains/chain.ts'

interface Common {
  readonly name: string
  readonly title: string
  /** At most this many rounds, for what takes long or hardly varies. */
  readonly rounds?: number
}

/** One path, loaded through several chains in turn. */
export interface LoadCase extends Common {
  readonly kind: 'load'
  readonly path: string
  readonly connections: number
  /** Of each run: long enough for some thousand requests, or one whole body. */
  readonly seconds: number
  readonly quickSeconds: number
  /** Whether bytes or requests are what is looked at. */
  readonly of: 'requests' | 'bytes'
  readonly chains: readonly ChainName[]
}

/** Small requests while a large body passes through the same agents. */
export interface BesideCase extends Common {
  readonly kind: 'beside'
  readonly seconds: number
  readonly quickSeconds: number
}

/** Many requests at once while watches are open through the same agents. */
export interface WatchesCase extends Common {
  readonly kind: 'watches'
  readonly watches: number
  readonly connections: number
  readonly seconds: number
  readonly quickSeconds: number
}

export type Case = LoadCase | BesideCase | WatchesCase

const FAR = ['direct', 'forwarded', 'nginx', 'envoy'] as const
const REQUESTS = { kind: 'load', of: 'requests', path: '/1k', seconds: 3, quickSeconds: 1 } as const
const BYTES = { kind: 'load', of: 'bytes', connections: 1, chains: FAR } as const

/** All that is measured, in the order of a round. */
export const CASES: readonly Case[] = [
  { ...REQUESTS, name: 'small-1', title: '1 KB, 1 in flight', connections: 1, chains: FAR },
  {
    ...REQUESTS,
    name: 'small-32',
    title: '1 KB, 32 in flight',
    connections: 32,
    chains: ['direct', 'pass-through', 'node-proxy', 'forwarded', 'nginx', 'envoy'],
  },
  { ...REQUESTS, name: 'small-128', title: '1 KB, 128 in flight', connections: 128, chains: FAR },
  { ...BYTES, name: '4mb', title: '4 MB, one after another', path: '/4m', seconds: 2, quickSeconds: 1 },
  // At the aim of 150 MB/s a body takes 7 s.
  {
    ...BYTES,
    name: '1gb',
    title: '1 GB, one after another',
    path: '/1g',
    seconds: 8,
    quickSeconds: 3,
    rounds: 2,
    chains: FAR,
  },
  { kind: 'beside', name: 'beside', title: '1 KB, 1 in flight, beside 1 GB', seconds: 3, quickSeconds: 1 },
  {
    kind: 'watches',
    name: 'watches',
    title: '1 KB, 1,000 in flight, beside 200 open watches',
    watches: 200,
    connections: 1_000,
    seconds: 5,
    quickSeconds: 2,
    rounds: 1,
  },
]
