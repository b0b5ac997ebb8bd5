/**
 * A long cut with much written: more waits for the member that is cut off than is kept for it. The oldest is given up, so that the disk is not filled, and when the cut
 * heals it is found by comparing what it lacks: all come to the same, no matter where it was written, and what passes is in proportion to what
 * differs, not to what was written or is shared. How: real agents, links and disks, with small bounds; bytes are counted on the links.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readSentParts } from '../../bench/measure/sent-parts.ts'
import { Mesh, WAIT } from './mesh.ts'

const SITES = ['site1', 'site2', 'site3']
const SHARED = 150
/** Of those, what is written while site3 is away, and how often: five times what is kept for it. */
const [CHANGED, TIMES] = [30, 20]
const KEPT = 120
/** From the healing on it takes 15 s until those that differ are looked for. */
const SETTLED_WITHIN_MS = 60_000

let mesh: Mesh
beforeAll(async () => {
  const flags = { 'limits.outboxEntries': String(KEPT) }
  mesh = await Mesh.start(SITES, Object.fromEntries(SITES.map(site => [site, { flags }])))
}, 60_000)
afterAll(() => mesh[Symbol.asyncDispose]())

const idOf = (n: number): string => `item-${n}`
const waiting = (from: string): number | undefined =>
  mesh
    .agent(from)
    .control.replication.peers()
    .find(({ site }) => site === 'site3')?.outbox

/** Bytes that sites have said of replication since their starts, signs of life left out. */
async function said(...sites: readonly string[]): Promise<number> {
  const parts = await readSentParts(sites.map(site => mesh.agent(site).ready.admin))
  return Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)
}

test(
  'what was given up is found by comparing, at a cost in proportion to what differs',
  { timeout: 180_000 },
  async () => {
    const all = Array.from({ length: SHARED }, (_, n) => n)
    for (const n of all)
      await mesh.must('site1', 'POST', '/items', {
        scope: SITES.join(' & '),
        body: { id: idOf(n), n: 0 },
        headers: n === SHARED - 1 ? WAIT : {},
      })
    await vi.waitFor(() => expect(waiting('site1')).toBe(0), 20_000)

    await mesh.down('site3')
    for (let turn = 1; turn <= TIMES; turn++)
      await Promise.all(
        Array.from({ length: CHANGED }, (_, n) =>
          mesh.must(turn % 2 === 0 ? 'site1' : 'site2', 'PUT', `/items/${idOf(n)}`, { body: { n: turn } }),
        ),
      )
    await mesh.must('site2', 'DELETE', `/items/${idOf(CHANGED)}`)
    await vi.waitFor(() => {
      for (const site of ['site1', 'site2']) expect(waiting(site), site).toBeLessThanOrEqual(KEPT)
    }, 10_000)

    const before = await said('site1', 'site2')
    await mesh.up('site3')
    for (let n = 0; n < CHANGED; n++) {
      const item = { id: idOf(n), n: TIMES }
      await mesh.settles(idOf(n), [item, item, item], SETTLED_WITHIN_MS)
    }
    await mesh.settles(idOf(CHANGED), [undefined, undefined, undefined], SETTLED_WITHIN_MS)
    const last = { id: idOf(SHARED - 1), n: 0 }
    expect(await mesh.everywhere(last.id)).toEqual([last, last, last])
    const bytes = (await said(...SITES)) - before
    // Two sites tell it, each a whole replicant for each that differs, and a little of all to find out which.
    expect(bytes).toBeLessThan(2_000 * CHANGED)
    // Nothing is left to be told, and it is one of them as before.
    await mesh.must('site3', 'PUT', `/items/${idOf(0)}`, { body: { n: -1 }, headers: WAIT })
    const own = { id: idOf(0), n: -1 }
    expect(await mesh.everywhere(own.id)).toEqual([own, own, own])
  },
)
