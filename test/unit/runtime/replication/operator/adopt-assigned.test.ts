/** What an application has assigned to something that was made past Cheops nobody has said: each member has its own of what is adopted. */
import { afterEach, expect, test } from 'vitest'
import type { Application } from '../../../../../src/ports/application.ts'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const MEMBERS = ['a', 'b']
const glue = simGlue(`${DEFINITION}    compare: written\n    assigned: [/volume]\n`)

/** Gives each its own volume where nobody names one, and takes any that is named: a claim of one that is not there waits for ever. */
const assigning = (real: Application, site: string): Application => ({
  request: async asked => {
    if (asked.method !== 'POST' && asked.method !== 'PUT') return real.request(asked)
    const said = JSON.parse(new TextDecoder().decode(asked.body as Uint8Array)) as object
    return real.request({ ...asked, body: new TextEncoder().encode(JSON.stringify({ volume: `of-${site}`, ...said })) })
  },
})

async function start(): Promise<void> {
  lab = await Lab.of(MEMBERS, { glue: () => glue, application: assigning })
  lab.world.site('a').application.write(SERVICE, '/items/x', { id: 'x', size: 3, volume: 'of-a' })
}

const ITS_OWN = {
  a: { id: 'x', size: 3, volume: 'of-a', is: 'agrees' },
  b: { id: 'x', size: 3, volume: 'of-b', is: 'agrees' },
}

async function found(): Promise<unknown> {
  const each = MEMBERS.map(async site => {
    const status = await lab.status(site, 'x')
    return [site, { ...lab.read(site, 'x'), is: status?.state }] as const
  })
  return Object.fromEntries(await Promise.all(each))
}

test('what is adopted', async () => {
  await start()
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.pass(60_000)
  expect(await found()).toEqual(ITS_OWN)
})

test('what an operator adopts in place of what is replicated', async () => {
  await start()
  await lab.ask('b', 'POST /items', { id: 'x', size: 2 }, { members: MEMBERS })
  await lab.pass(60_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'unbound' })
  await lab.until(lab.replicators.get('a')?.operator.resolveUnbound(lab.name('x'), 'adopt') ?? Promise.resolve())
  await lab.pass(60_000)
  expect(await found()).toEqual(ITS_OWN)
})
