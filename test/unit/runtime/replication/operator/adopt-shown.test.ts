/**
 * What was made past Cheops is said to others as it is shown. Where that is not what an application takes (a frame, links to one site, a resource without its name)
 * it is refused, or the others are said to differ; what is there already is never overwritten by it. Real replicators in the simulated world, with applications
 * that show something else than they have.
 */
import { afterEach, expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { JsonObject } from '../../../../../sims/world/fake-application.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

type Show = (value: JsonObject, site: string) => unknown

const MEMBERS = ['a', 'b', 'c']
const MADE = { id: 'x', n: 1 }

const framed: Show = data => ({ data, meta: {} })
const linked: Show = (value, site) => ({
  ...value,
  _links: { self: { href: `http://${site}:8080/api/items/x{?all}` } },
})
const nameless: Show = ({ n }) => ({ value: { n } })

let lab: Lab
afterEach(() => lab.assertSound())

const showing =
  (show: Show) =>
  (real: Application, site: string): Application => ({
    request: async asked => {
      const answer = await real.request(asked)
      if (answer.body.length === 0 || answer.status >= 300) return answer
      const value = JSON.parse(new TextDecoder().decode(answer.body)) as JsonObject
      return { ...answer, body: new TextEncoder().encode(JSON.stringify(show(value, site))) }
    },
  })

async function start(show: Show, more = ''): Promise<void> {
  const glue = simGlue(`${DEFINITION}${more}`)
  lab = await Lab.of(MEMBERS, { glue: () => glue, application: showing(show) })
  lab.world.site('a').application.write(SERVICE, '/items/x', MADE)
}

const states = () => Promise.all(MEMBERS.map(async site => (await lab.status(site, 'x'))?.state))

test.each([
  ['in a frame', framed, 'ERR_REPLICANT_UNREADABLE', /in a frame, \{"data": …, "meta": …\}/],
  ['with a link to itself at one site', linked, 'ERR_REPLICANT_UNREADABLE', /at \/_links\/self\/href: .*server-set/],
  ['without the name that a create has to say', nameless, 'ERR_REPLICANT_UNNAMED', /does not say its name/],
])('what is shown %s is not adopted', async (_, show, code, says) => {
  await start(show)
  const message = expect.stringMatching(says) as string
  await expect(lab.adopt('a', 'x', MEMBERS, 'same')).rejects.toMatchObject({ code, message })
  await lab.pass(600_000)
  expect(lab.all('x')).toEqual({ a: MADE, b: undefined, c: undefined })
  expect(lab.effects('a', 'x')).toEqual([])
})

test('with the links in server-set it is', async () => {
  await start(linked, '    server-set: [/_links]\n')
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual({ a: MADE, b: MADE, c: MADE })
  expect(await states()).toEqual(['agrees', 'agrees', 'agrees'])
})

test('a frame that cannot be seen: those that show it twice differ, and what was adopted stays as it is', async () => {
  await start(nameless, '    create: {method: POST, also: [PUT]}\n')
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.pass(1_800_000)
  expect(lab.read('a', 'x')).toEqual(MADE)
  expect(lab.effects('a', 'x')).toEqual([])
  expect(await states()).toEqual(['agrees', 'diverged', 'diverged'])
})

test('nor does what an operator adopts in place of what is replicated go to others in a frame', async () => {
  let show: Show = value => value
  await start((value, site) => show(value, site))
  await lab.ask('b', 'POST /items', { id: 'x', n: 2 }, { members: MEMBERS })
  await lab.pass(60_000)
  expect(await states()).toEqual(['unbound', 'agrees', 'agrees'])
  show = framed
  const resolved = lab.replicators.get('a')?.operator.resolveUnbound(lab.name('x'), 'adopt')
  await expect(lab.until(resolved ?? Promise.resolve())).rejects.toMatchObject({ code: 'ERR_REPLICANT_UNREADABLE' })
})
