/** All connections together are no more than files may be open: where there are too few, each kind gets its share. */
import { expect, test } from 'vitest'
import type { Config } from '../../../../src/config.ts'
import { loadConfig } from '../../../../src/config/load.ts'
import { fittedConnections } from '../../../../src/config/probe/open-files.ts'

const service = (name: string, more = '') => `{name: ${name}, endpoint: "http://127.0.0.1:1"${more}}`
const loaded = (services: readonly string[], more: Record<string, string> = {}): Config =>
  loadConfig({ env: {}, flags: { mesh: 'm', site: 's', services, ...more } })
const config = loaded([service('a'), service('b', ', connections: 500, listen: "127.0.0.1:3"')])
const many = loaded(
  Array.from({ length: 10 }, (_, place) => service(`s${place}`, `, listen: "127.0.0.1:${place + 9}"`)),
)
/** What is open besides: stores, logs. As counted of an agent that runs, and half as much again. */
const OWN = 70

/** Connections to all ingresses, those that are being refused among them, to applications, of agents, of handshakes with these, and of operators. */
function sum({ limits, services, ingress }: Config, fitted: ReturnType<typeof fittedConnections>): number {
  const { connections, connectionsPerEndpoint } = fitted.config.limits
  const listeners = 1 + services.filter(({ listen }) => listen !== undefined).length
  expect([limits.connections, ingress.listen !== undefined]).toEqual([4_096, true])
  const toApplications = services.map(each =>
    each.connections === undefined ? connectionsPerEndpoint : fitted.toApplication(each.connections),
  )
  const ofListeners = listeners * (connections + Math.min(connections, 64))
  return ofListeners + toApplications.reduce((all, each) => all + each, 0) + 2 * fitted.peers + fitted.admin
}

test.each([undefined, Infinity, 1_000_000])('nothing is changed where %s may be open', limit => {
  const fitted = fittedConnections(config, limit)
  expect(fitted.config).toBe(config)
  expect([fitted.peers, fitted.admin, fitted.toApplication(500)]).toEqual([2_048, 256, 500])
})

test.each([256, 300, 400, 512, 1_024, 2_048, 4_096, 10_000])(
  'with %i they fit, and none is more than it was',
  limit => {
    for (const each of [config, many]) {
      const fitted = fittedConnections(each, limit)
      // Ten services with a listener each have the least that serves anybody there.
      const isTight = each === many && limit < 400
      expect(sum(each, fitted)).toBeLessThanOrEqual(isTight ? limit : limit - OWN)
      expect(fitted.config.limits.connections).toBeLessThan(each.limits.connections)
      expect(fitted.config.services, 'a change that is saved writes them into the file').toBe(each.services)
    }
    const fitted = fittedConnections(config, limit)
    expect(sum(config, fitted), 'most of them are used').toBeGreaterThan(limit * 0.5)
    expect(fitted.peers, 'a mesh needs few, and all of them').toBeGreaterThanOrEqual(
      Math.min(2_048, Math.floor(limit / 8)),
    )
  },
)

test('what is configured lower stays', () => {
  const few = loaded([service('a')], { 'limits.connections': '3' })
  const { config: fitted, toApplication } = fittedConnections(few, 256)
  expect([fitted.limits.connections, toApplication(2)]).toEqual([3, 2])
})
