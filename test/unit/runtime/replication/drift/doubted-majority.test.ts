/** Members that have sent again what may not be sent twice believe the one that has not, also where that was changed past Cheops. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

test('whom two of three have to believe may show what nobody has written: they do not wait for each other', async () => {
  const lab = await Lab.of(ABC.members)
  lab.doubt = 'skip'
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(8_000)
  lab.world.site('a').application.write(SERVICE, '/items/x', { id: 'x', n: 'o' })
  await lab.pass(300)
  const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  // Given up at two, and undone there: it may land yet, as far as anybody knows.
  for (const site of ['c', 'b']) {
    const { application } = lab.world.site(site)
    application.failNext({ kind: 'crash-after' }, ({ method }) => method === 'POST')
    expect(await add(site)).toMatchObject({ accepted: { outcome: 'uncertain' } })
    // Before the round comes to what was changed at a.
    await lab.pass(site === 'c' ? 8_000 : 20)
  }
  expect(await lab.ask('b', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  await lab.pass(300)
  expect(await add('a')).toMatchObject({ status: 201 })
  await lab.pass(300)
  expect(await lab.ask('c', 'PATCH /items/x', { m: 2 })).toMatchObject({ status: 200 })
  await lab.pass(120_000)
  for (const site of ABC.members) {
    expect(lab.read(site, 'x'), site).toEqual(lab.read('a', 'x'))
    expect(lab.read(site, 'x'), site).toMatchObject({ m: 2, lines: [{ line: 1 }] })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
})
