/**
 * A site that is a member again: what its application has by the name is the resource if it is what it was, and something else where it was written, or made anew,
 * while it was none. Real replicators in the simulated world; whoever writes at a site that is no member writes past Cheops.
 */
import { afterEach, expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import type { ReplicationPlant } from '../../../../../sims/world/replication/replication-world.ts'
import { Lab } from '../lab.ts'

const ABC = { members: ['a', 'b', 'c'] }

let lab: Lab
afterEach(() => lab.assertSound())

/** Created by one site, changed, and `c` is no member any more. */
async function parted(creator: string, pauseMs = 60_000, plant: ReplicationPlant = {}): Promise<void> {
  lab = await Lab.of(['a', 'b', 'c'], plant)
  await lab.ask(creator, 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  await lab.ask('c', 'POST /items/x/lines', { sku: 'c' })
  await lab.ask('c', 'PATCH /items/x', { n: 1 })
  await lab.pass(pauseMs)
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.pass(5_000)
}

const atC = (value: object | undefined): void =>
  lab.world.site('c').application.write(SERVICE, '/items/x', value && { id: 'x', ...value })

async function attach(): Promise<void> {
  await lab.changeMembers('b', 'x', ['c'], [])
  await lab.pass(60_000)
}

const state = async () => (await lab.status('c', 'x'))?.state

test.each([
  ['a', 60_000],
  ['a', 100],
  ['c', 60_000],
  ['c', 100],
] as const)('created by %s: what it was is the resource, and has what came meanwhile', async (creator, pauseMs) => {
  await parted(creator, pauseMs)
  await lab.ask('a', 'PATCH /items/x', { f: 2 })
  await attach()
  expect(lab.all('x')['c']).toMatchObject({ n: 1, f: 2, lines: [{ sku: 'c' }] })
  expect(lab.all('x')['a']).toEqual(lab.all('x')['c'])
  expect(await state()).toBe('agrees')
})

test.each(['a', 'c'])('created by %s: what was written meanwhile is something else, and stays', async creator => {
  await parted(creator)
  atC({ n: 7 })
  await lab.ask('a', 'PATCH /items/x', { f: 2 })
  await attach()
  expect(lab.read('c', 'x')).toEqual({ id: 'x', n: 7 })
  expect(await state()).toBe('unbound')
  expect(await lab.ask('c', 'PUT /items/x', { n: 8 })).toMatchObject({ code: 'ERR_REPLICANT_UNBOUND' })
  await lab.restart('c')
  await lab.ask('a', 'PUT /items/x', { n: 9 })
  await lab.pass(60_000)
  expect(lab.read('c', 'x')).toEqual({ id: 'x', n: 7 })
  expect(await state()).toBe('unbound')
  await lab.until(lab.replicators.get('c')?.operator.resolveUnbound(lab.name('x'), 'replace') ?? Promise.resolve())
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 9 }, b: { id: 'x', n: 9 }, c: { id: 'x', n: 9 } })
  expect(await state()).toBe('agrees')
})

test('nothing was written to the resource meanwhile: a client writes none of what is something else', async () => {
  await parted('a')
  atC({ n: 7 })
  await lab.changeMembers('b', 'x', ['c'], [])
  await lab.pass(50)
  const codes = ['ERR_REPLICANT_LOCKED', 'ERR_REPLICANT_UNBOUND', 'ERR_REPLICANT_NOT_FOUND']
  expect(codes).toContain((await lab.ask('c', 'PATCH /items/x', { g: 1 })).code)
  await lab.pass(60_000)
  expect([lab.read('c', 'x'), await state()]).toEqual([{ id: 'x', n: 7 }, 'unbound'])
})

test.each(['a', 'c'])('created by %s: what is not there any more is made', async creator => {
  await parted(creator)
  atC(undefined)
  await attach()
  expect(lab.read('c', 'x')).toMatchObject({ n: 1, lines: [{ sku: 'c' }] })
  expect(await state()).toBe('agrees')
})

test.each([401, 403, 503] as const)(
  'what it has cannot be read (%i): that is said, and goes on once it can',
  async status => {
    let isRefusing = false
    await parted('a', 60_000, {
      application: (application, site) => ({
        request: async request => {
          if (site !== 'c' || !isRefusing || request.method !== 'GET') return application.request(request)
          return { ...(await application.request(request)), status, body: new Uint8Array(), rawHeaders: [] }
        },
      }),
    })
    isRefusing = true
    await attach()
    await lab.pass(90_000)
    expect(lab.behind('c')).toMatchObject({ behind: 1, behindStatus: status })
    expect(await lab.ask('c', 'PATCH /items/x', { g: 1 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    // An application that is down says nothing of what it has.
    const isSaid = status !== 503
    expect(await lab.status('c', 'x')).toMatchObject({
      state: isSaid ? 'diverged' : 'busy',
      reason: isSaid ? (expect.stringContaining(`answers ${String(status)} to the agent`) as string) : undefined,
    })
    isRefusing = false
    await lab.pass(60_000)
    expect(await lab.ask('c', 'PATCH /items/x', { g: 1 })).toMatchObject({ status: 200 })
    await lab.pass(20_000)
    expect(await state()).toBe('agrees')
    expect(lab.all('x')['c']).toMatchObject({ n: 1, g: 1 })
    expect(lab.all('x')['a']).toEqual(lab.all('x')['c'])
  },
)

test.each(['late-answer', 'accepted', 'crash-after'] as const)(
  'what was being carried out when it ceased to be a member is part of what it was: %s',
  async kind => {
    lab = await Lab.of(['a', 'b', 'c'])
    await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
    await lab.pass(60_000)
    const { application } = lab.world.site('c')
    application.failNext(
      kind === 'crash-after' ? { kind } : { kind, delayMs: 3_000 },
      ({ method }) => method === 'PATCH' || method === 'PUT',
    )
    await lab.ask('a', 'PATCH /items/x', { n: 1 })
    await lab.pass(1_000)
    await lab.changeMembers('b', 'x', [], ['c'])
    await lab.pass(20_000)
    await attach()
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 }, c: { id: 'x', n: 1 } })
    expect(await state()).toBe('agrees')
  },
)

test('what was being carried out then, and was changed since, is something else', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(60_000)
  const { application } = lab.world.site('c')
  application.failNext({ kind: 'late-answer', delayMs: 3_000 }, ({ method }) => method === 'PATCH' || method === 'PUT')
  await lab.ask('a', 'PATCH /items/x', { n: 1 })
  await lab.pass(1_000)
  await lab.changeMembers('b', 'x', [], ['c'])
  await lab.pass(20_000)
  atC({ n: 7 })
  await attach()
  expect(lab.read('c', 'x')).toEqual({ id: 'x', n: 7 })
  expect(await state()).toBe('unbound')
})
