/**
 * An application that knows no PUT is put back by a PATCH of what differs. Real replicators in the simulated world, where somebody writes past them, and
 * applications that refuse methods and media types.
 */
import { afterEach, expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

/** Methods and media types of what an application took or refused. */
let asked: string[] = []

/** @param takes media types of a PATCH */
const patched =
  (status: number, takes: RegExp, refusal = 415) =>
  (real: Application): Application => ({
    request: async request => {
      const { method, headers } = request
      const type = headers[headers.findIndex(name => name.toLowerCase() === 'content-type') + 1] ?? ''
      const isRefused = method === 'PUT' || (method === 'PATCH' && !takes.test(type))
      if (isRefused) {
        asked.push(`${method} ${type}`)
        const body = new Uint8Array()
        return { status: method === 'PUT' ? status : refusal, reason: '', rawHeaders: [], body, isComplete: true }
      }
      return real.request(request)
    },
  })

let lab: Lab
afterEach(() => {
  lab.assertSound()
  asked = []
})

async function start(status: number, takes: RegExp, compare: string, refusal?: number): Promise<void> {
  const glue = simGlue(`${DEFINITION}    compare: ${compare}\n`)
  lab = await Lab.of(MEMBERS, { glue: () => glue, application: patched(status, takes, refusal) })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
}

const states = () => Promise.all(MEMBERS.map(async site => (await lab.status(site, 'x'))?.state))
const write = (site: string, value: object): void =>
  lab.world.site(site).application.write(SERVICE, '/items/x', { id: 'x', ...value })

test.each([
  [405, /merge-patch/, 'all', 'application/merge-patch+json', { id: 'x', n: 2 }],
  [405, /^application\/json/, 'all', 'application/json', { id: 'x', n: 2 }],
  [404, /^application\/json/, 'written', 'application/json', { id: 'x', n: 2, own: 1 }],
] as const)('no PUT (%i), PATCH of %s, compare: %s', async (status, takes, compare, type, then) => {
  await start(status, takes, compare)
  expect(await lab.ask('a', 'PATCH /items/x', { n: 2 }, { type })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  write('b', { n: 7, own: 1 })
  await lab.pass(600_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: then })
  expect(await states()).toEqual(['agrees', 'agrees'])
  expect(await lab.ask('b', 'PATCH /items/x', { f: 1 }, { type })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2, f: 1 }, b: { ...then, f: 1 } })
  // Where clients have said how it is patched that is known, and no other form is tried.
  expect(asked.filter(each => each.startsWith('PATCH'))).toEqual([])
})

// PocketBase answers 400 to a media type that it does not know.
test.each([415, 400, 422])('where nobody has patched it yet (%i) the other media type is tried', async refusal => {
  await start(405, /^application\/json/, 'all', refusal)
  await lab.pass(60_000)
  write('b', { n: 7 })
  await lab.pass(600_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  expect(new Set(asked.filter(each => each.startsWith('PATCH')))).toEqual(
    new Set(['PATCH application/merge-patch+json']),
  )
})

test('changed at all members they come together', async () => {
  await start(405, /./, 'written')
  await lab.pass(60_000)
  write('a', { n: 7 })
  write('b', { n: 8 })
  await lab.pass(600_000)
  expect(lab.read('a', 'x')).toEqual(lab.read('b', 'x'))
  expect(await states()).toEqual(['agrees', 'agrees'])
})

test('neither PUT nor PATCH: it is shown to differ', async () => {
  await start(405, /none/, 'all')
  await lab.pass(60_000)
  write('b', { n: 7 })
  await lab.pass(600_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 7 } })
  expect(await states()).toEqual(['agrees', 'diverged'])
})
