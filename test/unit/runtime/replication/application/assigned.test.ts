/**
 * What clients may say, and an application assigns where they do not, for ever and each site its own: the cluster address and the node ports of a service of Kubernetes. A client
 * reads a service at one site and sends it back with its change.
 */
import { afterEach, expect, test } from 'vitest'
import type { Application, ApplicationAnswer } from '../../../../../src/ports/application.ts'
import { isSuccess } from '../../../../../src/core/resource/success.ts'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const MEMBERS = ['a', 'b']
const glue = simGlue(`${DEFINITION}    compare: written\n    assigned: [/spec/address, /spec/ports/-/node]\n`)

interface Service {
  readonly id: string
  readonly spec: {
    readonly address?: string
    readonly ports: readonly { readonly port: number; readonly node?: number }[]
  }
}
const parsed = (bytes: unknown): Service => JSON.parse(new TextDecoder().decode(bytes as Uint8Array)) as Service
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

const BASE: Readonly<Record<string, number>> = { a: 30_000, b: 31_000, c: 32_000 }

/** Gives addresses `<site>-1`, takes `None`, and takes neither the address of another site nor a second one of what is there. */
const assigning = (real: Application, site: string): Application => {
  const refused = (): ApplicationAnswer => ({
    status: 422,
    reason: '',
    rawHeaders: [],
    body: new Uint8Array(),
    isComplete: true,
  })
  return {
    request: async asked => {
      if (asked.body === undefined || !['PUT', 'POST', 'PATCH'].includes(asked.method)) return real.request(asked)
      const said = parsed(asked.body)
      const path = asked.method === 'POST' ? `/items/${said.id}` : asked.path
      const now = await real.request({ ...asked, method: 'GET', path, body: undefined, headers: [] })
      const has = isSuccess(now.status) ? parsed(now.body) : undefined
      const { address } = said.spec
      if (address !== undefined && address !== 'None' && address !== `${site}-1`) return refused()
      if (address !== undefined && has !== undefined && address !== has.spec.address) return refused()
      if (asked.method === 'PATCH') return real.request(asked)
      const taken = new Set(said.spec.ports.map(({ node }) => node))
      const free = (): number => {
        let node = BASE[site] ?? 0
        while (taken.has(node)) node++
        taken.add(node)
        return node
      }
      const ports = said.spec.ports.map(each => ({ ...each, node: each.node ?? free() }))
      const spec = { ...said.spec, address: address ?? has?.spec.address ?? `${site}-1`, ports }
      return real.request({ ...asked, body: bytes({ ...said, spec }) })
    },
  }
}

const start = async (names: readonly string[]): Promise<void> => {
  lab = await Lab.of(names, { glue: () => glue, application: assigning })
}
const web = (spec: object = {}) => ({ id: 'x', spec: { colour: 'red', ports: [{ port: 80 }], ...spec } })
const service = (site: string): Service => lab.read(site, 'x') as unknown as Service
const agreed = async (sites: readonly string[] = MEMBERS): Promise<void> => {
  for (const site of sites) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
}

test('a service that was read at one site is replaced at all', async () => {
  await start(MEMBERS)
  await lab.ask('a', 'POST /items', web(), { members: MEMBERS })
  await lab.pass(5_000)
  const read = service('a')
  expect(read.spec).toEqual({ colour: 'red', address: 'a-1', ports: [{ port: 80, node: 30_000 }] })
  expect(await lab.ask('a', 'PUT /items/x', { ...read, spec: { ...read.spec, colour: 'blue' } })).toMatchObject({
    status: 200,
  })
  await lab.pass(5_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', spec: { ...read.spec, colour: 'blue' } })
  expect(lab.read('b', 'x')).toEqual({
    id: 'x',
    spec: { colour: 'blue', address: 'b-1', ports: [{ port: 80, node: 31_000 }] },
  })
  await agreed()
})

test('what a member does not have is made with an address of its own, though its writers have named that of another site', async () => {
  await start(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', web(), { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'PUT /items/x', lab.read('a', 'x'))
  await lab.pass(5_000)
  lab.world.site('b').application.write('warehouse', '/items/x', undefined)
  await lab.pass(300_000)
  expect(lab.read('b', 'x')).toEqual({
    id: 'x',
    spec: { colour: 'red', address: 'b-1', ports: [{ port: 80, node: 31_000 }] },
  })
  await agreed()
})

test('what somebody has chosen is kept: where a member has lost it too', async () => {
  await start(MEMBERS)
  await lab.ask('a', 'POST /items', web({ address: 'None', ports: [{ port: 80, node: 30_100 }] }), { members: MEMBERS })
  await lab.pass(5_000)
  const chosen = { id: 'x', spec: { colour: 'red', address: 'None', ports: [{ port: 80, node: 30_100 }] } }
  expect(lab.all('x')).toEqual({ a: chosen, b: chosen })
  for (const lost of [['b'], MEMBERS]) {
    for (const site of lost) lab.world.site(site).application.write('warehouse', '/items/x', undefined)
    await lab.pass(300_000)
    expect(lab.all('x')).toEqual({ a: chosen, b: chosen })
  }
  await agreed()
})

test('what somebody has chosen by a change is in what a member gets that has lost it', async () => {
  await start(MEMBERS)
  await lab.ask('a', 'POST /items', web(), { members: MEMBERS })
  await lab.pass(5_000)
  const ports = [{ port: 80, node: 30_100 }]
  expect(await lab.ask('a', 'PATCH /items/x', { spec: { ports } })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(service('b').spec.ports).toEqual(ports)
  lab.world.site('b').application.write('warehouse', '/items/x', undefined)
  await lab.pass(300_000)
  expect(service('b').spec).toEqual({ colour: 'red', address: 'b-1', ports })
  await agreed()
})

test('a port that is put in front leaves the others their numbers at each site', async () => {
  await start(MEMBERS)
  await lab.ask('a', 'POST /items', web({ ports: [{ port: 80 }, { port: 81 }] }), { members: MEMBERS })
  await lab.pass(5_000)
  const [read, before] = [service('a'), service('b').spec.ports]
  const more = { ...read, spec: { ...read.spec, ports: [{ port: 443, node: 30_443 }, ...read.spec.ports] } }
  expect(await lab.ask('a', 'PUT /items/x', more)).toMatchObject({ status: 200 })
  await lab.pass(600_000)
  expect(service('a')).toEqual(more)
  expect(service('b').spec.ports).toEqual([{ port: 443, node: 31_002 }, ...before])
  await agreed()
})

test('a port that is chosen beside the address of another site is that of the sites that take both', async () => {
  await start(MEMBERS)
  await lab.ask('a', 'POST /items', web(), { members: MEMBERS })
  await lab.pass(5_000)
  const read = service('a')
  const chosen = { ...read, spec: { ...read.spec, ports: [{ port: 80, node: 30_100 }] } }
  expect(await lab.ask('a', 'PUT /items/x', chosen)).toMatchObject({ status: 200 })
  await lab.pass(600_000)
  expect(service('a')).toEqual(chosen)
  // Nobody can tell a's number that was chosen from one that was read.
  expect(service('b').spec).toEqual({ colour: 'red', address: 'b-1', ports: [{ port: 80, node: 31_000 }] })
  await agreed()
  // Without the address all take it.
  const { address: _, ...rest } = chosen.spec
  expect(await lab.ask('a', 'PUT /items/x', { ...chosen, spec: rest })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(service('b').spec.ports).toEqual(chosen.spec.ports)
})
