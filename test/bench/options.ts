import { parseArgs } from 'node:util'
import { CASES } from './cases.ts'
import { CHAINS } from './chains/chain.ts'
import type { ChainName } from './chains/chain.ts'

export interface Options {
  readonly help: boolean
  /** One short round: to see that all works, not for figures. */
  readonly quick: boolean
  readonly rounds: number
  /** Cases to run; empty: all. */
  readonly only: readonly string[]
  /** Chains to run; empty: all. */
  readonly chains: readonly ChainName[]
  /** Name under test/bench/results that the figures are kept as, without `.json`. */
  readonly save: string
  /** Profile both agents under load in place of measuring. */
  readonly profile: boolean
}

/** Enough for a median that one disturbed round does not move; with them all takes some six minutes. */
const ROUNDS = 5
const MOST_ROUNDS = 20

export const USAGE = `npm run bench [-- OPTIONS]

  --quick          one short round, within a minute: shows that all works, no figures to quote
  --only CASE      only this case (again for more): ${CASES.map(({ name }) => name).join(', ')}
  --chain CHAIN    only this way to the service (again for more): ${Object.keys(CHAINS).join(', ')}
  --rounds N       rounds to take medians of (default ${String(ROUNDS)})
  --save NAME      keep the figures as test/bench/results/NAME.json (default latest)
  --profile        in place of measuring: what both agents spend their CPU on while they forward
                   (small-32, or what --only says)
  --help           this text
`

/** @throws TypeError with a sentence for people */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      chain: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      save: { type: 'string', default: 'latest' },
    },
  })
  const cases = CASES.map(({ name }) => name)
  for (const name of values.only) {
    if (!cases.includes(name))
      throw new TypeError(`--only ${name}: there is no such case; there are ${cases.join(', ')}.`)
  }
  const chains = values.chain.map(name => {
    if (isChain(name)) return name
    throw new TypeError(`--chain ${name}: there is no such chain; there are ${Object.keys(CHAINS).join(', ')}.`)
  })
  if (!/^[a-z0-9][a-z0-9-]*$/.test(values.save)) {
    throw new TypeError(`--save ${values.save}: a name of small letters, digits and hyphens.`)
  }
  const rounds = values.rounds === undefined ? (values.quick ? 1 : ROUNDS) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new TypeError(`--rounds ${values.rounds ?? ''}: a number from 1 to ${String(MOST_ROUNDS)}.`)
  }
  const { help, quick, profile, only, save } = values
  return { help, quick, profile, only, save, chains, rounds }
}

function isChain(name: string): name is ChainName {
  return Object.hasOwn(CHAINS, name)
}
