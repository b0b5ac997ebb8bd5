/** All that is measured of replication, in this order, each with what it is for people. */
export const REPLICATION_CASES = {
  writes: 'three sites: creates, then writes at one site and at all three, as much as goes and half of that',
  bare: 'the same writes through sites that do no more than they have to: what this machine gives',
  many: 'two sites that share many replicants: apart and together again, away for long, started, idle',
  orbitdb: 'writes between two sites, beside OrbitDB 4',
} as const

export type ReplicationCase = keyof typeof REPLICATION_CASES
