/**
 * Applications that show in a frame what they take without one, and whose definition says where in it the resource stands (`content`): they are
 * replicated as any other, and no frame ever comes to be content. Real replicators in the simulated world, with frames that differ from site to site.
 */
import { afterEach, expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b', 'c']
const MADE = { id: 'x', n: 1 }

let lab: Lab
afterEach(() => lab.assertSound())

/** Reads, and answers to writes, each in a frame with something of the site. */
const framed = (real: Application, site: string): Application => ({
  request: async asked => {
    const answer = await real.request(asked)
    if (answer.body.length === 0 || answer.status >= 300) return answer
    const data = JSON.parse(new TextDecoder().decode(answer.body)) as unknown
    return { ...answer, body: new TextEncoder().encode(JSON.stringify({ data, meta: { site } })) }
  },
})

async function start(compare: string): Promise<void> {
  const glue = simGlue(`${DEFINITION}    content: /data\n    compare: ${compare}\n`)
  lab = await Lab.of(MEMBERS, { glue: () => glue, application: framed })
}

const states = () => Promise.all(MEMBERS.map(async site => (await lab.status(site, 'x'))?.state))
const everywhere = (value: unknown) => Object.fromEntries(MEMBERS.map(site => [site, value]))
const AGREE = ['agrees', 'agrees', 'agrees']

test.each(['all', 'written'])('compare: %s: created, changed on both sides of a cut, deleted', async compare => {
  await start(compare)
  expect(await lab.ask('a', 'POST /items', MADE, { members: MEMBERS })).toMatchObject({ status: 201 })
  await lab.pass(60_000)
  expect([lab.all('x'), await states()]).toEqual([everywhere(MADE), AGREE])
  lab.cut('b')
  await lab.ask('a', 'PUT /items/x', { id: 'x', n: 2 })
  await lab.ask('b', 'PATCH /items/x', { m: 3 })
  await lab.heal()
  await lab.pass(120_000)
  expect(new Set(MEMBERS.map(site => JSON.stringify(lab.read(site, 'x')))).size).toBe(1)
  expect([Object.keys(lab.read('a', 'x') ?? {}).toSorted(), await states()]).toEqual([['id', 'm', 'n'], AGREE])
  await lab.ask('c', 'DELETE /items/x')
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual(everywhere(undefined))
})

test('what was changed past Cheops is put back, and a repair copies the content of another member alone', async () => {
  await start('all')
  await lab.ask('a', 'POST /items', MADE, { members: MEMBERS })
  await lab.pass(60_000)
  lab.world.site('b').application.write(SERVICE, '/items/x', { id: 'x', n: 7 })
  expect(await lab.repair('b', 'x', 'a')).toBe('copied')
  await lab.pass(60_000)
  expect([lab.all('x'), await states()]).toEqual([everywhere(MADE), AGREE])
})

test('what was made past Cheops is adopted without its frame', async () => {
  await start('all')
  lab.world.site('a').application.write(SERVICE, '/items/x', MADE)
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.pass(60_000)
  expect([lab.all('x'), await states()]).toEqual([everywhere(MADE), AGREE])
})
