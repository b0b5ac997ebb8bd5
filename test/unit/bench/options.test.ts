// The flags of `npm run bench`: defaults, and a sentence for each that cannot be meant.

import { describe, expect, it } from 'vitest'
import { parseOptions, USAGE } from '../../bench/options.ts'

describe('parseOptions', () => {
  it('measures everything in rounds unless told otherwise', () => {
    expect(parseOptions([])).toEqual({
      help: false,
      suite: 'forwarding',
      quick: false,
      profile: false,
      rounds: 5,
      only: [],
      chains: [],
      save: 'latest',
      replicants: 100_000,
      clients: 32,
    })
  })

  it('takes one round when quick, and as many as are asked for', () => {
    expect(parseOptions(['--quick']).rounds).toBe(1)
    expect(parseOptions(['--quick', '--rounds', '3']).rounds).toBe(3)
  })

  it('takes cases and chains more than once', () => {
    const args = ['--only', 'small-1', '--only', '4mb', '--chain', 'direct', '--chain', 'forwarded']
    expect(parseOptions(args)).toMatchObject({ only: ['small-1', '4mb'], chains: ['direct', 'forwarded'] })
  })

  it('measures replication when told so, under a name of its own', () => {
    expect(parseOptions(['replication'])).toMatchObject({ suite: 'replication', rounds: 3, save: 'latest-replication' })
    expect(parseOptions(['replication', '--only', 'writes']).only).toEqual(['writes'])
    expect(parseOptions(['replication', '--quick']).replicants).toBeLessThan(100_000)
  })

  it.each([
    [['--only', 'small'], 'small-128'],
    [['replication', '--only', 'small-1'], 'writes'],
    [['--only', 'writes'], 'small-1'],
    [['forwarding', 'replication'], 'one of forwarding and replication'],
    [['replication', '--replicants', '10'], 'from 1000'],
    [['replication', '--clients', '0'], 'from 1 to 600'],
    [['replication', '--clients', '601'], 'from 1 to 600'],
    [['--chain', 'istio'], 'envoy'],
    [['--chain', 'constructor'], 'envoy'],
    [['--rounds', '0'], 'from 1 to 20'],
    [['--rounds', 'many'], 'from 1 to 20'],
    [['--save', '../x'], 'small letters'],
    [['--fast'], '--fast'],
    [['small-1'], 'small-1'],
  ])('%j is answered with what there is', (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(sentence)
  })

  it('names every flag in its help', () => {
    for (const flag of ['--quick', '--only', '--chain', '--rounds', '--save', '--profile', '--replicants', '--clients'])
      expect(USAGE).toContain(flag)
  })
})
