/**
 * Applications that give new resources names of their own, whatever the body says, without a definition: that is found out before anybody else
 * hears of one, and no second one is made. How: two agents with real stores and streams; what is expected is read from the applications.
 */
import { afterEach, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'
import { NamingApplication, type Naming } from './naming-application.ts'

const SITES = ['site1', 'site2']
let mesh: Mesh
let applications: readonly NamingApplication[] = []

afterEach(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const application of applications) await application[Symbol.asyncDispose]()
})

async function start(...namings: readonly Naming[]): Promise<void> {
  applications = await Promise.all(namings.map(naming => NamingApplication.start(naming)))
  const services = (site: number): string[] => [
    `{name: naming, endpoint: "${applications[site]?.url}", glue: rest, expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
  ]
  mesh = await Mesh.start(SITES, { site1: { services: services(0) }, site2: { services: services(1) } })
}

async function create(name: string) {
  const answer = await fetch(`${mesh.ingress('site1')}/naming/things`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Cheops-Scope': SITES.join(' & '), ...WAIT },
    body: JSON.stringify({ name }),
  })
  return { status: answer.status, sites: answer.headers.get('Cheops-Sites'), said: (await answer.json()) as Said }
}

interface Said {
  readonly code?: string
  readonly detail?: string
}

const made = (): string[][] => applications.map(({ things }) => [...things.keys()])

test('what is numbered is refused with what became of it, stays where it was made, and is made no second time', async () => {
  await start('number', 'number')
  const first = await create('mug')
  expect(first).toMatchObject({ status: 422, said: { code: 'ERR_REPLICANT_RENAMED' } })
  expect(first.said.detail).toContain('It is 1 now, at this site alone')
  const second = await create('cup')
  expect(second).toMatchObject({ status: 422, said: { code: 'ERR_REPLICANT_RENAMED' } })
  expect(second.said.detail).toContain('Nothing was sent')
  expect(made()).toEqual([['1'], []])
})

test('where names are only written in another way, those that are as they were asked for are replicated', async () => {
  await start('slug', 'slug')
  expect(await create('Hello World')).toMatchObject({ status: 422, said: { code: 'ERR_REPLICANT_RENAMED' } })
  expect(await create('hello')).toMatchObject({
    status: 201,
    sites: expect.stringMatching(/site2;s=applied/) as string,
  })
  expect(made()).toEqual([['hello-world', 'hello'], ['hello']])
})

test('a number besides the name is no other name', async () => {
  await start('alias', 'alias')
  expect(await create('mug')).toMatchObject({ status: 201, sites: expect.stringMatching(/site2;s=applied/) as string })
  expect(made()).toEqual([['mug'], ['mug']])
})

test('where only another member calls it otherwise, it is failed there with that reason, and is made there once', async () => {
  await start('alias', 'number')
  const first = await create('mug')
  expect(first).toMatchObject({ status: 201, sites: expect.stringMatching(/site2;s=failed/) as string })
  expect(await create('cup')).toMatchObject({ sites: expect.stringMatching(/site2;s=failed/) as string })
  expect(made()).toEqual([['mug', 'cup'], ['1']])
  expect(applications[1]?.changes).toEqual(['POST'])
})
