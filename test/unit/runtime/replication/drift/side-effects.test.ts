/**
 * An application that changes another resource when one is written (of several one is the default): where all members do the same they agree on what comes of it, and
 * nothing is put back. Real replicators in the simulated world.
 */
import { expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { JsonObject } from '../../../../../sims/world/fake-application.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b', 'c']
const NAMES = ['x', 'y']

test.each(['compare: all', 'compare: written'])('one is the default, %s', async compare => {
  const glue = simGlue(`${DEFINITION}    ${compare}\n`)
  const lab: Lab = await Lab.of(MEMBERS, {
    glue: () => glue,
    application: (real, site) => ({
      request: async asked => {
        const answer = await real.request(asked)
        if (asked.method === 'GET' || answer.status >= 300) return answer
        const { id, isDefault } = JSON.parse(new TextDecoder().decode(answer.body)) as JsonObject
        const { application } = lab.world.site(site)
        for (const name of isDefault === true ? NAMES.filter(each => each !== id) : []) {
          const other = application.read(SERVICE, `/items/${name}`)
          if (other !== undefined) application.write(SERVICE, `/items/${name}`, { ...other, isDefault: false })
        }
        return answer
      },
    }),
  })
  const members = { members: MEMBERS }
  for (const id of NAMES) {
    await lab.ask('a', 'POST /items', { id, isDefault: true }, members)
    await lab.pass(30_000)
  }
  await lab.pass(600_000)
  await lab.ask('b', 'PATCH /items/x', { isDefault: true })
  await lab.pass(600_000)
  for (const [id, isDefault] of [
    ['x', true],
    ['y', false],
  ] as const) {
    expect(Object.values(lab.all(id))).toEqual(MEMBERS.map(() => ({ id, isDefault })))
    for (const site of MEMBERS) expect(await lab.status(site, id)).toMatchObject({ state: 'agrees' })
  }
  expect(lab.effects('a', 'y')).toEqual(['POST'])
  lab.assertSound()
})
