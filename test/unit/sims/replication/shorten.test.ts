/** How the story of a run that failed is shortened: to what is needed, whatever that is, in few runs. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shorten } from '../../../../sims/scenarios/replication/shorten.ts'
import { draw, FAIR, PLAN_ENDS_MS } from '../../../../sims/scenarios/replication/draw.ts'

test('what is left is exactly what is needed, in its order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 40 }), fc.infiniteStream(fc.boolean()), async (length, isNeeded) => {
      const all = Array.from({ length }, (_, i) => i)
      const needed = all.filter(() => isNeeded.next().value)
      const left = await shorten(all, async some => needed.every(i => some.includes(i)), Infinity)
      expect(left).toEqual(needed)
    }),
  )
})

test('it gives up after so many runs, with something that still fails', async () => {
  let asked = 0
  const all = Array.from({ length: 1_000 }, (_, i) => i)
  const left = await shorten(
    all,
    async some => {
      asked++
      return some.length > 500
    },
    20,
  )
  expect(asked).toBe(20)
  expect(left.length).toBeGreaterThan(500)
})

test('a seed draws the same plan each time, sorted, and over in time', () => {
  const weather = { ...FAIR, application: true, machine: true, memory: true, members: true, drift: true }
  const deeds = new Set<string>()
  for (let seed = 1; seed <= 300; seed++) {
    const plan = draw(seed, weather)
    expect(draw(seed, weather)).toEqual(plan)
    expect(plan.steps.map(({ at }) => at)).toEqual(plan.steps.map(({ at }) => at).toSorted((a, b) => a - b))
    for (const step of plan.steps) {
      deeds.add(step.do)
      expect(step.at + ('forMs' in step ? step.forMs : 'afterMs' in step ? step.afterMs : 0)).toBeLessThan(PLAN_ENDS_MS)
    }
  }
  // Everything that can happen does, in some seed.
  expect([...deeds].toSorted()).toEqual([
    'add',
    'break',
    'break the application',
    'create',
    'cut',
    'delete',
    'fail the disk',
    'flip a record',
    'isolate',
    'jump',
    'kill',
    'members',
    'merge',
    'outsider',
    'replace',
    'set back',
    'slow',
    'stop the application',
  ])
})
