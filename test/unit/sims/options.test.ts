/** What `npm run sim` takes, and what it says to what it does not. */
import { expect, test } from 'vitest'
import { parseOptions, USAGE } from '../../../sims/options.ts'

test('without options 200 seeds of both simulations run, in the weather that each seed draws', () => {
  const { seeds, only, weather, story, help } = parseOptions([])
  expect([seeds.length, seeds[0], seeds.at(-1)]).toEqual([200, 1, 200])
  expect(only).toEqual(['membership', 'replication'])
  expect([weather, story, help]).toEqual([undefined, false, false])
})

test('a weather is made of what is named, and of nothing else', () => {
  const { weather } = parseOptions(['--weather', 'memory,drift'])
  expect(Object.entries(weather ?? {}).flatMap(([name, is]) => (is ? [name] : []))).toEqual(['memory', 'drift'])
  expect(Object.values(parseOptions(['--weather', 'fair']).weather ?? {}).every(is => !is)).toBe(true)
})

test.each([
  [['--seeds', 'many'], '--seeds takes a whole number, not "many".'],
  [['--from', '-1'], "Option '--from' argument is ambiguous"],
  [['--from=-1'], '--from takes a whole number, not "-1".'],
  [['--only', 'sync'], '--only takes membership or replication, not "sync".'],
  [['--weather', 'rain'], 'not "rain".'],
  [['--fast'], "Unknown option '--fast'"],
])('%j is refused in words', (args, words) => {
  expect(() => parseOptions(args)).toThrow(words)
})

test('the help names every option and every kind of weather', () => {
  for (const word of [
    '--seeds',
    '--from',
    '--only',
    '--weather',
    '--story',
    '--faults',
    '--write',
    '--replay',
    'memory',
  ])
    expect(USAGE).toContain(word)
})
