/** Who waits for a create that takes too long, of a replicant that has left the memory by then, as those do of which there are thousands. */
import { expect, test } from 'vitest'
import type { Application, ApplicationAnswer } from '../../../../../src/ports/application.ts'
import { MAX_CACHED_REPLICAS } from '../../../../../src/runtime/replication/limits.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const failure = (status: number): ApplicationAnswer => ({
  status,
  reason: '',
  rawHeaders: [],
  body: new Uint8Array(),
  isComplete: true,
})

test('who has waited in vain does nothing to it afterwards: it is one operation, the same at all members', async () => {
  let reads = -1
  const after = (ms: number) => new Promise<void>(resolve => void lab.world.time.after(ms, resolve))
  /** The create is given up and takes effect; then two reads are refused, and the third is slow. */
  const slow = (real: Application, site: string): Application => ({
    request: async asked => {
      if (site !== 'a') return real.request(asked)
      if (asked.method === 'POST') {
        await after(40_000)
        await real.request(asked)
        reads = 0
        return failure(504)
      }
      if (asked.method === 'GET' && reads >= 0 && ++reads <= 2) return failure(503)
      if (asked.method === 'GET' && reads === 3) await after(5_000)
      return real.request(asked)
    },
  })
  const lab = await Lab.of(MEMBERS, { application: slow })
  const created = lab.begin('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(1_000)
  const learn = (): Promise<unknown> | undefined =>
    lab.replicators
      .get('a')
      ?.standingOnceKnown(lab.name('x'))
      .catch((error: unknown) => error)
  const learnt = [learn()]
  await lab.pass(41_000)
  for (let other = 0; other <= MAX_CACHED_REPLICAS; other++)
    await lab.replicators.get('a')?.inspect(lab.name(`other-${String(other)}`), () => undefined)
  learnt.push(learn())
  await lab.pass(60_000)
  await Promise.all([created, ...learnt])
  await lab.pass(600_000)
  expect(lab.told.filter(({ event }) => event.kind === 'released')).toHaveLength(1)
  const lives = await Promise.all(
    MEMBERS.map(async site =>
      lab.replicators.get(site)?.inspect(lab.name('x'), ({ core }) => core.replicant.lives[0]?.life),
    ),
  )
  expect(lives[0]).toBeDefined()
  expect(lives[0]).toEqual(lives[1])
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  lab.assertSound()
})
