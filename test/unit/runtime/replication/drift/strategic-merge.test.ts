/**
 * `kubectl apply`, `set` and `edit` send strategic merge patches, by which an API server merges lists by the names of their items, and takes one out by an item that nobody
 * ever shows. Real replicators in the simulated world, and an application that merges so.
 */
import { afterEach, expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { headerValue } from '../../../../../src/core/resource/http-head.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const TYPE = 'application/strategic-merge-patch+json'

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
type Fields = Readonly<Record<string, Json>>
type Named = { readonly name: string; readonly $patch?: 'delete' } & Fields

const parsed = (body: unknown): Fields => JSON.parse(new TextDecoder().decode(body as Uint8Array)) as Fields
const bytes = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function merged(has: Json | undefined, patch: Json): Json {
  if (Array.isArray(patch)) return mergedLists(Array.isArray(has) ? (has as Named[]) : [], patch as Named[])
  if (!isFields(patch)) return patch
  const result: Record<string, Json> = { ...(isFields(has) ? has : {}) }
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

function mergedLists(has: readonly Named[], patch: readonly Named[]): Json {
  let result: Json[] = [...has]
  for (const item of patch) {
    const known = result.find(other => isFields(other) && other['name'] === item.name)
    if (item.$patch === 'delete') result = result.filter(other => other !== known)
    else if (known === undefined) result.push(item)
    else result[result.indexOf(known)] = merged(known, item)
  }
  return result
}

/** It sets a field of each container by itself, and takes none without an image. */
function checked(body: Fields): Fields | undefined {
  const spec = isFields(body['spec']) ? body['spec'] : {}
  const containers = Array.isArray(spec['containers']) ? (spec['containers'] as Fields[]) : []
  if (containers.some(({ image }) => image === undefined) || JSON.stringify(body).includes('"$')) return undefined
  return { ...body, spec: { ...spec, containers: containers.map(each => ({ pull: 'IfNotPresent', ...each })) } }
}

const strategic = (real: Application): Application => ({
  request: async request => {
    const { method, headers, body } = request
    if (body === undefined || !['POST', 'PUT', 'PATCH'].includes(method)) return real.request(request)
    const isMerge = method === 'PATCH' && headerValue(headers, 'content-type') === TYPE
    const now = isMerge ? await real.request({ ...request, method: 'GET', headers: [], body: undefined }) : undefined
    const said = now === undefined ? parsed(body) : (merged(parsed(now.body), parsed(body)) as Fields)
    const taken = checked(said)
    if (taken === undefined)
      return { status: 422, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }
    if (!isMerge) return real.request({ ...request, body: bytes(taken) })
    return real.request({
      ...request,
      method: 'PUT',
      headers: ['Content-Type', 'application/json'],
      body: bytes(taken),
    })
  },
})

const env = [
  { name: 'A', value: '1' },
  { name: 'B', value: '2' },
]
const MADE = {
  id: 'x',
  spec: {
    replicas: 1,
    containers: [
      { name: 'web', image: '1', env },
      { name: 'log', image: '1' },
    ],
  },
}
/** As `kubectl apply` says that the image is another one, and that a variable and a container are there no more. */
const APPLIED = {
  spec: {
    '$setElementOrder/containers': [{ name: 'web' }],
    containers: [
      { name: 'web', image: '2', env: [{ name: 'B', $patch: 'delete' }] },
      { name: 'log', $patch: 'delete' },
    ],
  },
}
const THEN = {
  id: 'x',
  spec: {
    replicas: 1,
    containers: [{ name: 'web', image: '2', env: [{ name: 'A', value: '1' }], pull: 'IfNotPresent' }],
  },
}

let lab: Lab
afterEach(() => lab.assertSound())

async function applied(members: readonly string[]): Promise<void> {
  const glue = simGlue(`${DEFINITION.replace(/^ +conditions:.*\n/m, '')}    compare: written\n`)
  lab = await Lab.of(members, { glue: () => glue, application: strategic })
  await lab.ask('a', 'POST /items', MADE, { members })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'PATCH /items/x', APPLIED, { type: TYPE })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  for (const site of members) expect(lab.read(site, 'x'), site).toEqual(THEN)
}

const write = (site: string, value: object | undefined): void =>
  lab.world.site(site).application.write(SERVICE, '/items/x', value as never)

test.each([[['a', 'b']], [['a', 'b', 'c']]])(
  'what it has taken out is not missed at %j, and drift is put back',
  async members => {
    await applied(members)
    await lab.pass(3_600_000)
    for (const site of members) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    write('b', { ...THEN, spec: { ...THEN.spec, replicas: 5 } })
    await lab.pass(3_600_000)
    for (const site of members) {
      expect(lab.read(site, 'x'), site).toEqual(THEN)
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    }
  },
)

test('a member that has lost it gets what the other has', async () => {
  await applied(['a', 'b'])
  write('b', undefined)
  await lab.pass(3_600_000)
  for (const site of ['a', 'b']) expect(lab.read(site, 'x'), site).toEqual(THEN)
})

test('two on both sides of a cut both count', async () => {
  await applied(['a', 'b'])
  lab.cut('a')
  const say = (site: string, fields: object) =>
    lab.ask(site, 'PATCH /items/x', { spec: { containers: [{ name: 'web', ...fields }] } }, { type: TYPE })
  await say('a', { image: '3' })
  await lab.pass(1_000)
  await say('b', { env: [{ name: 'C', value: '3' }] })
  await lab.heal(120_000)
  await lab.pass(3_600_000)
  expect(lab.read('a', 'x')).toEqual(lab.read('b', 'x'))
  const containers = [
    {
      name: 'web',
      image: '3',
      env: [
        { name: 'A', value: '1' },
        { name: 'C', value: '3' },
      ],
    },
  ]
  expect(lab.read('b', 'x')).toMatchObject({ spec: { containers } })
})
