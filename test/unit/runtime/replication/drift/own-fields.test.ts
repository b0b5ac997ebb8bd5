/**
 * Applications that each add a field of their own (where it runs, when it was changed), that no definition names: where only what was written is compared members agree, also
 * where clients change resources by PATCH of plain JSON; where all is, they are shown to differ, and take writes all the same. Real replicators, simulated world.
 */
import { describe, expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'
import type { ReplicationPlant } from '../../../../../sims/world/replication/replication-world.ts'

const SITES = ['a', 'b', 'c']
const JSON_TYPE = { type: 'application/json' }

type Compare = 'written' | 'all'
const comparing = (compare: Compare) =>
  simGlue(DEFINITION.replace('    operations:', `    compare: ${compare}\n    operations:`))

/** Each shows where it runs. */
const showing = (compare: Compare): ReplicationPlant => ({
  glue: () => comparing(compare),
  application: (application, site) => ({
    request: async request => {
      const answer = await application.request(request)
      if (answer.status >= 300 || answer.body.length === 0) return answer
      const shown = JSON.parse(new TextDecoder().decode(answer.body)) as object
      return { ...answer, body: new TextEncoder().encode(JSON.stringify({ ...shown, where: site })) }
    },
  }),
})

/** Writes at all sites in turn. @returns the answers that were no success */
async function writeAll(lab: Lab, method: string, rounds: number): Promise<readonly string[]> {
  const refused: string[] = []
  for (let n = 1; n <= rounds; n++)
    for (const site of SITES) {
      const field = `${site}${n % 3}`
      const { status, code } = await lab.ask(site, `${method} /items/x`, { id: 'x', [field]: n }, JSON_TYPE)
      if (status !== 200) refused.push(`${n} at ${site}: ${code ?? status}`)
      await lab.pass(500 + ((n * 7_919) % 15_000))
    }
  return refused
}

const kinds = (lab: Lab): readonly string[] => lab.told.map(({ event }) => event.kind)

describe.each(['PUT', 'PATCH'])('%s', method => {
  test('where what was written is compared, all agree, and nobody ever looks for a state', async () => {
    const lab = await Lab.of(SITES, showing('written'))
    await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: SITES })
    expect(await writeAll(lab, method, 20)).toEqual([])
    await lab.pass(3_600_000)
    for (const site of SITES) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(kinds(lab).filter(kind => kind === 'drift' || kind === 'diverged')).toEqual([])
  })

  test('where all is compared, they are shown to differ and why, and every write is taken and reaches all', async () => {
    const lab = await Lab.of(SITES, showing('all'))
    await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: SITES })
    expect(await writeAll(lab, method, 20)).toEqual([])
    await lab.pass(60_000)
    for (const site of SITES) {
      expect(lab.read(site, 'x'), site).toMatchObject({ c2: 20 })
      const status = await lab.status(site, 'x')
      expect(status, site).toMatchObject({ state: 'diverged', conflicts: [] })
      for (const way of ['server-set', 'compare: written']) expect(status?.reason, site).toContain(way)
      // What a PATCH of plain JSON makes of fields that it does not name only the application knows.
      if (method === 'PUT') expect(status?.reason, site).toMatch(/ at \/where: fields/)
    }
    lab.assertSound()
  })
})

/** Counts up with each change, as an audit does, and keeps what it has counted: at one site, or at all of them. */
const counting = (isAt: (site: string) => boolean): ReplicationPlant => ({
  glue: () => comparing('all'),
  application: (application, site) => {
    let count = 0
    return {
      request: async request => {
        const { method, body } = request
        if (!isAt(site) || method === 'GET' || !(body instanceof Uint8Array)) return application.request(request)
        const sent = JSON.parse(new TextDecoder().decode(body)) as object
        const more = new TextEncoder().encode(JSON.stringify({ ...sent, [`audit-${site}`]: ++count }))
        return application.request({ ...request, body: more })
      },
    }
  },
})

const OWN: Readonly<Record<string, ReplicationPlant>> = {
  'each shows where it runs': showing('all'),
  'one counts its changes': counting(site => site === 'b'),
  'each counts its changes': counting(() => true),
}

test.each(Object.entries(OWN))(
  '%s: no site is ever locked, and soon nobody asks for a state any more',
  async (_what, plant) => {
    const lab = await Lab.of(SITES, plant)
    await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: SITES })
    await lab.pass(30_000)
    lab.cut('c')
    await lab.pass(30_000)
    await lab.heal(1)
    for (let n = 0; n < 40; n++) {
      const site = SITES[n % 3] ?? ''
      const answer = await lab.ask(site, `${n % 4 === 0 ? 'PUT' : 'PATCH'} /items/x`, { id: 'x', n }, JSON_TYPE)
      expect(answer.status, `${n} at ${site}: ${String(answer.code)}`).toBe(200)
      await lab.pass(97 * n)
    }
    await lab.pass(600_000)
    const asked = lab.states.length
    await lab.pass(1_200_000)
    expect(lab.states.length).toBe(asked)
    for (const site of SITES) {
      expect(lab.read(site, 'x'), site).toMatchObject({ n: 39 })
      expect((await lab.ask(site, 'PATCH /items/x', { n: 39 }, JSON_TYPE)).status, site).toBe(200)
    }
    lab.assertSound()
  },
)

