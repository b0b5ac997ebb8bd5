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
import type { Claim } from '../../../src/runtime/replicant-claims.ts'
import { ReplicantSearch } from '../../../src/runtime/replicant-search.ts'

const NUT = { service: 'inventory', kind: 'items', name: 'nut' }

type Said = readonly string[] | 'silent' | 'unreachable'

interface World {
  /** What a site answers to the question: names and values of headers; `silent`: nothing, ever. */
  readonly answers?: Readonly<Record<string, Said | ((now: number) => Said)>>
  readonly liveness?: Readonly<Record<string, Liveness>>
  /** Sites that have announced the name; `silent`: the mesh never answers. */
  readonly announced?: readonly string[] | 'silent'
  /** Sites that tell in which buckets they have names; and those that have told the name's. */
  readonly telling?: readonly string[]
  readonly told?: readonly string[]
  /** Sites that may create nothing here. */
  readonly foreign?: readonly string[]
  /** How long a site takes to answer, in milliseconds. */
  readonly slow?: Readonly<Record<string, number>>
  /** From when on, in milliseconds, what the others say of it is here. */
  readonly hereFrom?: number
  /** What this site's store says when it is asked. */
  readonly fault?: Error
}

/** Asks about one name after the other. */
function searching(world: World, scope = ['site1', 'site2']) {
  const time = new VirtualTime()
  const asked: PartRequest[] = []
  const unbelieved: Claim[] = []
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
  const search = new ReplicantSearch({
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
    onUnbelieved: (replicant, claim) => {
      expect(replicant).toEqual(NUT)
      unbelieved.push(claim)
    },
    requests: {
      request: async request => {
        asked.push(request)
        const site = request.target.kind === 'site' ? request.target.site : ''
        const said = world.answers?.[site] ?? NOT_FOUND
        const slow = world.slow?.[site]
        if (slow !== undefined) await new Promise<void>(go => void time.after(slow, go))
        const rawHeaders = typeof said === 'function' ? said(time.now) : said
        if (rawHeaders === 'silent') return never
        if (rawHeaders === 'unreachable') throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} is away.`)
        return { status: 200, reason: 'OK', rawHeaders, body: new Uint8Array(0), isComplete: true }
      },
    },
  })
  return async () => {
    const isHere = async (): Promise<boolean> => {
      if (world.fault !== undefined) throw world.fault
      return time.now >= (world.hereFrom ?? Infinity)
    }
    const wanted = { replicant: NUT, resourcePath: '/items/nut', method: 'PUT', path: '/items/nut', scope, isHere }
    const from = time.now
    asked.length = 0
    const done: { found?: Claim | undefined; at?: number; error?: unknown } = {}
    void search.find(wanted).then(
      answer => Object.assign(done, { found: answer, at: time.now }),
      (error: unknown) => Object.assign(done, { error, at: time.now }),
    )
    await time.run(from + 10_000, () => done.at !== undefined)
    expect(done.at, 'it ends within ten seconds').toBeDefined()
    const names = asked.map(({ target }) => (target.kind === 'site' ? target.site : '')).toSorted()
    const tookMs = (done.at ?? 0) - from
    const { found, error } = done
    return { found, error, asked: names, tookMs, requests: [...asked], unbelieved, time, askedSince: asked }
  }
}

const search = (world: World, scope?: string[]) => searching(world, scope)()

const NOT_FOUND = ['Cheops-Error', 'ERR_REPLICANT_NOT_FOUND']
const membersAre = (...names: readonly string[]) => ['Cheops-Members', names.join(', ')]
const MEMBERS = ['Cheops-Members', 'site2, "3rd"']

test('a member that the scope names says who the members are, without its application', async () => {
  const { found, requests } = await search({ answers: { site2: MEMBERS } })
  expect(found).toEqual({ site: 'site2', members: ['site2', '3rd'] })
  const [request] = requests
  expect([request?.method, request?.path]).toEqual(['GET', '/items/nut'])
  const { rawHeaders = [] } = request ?? {}
  expect(rawHeaders[rawHeaders.indexOf('Cheops-If-Replicated') + 1]).toBe('members')
})

const BOTH = { site3: membersAre('site3', 'site4'), site4: membersAre('site3', 'site4') }

test('of sites that are not named only those are asked that have announced it, and whom these name', async () => {
  const { found, asked, tookMs } = await search({ announced: ['site4'], answers: BOTH })
  expect([found?.members, tookMs]).toEqual([['site3', 'site4'], 0])
  expect(asked).toEqual(['site2', 'site3', 'site4'])
  const more = await search({ announced: ['site4'], answers: { site4: membersAre('site2', 'site4') } })
  expect(new Set(more.asked)).toEqual(new Set(['site2', 'site4']))
})

test('where all tell what they have nobody else is asked, and nothing is waited for', async () => {
  const world: World = { announced: 'silent', telling: ['site3', 'site4'], told: ['site3', 'site4'] }
  expect(await search({ ...world, answers: BOTH })).toMatchObject({
    found: { members: ['site3', 'site4'] },
    asked: ['site2', 'site3', 'site4'],
    tookMs: 0,
  })
  const { asked } = await search({ announced: ['site3'], telling: ['site4'], told: ['site4'] })
  expect(asked).toEqual(['site2', 'site3', 'site4'])
})

test('what a site that is not named says alone refuses nothing: it is told to operators, and not asked for again at once', async () => {
  const answers = { site4: membersAre('site2', 'site4') }
  const find = searching({ announced: ['site4'], answers })
  const first = await find()
  expect([first.found, first.tookMs]).toEqual([undefined, 1_000])
  expect(first.unbelieved).toEqual([{ site: 'site4', members: ['site2', 'site4'] }])
  const second = await find()
  expect([second.found, second.tookMs, second.asked]).toEqual([undefined, 0, ['site2']])
  second.time.after(60_000, () => undefined)
  await second.time.run(second.time.now + 60_000, () => false)
  expect((await find()).unbelieved).toHaveLength(2)
})

test.each([
  ['members that cannot be asked', { site2: 'down' }, membersAre('site2', 'site4')],
  ['members that nobody knows', {}, membersAre('ghost', 'site4')],
  ['nobody else', {}, membersAre('site4')],
  ['only others', {}, membersAre('site2', 'site3')],
  ['nobody', {}, []],
] as const)('who names %s besides is not believed either', async (_what, liveness, said) => {
  const { found, unbelieved } = await search({ announced: ['site4'], liveness, answers: { site4: said } })
  expect(found).toBeUndefined()
  expect(unbelieved.map(({ site }) => site)).toEqual(['site4'])
})

test('who may create nothing here confirms nothing', async () => {
  const { found, asked } = await search({ announced: ['site4'], foreign: ['site3'], answers: BOTH })
  expect([found, asked]).toEqual([undefined, ['site2', 'site4']])
})

test('what is on its way to the other member is confirmed as soon as that has it', async () => {
  const both = membersAre('site3', 'site4')
  const answers = { site3: both, site4: (now: number) => (now < 400 ? NOT_FOUND : both) }
  const { found, tookMs, unbelieved } = await search({ announced: ['site3'], answers })
  expect([found?.members, tookMs, unbelieved]).toEqual([['site3', 'site4'], 500, []])
})

test('what is on its way here is waited for', async () => {
  const world: World = { announced: ['site4'], answers: { site4: membersAre('site1', 'site4') } }
  const come = await search({ ...world, hereFrom: 400 })
  expect([come.found, come.tookMs, come.unbelieved]).toEqual([undefined, 500, []])
  const made = await search(world)
  expect([made.found, made.tookMs, made.unbelieved.length]).toEqual([undefined, 1_000, 1])
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
  const both: World = { answers: { ...BOTH, site2: 'silent' }, announced: ['site3'] }
  expect(await search(both)).toMatchObject({ found: { members: ['site3', 'site4'] }, tookMs: 0 })
})

test('an agent that is too old to say who the members are has it all the same', async () => {
  expect((await search({ answers: { site2: [] } })).found).toEqual({ site: 'site2', members: undefined })
})

test('nobody is asked any more once it has ended, whoever was answering then', async () => {
  const answers = { site3: membersAre('site3', 'site4') }
  const world: World = { announced: ['site3'], answers, slow: { site4: 400 } }
  const { tookMs, requests, time, askedSince } = await search(world)
  expect(tookMs).toBe(1_000)
  expect(requests.length, 'site4 is asked more than once').toBeGreaterThan(3)
  await time.run(time.now + 600_000)
  expect(askedSince.length, 'requests ten minutes later').toBe(requests.length)
})

test('what goes wrong in looking whether it is here is told to who asked', async () => {
  const fault = new CheopsError('ERR_STORE_FAILED', 'The store is closed.')
  const world: World = { announced: ['site3'], answers: { site3: membersAre('site3', 'site4') }, fault }
  expect((await search(world)).error).toBe(fault)
})
