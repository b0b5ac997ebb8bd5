/** What an application refuses for now (429) is asked for again within seconds, as long as that is what was decided by what it shows. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const byPut = simGlue(DEFINITION.replace('    operations:', '    create: {method: PUT}\n    operations:'))
const isPut = ({ method }: { readonly method: string }): boolean => method === 'PUT'
const TOO_MANY = { kind: 'refuse', status: 429 } as const

async function madeByPut(): Promise<Lab> {
  const lab = await Lab.of(MEMBERS, { glue: () => byPut })
  for (const site of MEMBERS) lab.world.site(site).application.putCreates = true
  return lab
}

test('a creation by PUT that is refused for now is not sent over what somebody has made by the name meanwhile', async () => {
  const lab = await madeByPut()
  const { application } = lab.world.site('b')
  for (let times = 0; times < 3; times++) application.failNext(TOO_MANY, isPut)
  expect(await lab.ask('a', 'PUT /items/x', { id: 'x', n: 1 }, { members: MEMBERS })).toMatchObject({ status: 201 })
  while (application.requests.every(request => !isPut(request))) await lab.pass(10)
  application.write(SERVICE, '/items/x', { id: 'x', somebodys: true })
  await lab.pass(60_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', somebodys: true })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'unbound' })
  lab.assertSound()
})

test('where nobody has made anything by then it is made within the second', async () => {
  const lab = await madeByPut()
  const { application } = lab.world.site('b')
  for (let times = 0; times < 2; times++) application.failNext(TOO_MANY, isPut)
  await lab.ask('a', 'PUT /items/x', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(1_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1 })
  lab.assertSound()
})