test('where nobody else can be reached a write is taken all the same', async () => {
  const lab = await Lab.of(SITES, showing('all'))
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: SITES })
  await lab.pass(1_000)
  lab.cut('c')
  await lab.pass(60_000)
  for (const method of ['PATCH', 'PUT', 'PATCH']) {
    const answer = await lab.ask('c', `${method} /items/x`, { id: 'x', own: method }, JSON_TYPE)
    expect(answer.status, `${method}: ${String(answer.code)}`).toBe(200)
    await lab.pass(20_000)
  }
  await lab.heal(60_000)
  for (const site of SITES) expect(lab.read(site, 'x'), site).toMatchObject({ own: 'PATCH' })
})

/** As most frameworks: each shows when it was changed, and a price in its own words, whatever is sent. */
function stamping(puts: string[]): ReplicationPlant {
  let clock = 0
  return {
    glue: () => comparing('all'),
    application: (application, site) => ({
      request: async request => {
        const { method, body } = request
        if ((method !== 'POST' && method !== 'PUT') || !(body instanceof Uint8Array))
          return application.request(request)
        puts.push(site)
        const said = JSON.parse(new TextDecoder().decode(body)) as object
        const own = { price: '1.50', modified: `${site}-${clock++}` }
        return application.request({ ...request, body: new TextEncoder().encode(JSON.stringify({ ...said, ...own })) })
      },
    }),
  }
}

test('where all are reached and none agrees it is said, with the fields; and in time it is left at that', async () => {
  const puts: string[] = []
  const lab = await Lab.of(['a', 'b'], stamping(puts))
  await lab.ask('a', 'POST /items', { id: 'x', n: 0, price: '1.5' }, { members: ['a', 'b'] })
  for (const ms of [20_000, 300_000]) {
    await lab.pass(ms)
    for (const site of ['a', 'b']) {
      const status = await lab.status(site, 'x')
      expect(status?.state).toBe('diverged')
      expect(status?.reason).not.toContain('can be reached')
      expect(status?.reason).toMatch(/\/modified, \/price: fields that each .*server-set/)
    }
  }
  await lab.pass(3_600_000)
  const sent = puts.length
  await lab.pass(2 * 3_600_000)
  expect(puts.length).toBe(sent)
  // A change past Cheops is another thing: nobody can tell which of them is right, but all come to one.
  for (const [place, site] of ['a', 'b'].entries()) {
    const other = { id: 'x', n: 7 + place, price: '1.50', modified: 'm' }
    lab.world.site(site).application.write('warehouse', '/items/x', other)
    await lab.pass(1_800_000)
    expect(lab.read('a', 'x')?.['n'], site).toBe(lab.read('b', 'x')?.['n'])
  }
  await lab.pass(3_600_000)
  const after = puts.length
  await lab.pass(2 * 3_600_000)
  expect(puts.length).toBe(after)
})

test.each([13, 203])(
  'where one thing is shown otherwise than written writes are taken, %d minutes later too',
  async minutes => {
    const lab = await Lab.of(['a', 'b'], stamping([]))
    await lab.ask('a', 'POST /items', { id: 'x', n: 0, price: '1.5' }, { members: ['a', 'b'] })
    await lab.pass(minutes * 60_000)
    for (const site of ['a', 'b', 'a', 'b']) {
      expect(await lab.ask(site, 'PATCH /items/x', { [site]: 1 }), site).toMatchObject({ status: 200 })
      await lab.pass(60_000)
    }
    for (const site of ['a', 'b']) expect(lab.read(site, 'x'), site).toMatchObject({ a: 1, b: 1 })
  },
)

/** PATCH of `{"command": "paint", "to": …}` sets `colour`, which it does not name. */
const PAINTING: ReplicationPlant = {
  glue: () => comparing('written'),
  application: application => ({
    request: request => {
      const { method, body } = request
      if (method !== 'PATCH' || !(body instanceof Uint8Array)) return application.request(request)
      const { to } = JSON.parse(new TextDecoder().decode(body)) as { readonly to: string }
      return application.request({ ...request, body: new TextEncoder().encode(JSON.stringify({ colour: to })) })
    },
  }),
}

test('what a PATCH has set and does not name is copied with the state of a member', async () => {
  const lab = await Lab.of(SITES, PAINTING)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: SITES })
  await lab.ask('a', 'PATCH /items/x', { command: 'paint', to: 'red' }, JSON_TYPE)
  await lab.pass(20_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 0, colour: 'red' })
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 1 })
  await lab.pass(1_800_000)
  for (const site of SITES) expect(lab.read(site, 'x'), site).toMatchObject({ id: 'x', n: 0, colour: 'red' })
})
