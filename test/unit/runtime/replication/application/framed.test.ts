/**
 * What an application shows in a frame though it takes it without: nothing of what was written would be compared. Absolute examples of bodies, and creates
 * at real replicators.
 */
import { afterEach, expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { isFramed } from '../../../../../src/runtime/replication/application/framed.ts'
import { comparedFields, type Fields } from '../../../../../src/runtime/replication/drift/written-fields.ts'
import { Lab } from '../lab.ts'

let lab: Lab | undefined
afterEach(() => {
  lab?.assertSound()
  lab = undefined
})

const WRITTEN = { id: 'x', n: 1 }

test.each<[unknown, unknown, boolean]>([
  [{ data: WRITTEN, meta: { at: 7 } }, WRITTEN, true],
  [{ result: { item: { ...WRITTEN, at: 7 } } }, WRITTEN, true],
  // The ID alone says nothing of what was written.
  [{ id: 'x', data: { n: 1 } }, WRITTEN, true],
  [{ ...WRITTEN, at: 7 }, WRITTEN, false],
  // It was written with the frame.
  [{ data: WRITTEN, meta: {} }, { data: WRITTEN }, false],
  // It is never shown.
  [{ created: 7 }, { password: 'p' }, false],
  [{ links: { self: '/items/x' } }, WRITTEN, false],
  // It is something else, of the same name.
  [{ id: 'x', owner: { n: 2 } }, WRITTEN, false],
  [[WRITTEN], WRITTEN, false],
  [{ data: WRITTEN }, {}, false],
  ['x', WRITTEN, false],
])('%j of %j: in a frame %s', (shown, written, expected) => expect(isFramed(shown, written, ['/id'])).toBe(expected))

const FIELDS: Fields = {
  members: new Map([
    ['id', 'all'],
    ['n', 'all'],
  ] as const),
}

test.each<[unknown, unknown]>([
  [{ id: 'x', n: 1, at: 7 }, WRITTEN],
  // It hides what was written.
  [{ id: 'x', at: 7 }, { id: 'x' }],
  [
    { data: WRITTEN, at: 7 },
    { data: WRITTEN, at: 7 },
  ],
  [
    { id: 'x', data: { n: 1 } },
    { id: 'x', data: { n: 1 } },
  ],
  [{ at: 7 }, { at: 7 }],
])('of %j is compared %j', (value, compared) =>
  expect(comparedFields({ is: 'json', value }, FIELDS, ['/id'])).toEqual({ is: 'json', value: compared }),
)

/** All that it shows has a frame, from a moment on. */
class Framing {
  isOn: boolean
  constructor(isOn: boolean) {
    this.isOn = isOn
  }

  readonly application = (real: Application, site: string): Application => ({
    request: async asked => {
      const answer = await real.request(asked)
      if (!this.isOn || answer.body.length === 0 || answer.status >= 300) return answer
      const data = JSON.parse(new TextDecoder().decode(answer.body)) as unknown
      return { ...answer, body: new TextEncoder().encode(JSON.stringify({ data, meta: { site } })) }
    },
  })
}

const MEMBERS = ['a', 'b']
const WRITTEN_ALONE = simGlue(`${DEFINITION}    compare: written\n`)

test.each([
  ['written', WRITTEN_ALONE],
  ['all', simGlue()],
] as const)(
  'compare: %s: a create that is shown in a frame is refused, and nobody else hears of it',
  async (_, glue) => {
    lab = await Lab.of(MEMBERS, { glue: () => glue, application: new Framing(true).application })
    const made = await lab.ask('a', 'POST /items', WRITTEN, { members: MEMBERS })
    expect(made).toMatchObject({ code: 'ERR_REPLICANT_UNREADABLE' })
    await lab.pass(5_000)
    expect(lab.all('x')).toEqual({ a: WRITTEN, b: undefined })
  },
)

test('members that come to show frames, each its own, are not said to agree', async () => {
  const framing = new Framing(false)
  lab = await Lab.of(MEMBERS, { glue: () => WRITTEN_ALONE, application: framing.application })
  const states = () => Promise.all(MEMBERS.map(async site => (await lab?.status(site, 'x'))?.state))
  expect(await lab.ask('a', 'POST /items', WRITTEN, { members: MEMBERS })).toMatchObject({ status: 201 })
  await lab.pass(60_000)
  expect(await states()).toEqual(['agrees', 'agrees'])
  framing.isOn = true
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 2 })
  await lab.pass(600_000)
  expect(await states()).toContain('diverged')
})
