/** Whether a name is replicated is known when the create that is under way has ended, and from the moment on at which that was taken. Real replicators in the simulated world. */
import { afterEach, expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

/** What a request that comes now learns of x at a. */
function learnt(): Promise<{ readonly isPresent: boolean } | undefined> {
  const replicator = lab.replicators.get('a')
  if (replicator === undefined) throw new Error('no agent runs at a')
  return replicator.standingOnceKnown(lab.name('x'))
}

test('a request that comes just behind a create waits for it, before anything of that is on disk', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  const created = lab.begin('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  const status = learnt()
  expect(await lab.until(created)).toMatchObject({ status: 201 })
  expect(await lab.until(status)).toMatchObject({ isPresent: true })
})

test('a create that comes to nothing leaves the name free', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  // It is somebody's already.
  lab.world.site('a').application.write(SERVICE, '/items/x', { id: 'x', n: 9 })
  const created = lab.begin('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  const status = learnt()
  expect(await lab.until(created)).toMatchObject({ status: 409 })
  expect(await lab.until(status)).toBeUndefined()
  expect(await lab.until(learnt())).toBeUndefined()
})

test('what is there already is known at once, also while it is written with a scope', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  let isWritten = false
  const written = lab.begin('a', 'PUT /items/x', { n: 2 }, ABC).then(() => (isWritten = true))
  expect(await lab.until(learnt())).toMatchObject({ isPresent: true })
  expect(isWritten).toBe(false)
  await lab.until(written)
})
