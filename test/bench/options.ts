import { parseArgs } from 'node:util'
import { CASES } from './cases.ts'
import { CHAINS } from './chains/chain.ts'
import type { ChainName } from './chains/chain.ts'
import { REPLICATION_CASES } from './replication/cases.ts'

/** What belongs together: forwarding beside proxies, or replication. */
export type Suite = 'forwarding' | 'replication'

export interface Options {
  readonly help: boolean
  readonly suite: Suite
  /** One short round: to see that all works, not for figures. */
  readonly quick: boolean
  readonly rounds: number
  /** Cases to run; empty: all. */
  readonly only: readonly string[]
  /** Chains to run; empty: all. */
  readonly chains: readonly ChainName[]
  /** Name under test/bench/results that the figures are kept as, without `.json`. */
  readonly save: string
  /** Profile the agents under load in place of measuring. */
  readonly profile: boolean
  /** That two sites share, or one has, where many are measured. */
  readonly replicants: number
  /** At each origin of writes, with one request at a time. */
  readonly clients: number
}

/** Enough for a median that one disturbed round does not move; with them all takes some six minutes. */
const ROUNDS = 5
/** A round of replication takes a minute by itself. */
const DEFAULT_ROUNDS = { forwarding: ROUNDS, replication: 3 } as const
const MOST_ROUNDS = 20
/** What the project's aims are about; fewer do not take as long to make. */
const REPLICANTS = 100_000
const QUICK_REPLICANTS = 2_000
const LEAST_REPLICANTS = 1_000
const CLIENTS = 32
/** At each of three origins each has names of its own to write. */
const MOST_CLIENTS = 600

export const USAGE = `npm run bench [-- forwarding|replication] [OPTIONS]

  forwarding       the default: requests through two agents, beside nginx and Envoy
  replication      writes on three sites, catching up, starting with much, beside OrbitDB

  --quick          one short round, within a minute: shows that all works, no figures to quote
  --only CASE      only this case (again for more): ${CASES.map(({ name }) => name).join(', ')};
                   of replication: ${Object.keys(REPLICATION_CASES).join(', ')}
  --chain CHAIN    forwarding: only this way to the service (again for more): ${Object.keys(CHAINS).join(', ')}
  --rounds N       rounds to take medians of (default ${String(ROUNDS)}; replication ${String(DEFAULT_ROUNDS.replication)})
  --save NAME      keep the figures as test/bench/results/NAME.json (default latest; latest-replication)
  --replicants N   replication: how many there are for sync and start (default ${String(REPLICANTS)})
  --clients N      replication: how many write at each origin, one request at a time (writes, bare; default ${String(CLIENTS)})
  --profile        in place of measuring: what agents spend their CPU on while they forward (small-32, or what
                   --only says), or while one of three takes writes
  --help           this text
`

/** @throws TypeError with a sentence for people */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      chain: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      save: { type: 'string' },
      replicants: { type: 'string' },
      clients: { type: 'string' },
    },
  })
  const [suite = 'forwarding', further] = positionals
  if (suite !== 'forwarding' && suite !== 'replication')
    throw new TypeError(`${suite}: there are forwarding and replication; cases are named by --only.`)
  if (further !== undefined) throw new TypeError(`${further}: one of forwarding and replication at a time.`)
  const cases = suite === 'forwarding' ? CASES.map(({ name }) => name) : Object.keys(REPLICATION_CASES)
  for (const name of values.only) {
    if (!cases.includes(name))
      throw new TypeError(`--only ${name}: there is no such case; there are ${cases.join(', ')}.`)
  }
  const chains = values.chain.map(name => {
    if (isChain(name)) return name
    throw new TypeError(`--chain ${name}: there is no such chain; there are ${Object.keys(CHAINS).join(', ')}.`)
  })
  const save = values.save ?? (suite === 'forwarding' ? 'latest' : 'latest-replication')
  if (!/^[a-z0-9][a-z0-9-]*$/.test(save)) {
    throw new TypeError(`--save ${save}: a name of small letters, digits and hyphens.`)
  }
  const replicants = Number(values.replicants ?? (values.quick ? QUICK_REPLICANTS : REPLICANTS))
  if (!Number.isInteger(replicants) || replicants < LEAST_REPLICANTS || replicants > REPLICANTS) {
    throw new TypeError(
      `--replicants ${values.replicants ?? ''}: a number from ${String(LEAST_REPLICANTS)} to ${String(REPLICANTS)}.`,
    )
  }
  const clients = Number(values.clients ?? CLIENTS)
  if (!Number.isInteger(clients) || clients < 1 || clients > MOST_CLIENTS)
    throw new TypeError(`--clients ${values.clients ?? ''}: a number from 1 to ${String(MOST_CLIENTS)}.`)
  const rounds = values.rounds === undefined ? (values.quick ? 1 : DEFAULT_ROUNDS[suite]) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new TypeError(`--rounds ${values.rounds ?? ''}: a number from 1 to ${String(MOST_ROUNDS)}.`)
  }
  const { help, quick, profile, only } = values
  return { help, suite, quick, profile, only, save, chains, rounds, replicants, clients }
}

function isChain(name: string): name is ChainName {
  return Object.hasOwn(CHAINS, name)
}
