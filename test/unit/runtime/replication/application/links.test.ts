/** Links in bodies, which hold the address of a site: no member is given those that another one shows. Real replicators, simulated world. */
import { expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application, ApplicationAnswer } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const SITES = ['a', 'b', 'c']
const glue = simGlue(`${DEFINITION}    links: [/self]\n`)
const REFUSED: ApplicationAnswer = { status: 422, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }

/** Each sets its own address where a body says none; one that is strict takes no other. */
const addressed = (isStrict: boolean) => (real: Application, site: string) => ({
  request: (asked: Parameters<Application['request']>[0]) => {
    if (!(asked.body instanceof Uint8Array)) return real.request(asked)
    const self = `http://${site}/x`
    const said = { self, ...(JSON.parse(new TextDecoder().decode(asked.body)) as { readonly self?: string }) }
    if (isStrict && said.self !== self) return Promise.resolve(REFUSED)
    return real.request({ ...asked, body: new TextEncoder().encode(JSON.stringify(said)) })
  },
})

const expectOwn = async (lab: Lab, body: object): Promise<void> => {
  for (const site of SITES) {
    expect(lab.read(site, 'x'), site).toEqual({ ...body, self: `http://${site}/x` })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
}

test.each([false, true])(
  'what is lost or changed past Cheops is put back with its own (strict: %s)',
  async isStrict => {
    const lab = await Lab.of(SITES, { glue: () => glue, application: addressed(isStrict) })
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: SITES })
    await lab.pass(10_000)
    for (const left of [undefined, { id: 'x', n: 2, self: 'http://c/x' }]) {
      lab.world.site('c').application.write('warehouse', '/items/x', left)
      await lab.pass(600_000)
      await expectOwn(lab, { id: 'x', n: 1 })
    }
  },
)

test('what a client has read at one site and sends back is taken at strict members', async () => {
  const lab = await Lab.of(SITES, { glue: () => glue, application: addressed(true) })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: SITES })
  await lab.pass(10_000)
  expect(await lab.ask('a', 'PUT /items/x', { ...lab.read('a', 'x'), n: 2 })).toMatchObject({ status: 200 })
  await lab.pass(120_000)
  await expectOwn(lab, { id: 'x', n: 2 })
})
