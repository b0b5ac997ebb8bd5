/**
 * Five sites, random writes at all members, random cuts, deaths and failing applications; then everything is healed, and nobody helps. Members have the
 * same, others nothing; what was answered with success is there, and counted once. CHEOPS_CHAOS_SEED repeats the choices of a
 * run (not its timing), CHEOPS_CHAOS_MS says how long it goes on. Needs `npm run build`.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { SeededRandom } from '../../../sims/world/seeded-random.ts'
import type { Fault } from './ledger-application.ts'
import { ProcessMesh, WAIT } from './process-mesh.ts'

const SITES = ['s1', 's2', 's3', 's4', 's5']
const SEED = Number(process.env['CHEOPS_CHAOS_SEED'] ?? Date.now() % 1_000_000)
const DURATION_MS = Number(process.env['CHEOPS_CHAOS_MS'] ?? 20_000)
/** Writes that must have succeeded. */
const ENOUGH = 100
/** Of those that a body or a count can be told from: what cannot be told would be locked until a person decides. */
const FAULTS: readonly Fault[] = [
  'break-before',
  'break-after',
  { status: 500 },
  { status: 503 },
  { lateMs: 300 },
  'garbage-after',
]

interface Known {
  readonly id: string
  readonly members: readonly string[]
  /** Fields that were merged with success. */
  readonly fields: Set<string>
  /** Successful increments, and those of which nobody was told what came of them. */
  counted: number
  perhaps: number
}

let mesh: ProcessMesh
beforeAll(async () => {
  mesh = await ProcessMesh.start(SITES)
})
afterAll(() => mesh[Symbol.asyncDispose]())

/** As an operator is told. */
async function stateOf(site: string, id: string): Promise<string> {
  const { state } = (await mesh.shown(site, id)) as { state: string }
  return state
}

/** What each site says and has of a thing, and what agents wrote: a run does not fail a second time by its seed. */
async function allOf(id: string): Promise<string> {
  const parts = SITES.map(async site => {
    const shown = await mesh.shown(site, id).catch(String)
    const has = mesh.everywhere(id)[site]
    return `${site} says ${JSON.stringify(shown)}\n  has ${JSON.stringify(has)}\n  wrote ${mesh.output(site).slice(-4_000)}`
  })
  return (await Promise.all(parts)).join('\n')
}

test(
  'after all that goes wrong members have the same, and all of what was answered with success',
  { timeout: 240_000 },
  async () => {
    const random = new SeededRandom(SEED)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)] as T
    const known: Known[] = []
    for (let n = 0; n < 12; n++) {
      const members = SITES.filter(() => random.uniform() < 0.6)
      if (members.length < 2) members.splice(0, members.length, 's1', 's3')
      const id = `thing-${n}`
      await mesh.must(members[0] ?? '', 'POST', '/things', {
        scope: members.join(' & '),
        body: { id, n: 0 },
        headers: WAIT,
      })
      known.push({ id, members, fields: new Set(), counted: 0, perhaps: 0 })
    }
    const succeeded = (): number => known.reduce((sum, { fields, counted }) => sum + fields.size + counted, 0)
    let isOver = false
    const down = new Set<string>()
    const client = async (number: number): Promise<void> => {
      for (let turn = 0; !isOver; turn++) {
        const thing = pick(known)
        const site = pick(thing.members)
        if (down.has(site)) {
          await wait(20)
          continue
        }
        const counts = thing.id.endsWith('1') || thing.id.endsWith('5')
        const field = `f${number}-${turn}`
        const asked = counts
          ? mesh.ask(site, 'POST', `/things/${thing.id}/increments`, { body: { by: 1 } })
          : mesh.ask(site, 'PATCH', `/things/${thing.id}`, { body: { [field]: site } })
        const answer = await asked.catch(() => undefined)
        const status = answer?.status ?? 0
        if (status >= 200 && status < 300) {
          if (counts) thing.counted++
          else thing.fields.add(field)
        } else if (counts && ![409, 423].includes(status)) thing.perhaps++
        await wait(random.uniform() * 30)
      }
    }
    const trouble = async (): Promise<void> => {
      const end = performance.now() + DURATION_MS
      // Else little was tried: on a slow machine it goes on for longer.
      const isEnough = (): boolean => succeeded() > ENOUGH || performance.now() > end + 2 * DURATION_MS
      while (performance.now() < end || !isEnough()) {
        const site = pick(SITES)
        const dice = random.uniform()
        if (dice < 0.25) mesh.cut(site, pick(SITES.filter(other => other !== site)))
        else if (dice < 0.35) mesh.cutOneWay(site, pick(SITES.filter(other => other !== site)))
        else if (dice < 0.45) mesh.cutOff(site)
        else if (dice < 0.7) mesh.heal()
        else if (dice < 0.9) mesh.application(site).faults.push(pick(FAULTS))
        else {
          down.add(site)
          await mesh.down(site, random.uniform() < 0.7 ? 'SIGKILL' : 'SIGTERM')
          await wait(random.uniform() * 1_000)
          await mesh.up(site)
          down.delete(site)
        }
        await wait(random.uniform() * 500)
      }
      isOver = true
    }
    await Promise.all([trouble(), ...[1, 2, 3, 4].map(client)])
    mesh.heal()
    for (const site of SITES) mesh.application(site).faults.length = 0
    const told = `CHEOPS_CHAOS_SEED=${SEED}`
    let looked = ''
    await vi
      .waitFor(
        async () => {
          for (const { id, members, fields, counted, perhaps } of known) {
            looked = id
            const states = new Map<string, string>()
            for (const site of members) states.set(site, await stateOf(site, id))
            // Who cannot know what became of its client's request says so, and is not as the others are until a whole body is written.
            const sure = members.filter(site => states.get(site) !== 'uncertain')
            expect(sure.length, `members of ${id} that are sure; ${told}`).toBeGreaterThan(0)
            const everywhere = mesh.everywhere(id)
            const first = everywhere[sure[0] ?? '']
            for (const site of SITES.filter(each => !members.includes(each) || sure.includes(each))) {
              const what = `${id} of ${members.join()} at ${site}, ${states.get(site)}; ${told}`
              expect(everywhere[site], what).toEqual(members.includes(site) ? first : undefined)
            }
            for (const site of sure) expect(states.get(site), `${id} at ${site}; ${told}`).toBe('agrees')
            const missing = [...fields].filter(field => first?.[field] === undefined)
            expect(missing, `answered with success and not in ${id}; ${told}`).toEqual([])
            const n = Number(first?.['n'])
            expect(n, `counted in ${id}, answered with success; ${told}`).toBeGreaterThanOrEqual(counted)
            expect(n, `counted in ${id}, asked for; ${told}`).toBeLessThanOrEqual(counted + perhaps)
          }
        },
        { timeout: 120_000, interval: 500 },
      )
      .catch(async (error: unknown) => {
        throw new Error(`${(error as Error).message}\n${await allOf(looked)}`, { cause: error })
      })
    for (const { id, members } of known) {
      const sure: string[] = []
      for (const site of members) if ((await stateOf(site, id)) !== 'uncertain') sure.push(site)
      const answer = await mesh.ask(sure[0] ?? '', 'PUT', `/things/${id}`, { body: { last: id }, headers: WAIT })
      expect(answer.status, `${id}: ${answer.text}; ${told}`).toBe(200)
      const expected = SITES.map(site => [site, members.includes(site) ? { id, last: id } : undefined])
      await mesh.settles(id, Object.fromEntries(expected))
    }
    // Else nothing was tried.
    expect(succeeded(), told).toBeGreaterThan(ENOUGH)
  },
)
