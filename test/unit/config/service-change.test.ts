/**
 * A change of a service leaves what it does not name, at the running agent and in the file: shown by property over all keys, and by examples
 * of what a file says before and behind. How: values and texts alone.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withService } from '../../../src/config/edit.ts'
import { parseService } from '../../../src/config/load.ts'
import {
  changedService,
  checkServiceChange,
  serviceToSave,
  type ServiceObject,
} from '../../../src/config/service-change.ts'

const BASE = '/etc/cheops'
const ENDPOINT = 'http://127.0.0.1:9001'

/** Each part can stand or not stand beside any others. */
const PARTS = {
  endpointTLS: { ca: './ca.pem', serverName: 'inv.internal' },
  credential: { basicFile: '/etc/cheops/agent.password' },
  glue: './inventory.glue.yaml',
  doubt: 'skip',
  hosts: ['inv.example', 'inv2.example'],
  listen: '[::1]:9101',
  expose: { sites: ['rennes'], methods: ['GET'], paths: ['/items/**'] },
} as const
const change = fc.subarray(Object.keys(PARTS) as (keyof typeof PARTS)[]).map(names => pick(names))
const pick = (names: readonly (keyof typeof PARTS)[]): ServiceObject =>
  Object.fromEntries(names.map(name => [name, PARTS[name]]))
const service = (parts: ServiceObject) => parseService({ name: 'inventory', endpoint: ENDPOINT, ...parts }, BASE)

test('what is not named stays, whatever was there, and what is taken back is as if it was never given', () => {
  fc.assert(
    fc.property(change, change, (first, second) => {
      const both = changedService(service(first), second, BASE)
      expect(both).toEqual(service({ ...first, ...second }))
      const none = Object.fromEntries(Object.keys(second).map(name => [name, null]))
      const rest = Object.fromEntries(Object.entries(first).filter(([name]) => !(name in second)))
      expect(changedService(both, none, BASE)).toEqual(service(rest))
    }),
  )
})

test('what is saved makes a start what it is now, whatever the file said, also of changes that were not saved', () => {
  const saved = fc.option(
    change.map(parts => ({ name: 'inventory', endpoint: ENDPOINT, ...parts })),
    { nil: undefined },
  )
  fc.assert(
    fc.property(saved, change, change, (file, before, next) => {
      const now = changedService(service(before), next, BASE)
      expect(parseService(serviceToSave(file, next, now, BASE), BASE)).toEqual(now)
    }),
  )
})

test('a list takes the place of the one before; of expose the rest stays', () => {
  const { expose } = changedService(service(PARTS), { expose: { sites: ['paris'] } }, BASE)
  expect(expose).toEqual({ ...PARTS.expose, sites: ['paris'] })
  expect(changedService(service(PARTS), { expose: { paths: null } }, BASE).expose?.paths).toEqual(['/**'])
})

test('in the file only what was named changes: comments, order and relative paths stay', () => {
  const text = `services:
  - name: inventory
    # on this machine
    endpoint: ${ENDPOINT}
    hosts: [inv.example]   # as clients say
    doubt: skip
    glue: ./inventory.glue.yaml
`
  const file = { name: 'inventory', endpoint: ENDPOINT, hosts: ['inv.example'], doubt: 'skip', glue: PARTS.glue }
  const next = { expose: { sites: ['paris'] } }
  const now = changedService(service(file), next, BASE)
  expect(withService(text, serviceToSave(file, next, now, BASE))).toBe(`${text}    expose:
      sites:
        - paris
`)
})

test.each([
  [{ hots: null }, /did you mean "hosts"/],
  [{ expose: { site: ['a'] } }, /did you mean "expose.sites"/],
  [{ doubt: 'perhaps' }, /doubt must be/],
  [{ expose: 'everybody' }, /expose must be a map/],
])('%j is refused in words', (bad, expected) => {
  expect(() => checkServiceChange(bad, BASE)).toThrow(expected)
  expect(() => changedService(service({}), bad, BASE)).toThrow(expected)
})

test('what needs something beside it is found when it is there or not', () => {
  expect(() => changedService(service({}), { tls: { key: './a.key' } }, BASE)).toThrow(/tls.key needs tls.cert too/)
  const tls = { listen: '[::1]:9101', tls: { cert: './a.pem', key: './a.key' } }
  expect(changedService(service(tls), { tls: { key: './b.key' } }, BASE).tls?.key).toBe('/etc/cheops/b.key')
})
