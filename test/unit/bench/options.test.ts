// The flags of `npm run bench`: defaults, and a sentence for each that cannot be meant.

import { describe, expect, it } from 'vitest'
import { parseOptions, USAGE } from '../../bench/options.ts'

describe('parseOptions', () => {
  it('measures everything in rounds unless told otherwise', () => {
    expect(parseOptions([])).toEqual({
      help: false,
      quick: false,
      profile: false,
      rounds: 5,
      only: [],
      chains: [],
      save: 'latest',
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

  it.each([
    [['--only', 'small'], 'small-128'],
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
    for (const flag of ['--quick', '--only', '--chain', '--rounds', '--save', '--profile'])
      expect(USAGE).toContain(flag)
  })
})
