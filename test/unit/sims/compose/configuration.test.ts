/**
 * Shows that docker-compose.yml, the agents' shared configuration and what the header tells people to type fit together:
 * every agent's configuration loads, applications are where agents look for them, and only agents are on the network wan. How:
 * reads the files as compose and the agent do; no Docker is needed (`npm run test:compose` runs them for real).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../../../src/config/load.ts'

const ROOT = join(import.meta.dirname, '../../../..')

interface Service {
  readonly environment?: Readonly<Record<string, string | number>>
  readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] }>> | readonly string[]
  readonly ports?: readonly string[]
  readonly command?: readonly string[]
}

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')
const compose = parse(text, { merge: true }) as { readonly services: Readonly<Record<string, Service>> }

const service = (name: string): Service => {
  const found = compose.services[name]
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return found
}
const variables = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(service(name).environment ?? {}).map(([key, value]) => [key, String(value)]))
const networks = (name: string): readonly string[] => {
  const { networks: given = [] } = service(name)
  return Array.isArray(given) ? given : Object.keys(given)
}
const alias = (name: string, network: string): string | undefined => {
  const given = service(name).networks
  return given === undefined || Array.isArray(given)
    ? undefined
    : (given as Exclude<typeof given, readonly string[]>)[network]?.aliases?.[0]
}
const configOf = (site: string) =>
  loadConfig({ file: join(ROOT, 'sims/compose/agent.yaml'), env: variables(site), cwd: ROOT })

test.each(['1', '2', '3'])('site%s is one agent with its own two applications', n => {
  const site = `site${n}`
  const config = configOf(site)
  expect(config.site).toBe(site)
  expect(networks(site).toSorted()).toEqual([site, 'wan'])
  expect(alias(site, 'wan')).toBe(site)
  expect(config.announce).toEqual([`/dns4/${site}/tcp/4078`])
  const others = ['site1', 'site2', 'site3'].filter(other => other !== site)
  expect(config.bootstrap).toEqual(others.map(other => `/dns4/${other}/tcp/4078`))

  for (const { name, endpoint, listen, expose } of config.services) {
    const container = `${name}${n}`
    expect(networks(container)).toEqual([site])
    expect(endpoint).toBe(`http://${alias(container, site)}:${variables(container)['PORT']}`)
    expect(service(container).command).toEqual([name])
    expect(variables(container)['HOST']).toBe('0.0.0.0')
    expect(expose?.sites).toEqual(['*'])
    expect(service(site).ports).toContain(`127.0.0.1:8${name === 'inventory' ? 1 : 2}0${n}:${listen?.port}`)
  }
  const inventory = config.services.find(({ name }) => name === 'inventory')
  expect(variables(`orders${n}`)['INVENTORY_URL']).toBe(`http://${site}:${inventory?.listen?.port}`)
})

test('the header names only ports that are published and services that exist', () => {
  const header = text.slice(0, text.indexOf('\nname:'))
  const published = Object.values(compose.services).flatMap(({ ports = [] }) => ports.map(port => port.split(':')[1]))
  const named = [...header.matchAll(/127\.0\.0\.1:(\d+)/g)].map(match => match[1])
  expect(named.length).toBeGreaterThan(3)
  expect(published).toEqual(expect.arrayContaining(named))
  const addressed = [...header.matchAll(/docker compose exec (\S+)|cheops-(\S+)-1/g)].map(([, a, b]) => a ?? b)
  expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(addressed))
  expect(addressed.length).toBeGreaterThan(2)
})
