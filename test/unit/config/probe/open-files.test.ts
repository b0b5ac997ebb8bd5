/** All connections together are no more than files may be open: where there are too few, each kind gets its share. */
import { expect, test } from 'vitest'
import { loadConfig } from '../../../../src/config/load.ts'
import { fittedConnections } from '../../../../src/config/probe/open-files.ts'

const flags = {
  mesh: 'm',
  site: 's',
  services: [
    '{name: a, endpoint: "http://127.0.0.1:1"}',
    '{name: b, endpoint: "http://127.0.0.1:2", connections: 40, listen: "127.0.0.1:3"}',
  ],
}
const config = loadConfig({ env: {}, flags })
/** What is open besides: the admin API, stores, logs. */
const OWN = 384

/** Both ingresses, both applications, agents, and handshakes of agents. */
function sum({ config: { limits, services }, peers }: ReturnType<typeof fittedConnections>): number {
  const toApplications = services.map(({ connections = limits.connectionsPerEndpoint }) => connections)
  return 2 * limits.connections + 2 * peers + toApplications.reduce((all, each) => all + each, 0)
}

test.each([undefined, Infinity, 1_000_000])('nothing is changed where %s may be open', limit => {
  const fitted = fittedConnections(config, limit)
  expect(fitted.config).toBe(config)
  expect(fitted.peers).toBe(2_048)
})

test.each([1_024, 4_096, 10_000])('with %i they fit, and none is more than it was', limit => {
  const fitted = fittedConnections(config, limit)
  expect(sum(fitted)).toBeLessThanOrEqual(limit - OWN)
  expect(sum(fitted), 'most of them are used').toBeGreaterThan((limit - OWN) * 0.8)
  expect(fitted.config.limits.connections).toBeLessThan(config.limits.connections)
  expect(fitted.config.services[1]?.connections).toBeLessThanOrEqual(40)
  expect(fitted.config.services[0]?.connections).toBeUndefined()
})

test('with hardly any each kind has a few, and what is configured lower stays', () => {
  const few = loadConfig({ env: {}, flags: { ...flags, 'limits.connections': '8' } })
  const { config: fitted, peers } = fittedConnections(few, 256)
  expect(fitted.limits).toMatchObject({ connections: 8, connectionsPerEndpoint: 16 })
  expect([fitted.services[1]?.connections, peers]).toEqual([16, 16])
})
