/**
 * What an operator is told of single operations: by any name that a site may have, at each member what is surely known there, and of what
 * was given up that it was. How: two sites in the simulated world, and a view on the records of each.
 */
import { beforeEach, expect, test } from 'vitest'
import type { Clock } from '../../../../../src/ports/clock.ts'
import { isSiteName } from '../../../../../src/core/membership/record.ts'
import { MAX_KNOWN_OUTCOMES } from '../../../../../src/runtime/replication/limits.ts'
import { OperationsView } from '../../../../../src/runtime/replication/operator/operations-view.ts'
import { operationText } from '../../../../../src/runtime/replication/operator/replicant-listing.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import { Lab } from '../lab.ts'
import fc from 'fast-check'

const SITES = ['shop_1', 'Shop.2']
const query = { signal: new AbortController().signal }
let lab: Lab

beforeEach(async () => {
  lab = await Lab.of(SITES)
})

/** Of the records that a site has on its disk now. */
function view(site: string): OperationsView {
  const replicator = lab.replicators.get(site)
  if (replicator === undefined) throw new Error(`no agent runs at ${site}`)
  const store = new MemoryStore(new Map(lab.world.site(site).machine.disk.values))
  const clock = { monotonic: () => 0 } as unknown as Clock
  const replicas = {
    status: replicator.status.bind(replicator),
    inspect: replicator.inspect.bind(replicator),
  }
  return new OperationsView(site, store, clock, replicas)
}

async function write(request: string, body: object, members?: readonly string[]): Promise<string> {
  const { accepted } = await lab.ask('shop_1', request, body, members && { members })
  if (accepted?.operation === undefined) throw new Error(`${request} was not accepted`)
  await lab.pass(5_000)
  return operationText(accepted.operation)
}

test('the name of any site is understood, and what no site is called is refused', async () => {
  const operation = await write('POST /items', { id: 'nut', n: 1 }, SITES)
  for (const site of SITES) {
    expect(await lab.until(view(site).operation(operation, query))).toMatchObject({ operation, site: 'shop_1' })
    expect(await lab.until(view(site).body(operation, query))).toMatchObject({ body: '{"id":"nut","n":1}' })
  }
  const [, incarnation = '', number = ''] = operation.split('/')
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/), async site => {
      const other = view('shop_1').operation(`${site}/${incarnation}/${number}9`, query)
      const code = isSiteName(site) ? 'ERR_OPERATION_NOT_FOUND' : 'ERR_ADMIN_INPUT'
      await expect(other).rejects.toMatchObject({ code })
    }),
    { numRuns: 30 },
  )
  for (const bad of ['127.0.0.1', 'localhost', '_a', 'a b', 'a'.repeat(64)])
    await expect(view('shop_1').operation(`${bad}/${incarnation}/${number}`, query), bad).rejects.toMatchObject({
      code: 'ERR_ADMIN_INPUT',
    })
})

test('a member that does not remember what it did with a write says so, and what it did last it knows', async () => {
  const create = await write('POST /items', { id: 'nut', n: 1 }, SITES)
  const put = await write('PUT /items/nut', { n: 2 })
  const { operations } = await lab.until(view('Shop.2').history(lab.name('nut')))
  const own = (operation: string) =>
    operations.find(known => known.operation === operation)?.sites.find(({ site }) => site === 'Shop.2')?.outcome
  // It has carried both out, and its records are of the last one.
  expect(lab.effects('Shop.2', 'nut')).toContain('PUT')
  expect([own(create), own(put)]).toEqual(['unknown', 'applied'])
  // Where they were written all is known.
  const first = await lab.until(view('shop_1').operation(create, query))
  expect(first.sites.map(({ site, outcome }) => `${site} ${outcome}`)).toEqual(['Shop.2 applied', 'shop_1 applied'])
})

test('of a body that was given up it is said that it was, and of what never had one, what it is', async () => {
  await write('POST /items', { id: 'nut', n: 1 }, SITES)
  const lost = await write('PUT /items/nut', { n: 2 })
  await write('PUT /items/nut', { n: 3 })
  expect(await lab.until(view('shop_1').operation(lost, query))).toMatchObject({ type: undefined, request: undefined })
  await expect(lab.until(view('shop_1').body(lost, query))).rejects.toMatchObject({
    code: 'ERR_OPERATION_BODY_GONE',
    message: expect.stringContaining('given up') as string,
  })
  const removed = await lab.changeMembers('shop_1', 'nut', [], ['Shop.2'])
  await expect(lab.until(view('shop_1').body(operationText(removed), query))).rejects.toMatchObject({
    code: 'ERR_OPERATION_BODY_GONE',
    message: expect.stringContaining('a change of members') as string,
  })
})

test('of a change behind which too many others were written it is told that the other member has it, and not that it is still to come', async () => {
  await write('POST /items', { id: 'x', n: 0 }, SITES)
  lab.cut('Shop.2')
  const { accepted } = await lab.ask('shop_1', 'PATCH /items/x', { first: true })
  if (accepted?.operation === undefined) throw new Error('it was not accepted')
  const first = operationText(accepted.operation)
  for (let n = 0; n < MAX_KNOWN_OUTCOMES; n++) await lab.ask('shop_1', 'PATCH /items/x', { [`f${String(n)}`]: n })
  await lab.heal(120_000)
  expect(lab.read('Shop.2', 'x')).toMatchObject({ first: true, f0: 0 })
  const { sites } = await view('shop_1').operation(first, query)
  expect(sites.map(({ site, outcome }) => [site, outcome])).toEqual([
    ['Shop.2', 'received'],
    ['shop_1', 'applied'],
  ])
})
