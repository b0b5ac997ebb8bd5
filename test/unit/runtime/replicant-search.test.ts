/**
 * Whether a name is replicated elsewhere, before a life of it begins: who is asked, how long, and what their answers mean. Sites and the mesh answer as the
 * test says; the time is virtual.
 */
import { expect, test } from 'vitest'
import { VirtualTime } from '../../../sims/world/virtual-time.ts'
import { CheopsError } from '../../../src/errors.ts'
import type { Liveness } from '../../../src/core/resource/catalog.ts'
import type { Membership } from '../../../src/ports/membership.ts'
import type { PartRequest } from '../../../src/ports/parts.ts'
import { ReplicantSearch, type FoundReplicant } from '../../../src/runtime/replicant-search.ts'

const NUT = { service: 'inventory', kind: 'items', name: 'nut' }

interface World {
  /** What a site answers to the question: names and values of headers; `silent`: nothing, ever. */
  readonly answers?: Readonly<Record<string, readonly string[] | 'silent' | 'unreachable'>>
  readonly liveness?: Readonly<Record<string, Liveness>>
  /** Sites that have announced the name; `silent`: the mesh never answers. */
  readonly announced?: readonly string[] | 'silent'
  /** Sites that tell in which buckets they have names; and those that have told the name's. */
  readonly telling?: readonly string[]
  readonly told?: readonly string[]
  /** Sites that may create nothing here. */
  readonly foreign?: readonly string[]
}

async function search(world: World, scope = ['site1', 'site2']) {
  const time = new VirtualTime()
  const asked: PartRequest[] = []
  const never = new Promise<never>(() => undefined)
  const sites = ['site1', 'site2', 'site3', 'site4'].map(name => ({
    name,
    peerId: `peer of ${name}`,
    liveness: world.liveness?.[name] ?? 'alive',
    services: ['inventory'],
  }))
  const membership = {
    self: 'site1',
    site: (name: string) => sites.find(site => site.name === name),
    catalog: () => ({ self: 'site1', sites }),
  } as unknown as Membership
  const found = new ReplicantSearch({
    membership,
    clock: { now: () => time.now, monotonic: () => time.now, after: (ms, fn) => time.after(ms, fn) },
    heard: {
      holders: () => world.told ?? [],
      isTelling: site => world.telling?.includes(site) === true,
    },
    buckets: {
      find: async () => {
        const announced = world.announced ?? []
        return announced === 'silent' ? never : announced.map(name => `peer of ${name}`)
      },
    },
    exposes: (_service, site) => world.foreign?.includes(site) !== true,
    requests: {
      request: async request => {
        asked.push(request)
        const site = request.target.kind === 'site' ? request.target.site : ''
        const rawHeaders = world.answers?.[site] ?? ['Cheops-Error', 'ERR_REPLICANT_NOT_FOUND']
        if (rawHeaders === 'silent') return never
        if (rawHeaders === 'unreachable') throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} is away.`)
        return { status: 200, reason: 'OK', rawHeaders, body: new Uint8Array(0), isComplete: true }
      },
    },
  }).find({ replicant: NUT, resourcePath: '/items/nut', method: 'PUT', path: '/items/nut', scope })
  const done: { found?: FoundReplicant | undefined; at?: number } = {}
  void found.then(answer => Object.assign(done, { found: answer, at: time.now }))
  await time.run(10_000, () => done.at !== undefined)
  expect(done.at, 'it ends within ten seconds').toBeDefined()
  const names = asked.map(({ target }) => (target.kind === 'site' ? target.site : '')).toSorted()
  return { found: done.found, asked: names, tookMs: done.at, requests: asked }
}

const MEMBERS = ['Cheops-Members', 'site2, "3rd"']

test('a member that the scope names says who the members are, without its application', async () => {
  const { found, requests } = await search({ answers: { site2: MEMBERS } })
  expect(found).toEqual({ site: 'site2', members: ['site2', '3rd'] })
  const [request] = requests
  expect([request?.method, request?.path]).toEqual(['GET', '/items/nut'])
  const { rawHeaders = [] } = request ?? {}
  expect(rawHeaders[rawHeaders.indexOf('Cheops-If-Replicated') + 1]).toBe('members')
})

test('of sites that are not named only those are asked that have announced it', async () => {
  const { found, asked } = await search({ announced: ['site4'], answers: { site4: MEMBERS } })
  expect(found?.site).toBe('site4')
  expect(asked).toEqual(['site2', 'site4'])
})

test('where all tell what they have nobody else is asked, and nothing is waited for', async () => {
  const world: World = { announced: 'silent', telling: ['site3', 'site4'], told: ['site4'] }
  expect(await search({ ...world, answers: { site4: MEMBERS } })).toMatchObject({
    found: { site: 'site4' },
    asked: ['site2', 'site4'],
    tookMs: 0,
  })
  const { asked } = await search({ announced: ['site3'], telling: ['site4'], told: ['site4'] })
  expect(asked).toEqual(['site2', 'site3', 'site4'])
})

test('who may create nothing here, or is not alive, is not asked', async () => {
  const world: World = {
    announced: ['site3', 'site4'],
    foreign: ['site3'],
    liveness: { site2: 'suspect', site4: 'down' },
  }
  const { found, asked, tookMs } = await search(world)
  expect([found, asked, tookMs]).toEqual([undefined, [], 0])
})

test('nobody has it: refusals, and sites that cannot be asked, are no answers', async () => {
  const world: World = {
    announced: ['site3', 'site4'],
    answers: { site3: 'unreachable', site4: ['Cheops-Error', 'ERR_FORWARD_NOT_EXPOSED'] },
  }
  const { found, asked } = await search(world)
  expect([found, asked]).toEqual([undefined, ['site2', 'site3', 'site4']])
})

test('who does not answer holds nobody up for longer than a second, and others that do not at all', async () => {
  const silent = await search({ answers: { site2: 'silent' }, announced: 'silent' })
  expect([silent.found, silent.tookMs]).toEqual([undefined, 1_000])
  const both: World = { answers: { site2: 'silent', site3: MEMBERS }, announced: ['site3'] }
  expect(await search(both)).toMatchObject({ found: { site: 'site3' }, tookMs: 0 })
})

test('an agent that is too old to say who the members are has it all the same', async () => {
  expect((await search({ answers: { site2: [] } })).found).toEqual({ site: 'site2', members: undefined })
})
