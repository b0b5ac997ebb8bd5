/** One member's application is slow, or takes only so much: its clients do not wait behind all that others have written, and learn what came of their writes. */
import { expect, test } from 'vitest'
import { Lab } from './lab.ts'
import type { ApplicationAnswer } from '../../../../src/ports/application.ts'

const NAMES = Array.from({ length: 400 }, (_, number) => `thing-${number}`)
const BUSY: ApplicationAnswer = { status: 503, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }

interface Bounds {
  /** How long each answer takes, milliseconds. */
  readonly takesMs: number
  /** More than that at once are answered 503. */
  readonly together?: number
}

/** Things at two members, of which the second has an application that is bounded from then on. */
async function behind(bounds: Bounds): Promise<{ readonly lab: Lab; readonly answered: number[] }> {
  const lab = await Lab.of(['a', 'b'])
  for (let place = 0; place < NAMES.length; place += 40)
    await lab.until(
      Promise.all(
        NAMES.slice(place, place + 40).map(id => lab.begin('a', 'POST /items', { id }, { members: ['a', 'b'] })),
      ),
    )
  await lab.pass(30_000)
  const answered: number[] = []
  bound(lab, 'b', bounds, answered)
  return { lab, answered }
}

function bound(lab: Lab, site: string, { takesMs, together = Infinity }: Bounds, answered: number[]): void {
  const { application } = lab.world.site(site)
  const request = application.request.bind(application)
  let running = 0
  application.request = async asked => {
    const answer = await (running >= together ? BUSY : take(asked))
    answered.push(answer.status)
    return answer
  }
  const take = async (asked: Parameters<typeof request>[0]): Promise<ApplicationAnswer> => {
    running++
    try {
      await new Promise<void>(resolve => void lab.world.time.after(takesMs, resolve))
      return await request(asked)
    } finally {
      running--
    }
  }
}

async function writeAll(lab: Lab, site: string, value: number): Promise<void> {
  const asked = NAMES.map(id => lab.begin(site, `PUT /items/${id}`, { value }))
  expect((await lab.until(Promise.all(asked))).every(({ status }) => status === 200)).toBe(true)
}

test('a client of a slow application does not wait until all that others have written is there', async () => {
  const { lab } = await behind({ takesMs: 500 })
  await writeAll(lab, 'a', 1)
  await lab.pass(700)
  const began = lab.world.time.now
  const some = NAMES.filter((_, place) => place % 40 === 0)
  const patched = await lab.until(Promise.all(some.map(name => lab.begin('b', `PATCH /items/${name}`, { mine: 1 }))))
  expect(patched.map(({ status }) => status)).toEqual(some.map(() => 200))
  // What is being asked, what others have written to it, and the write itself; all of it takes 400 / 32 such answers.
  expect(lab.world.time.now - began).toBeLessThanOrEqual(2_000)
  expect(NAMES.filter(name => lab.read('b', name)?.['value'] === 1).length).toBeLessThan(NAMES.length)
  await lab.pass(30_000)
  for (const name of NAMES) expect(lab.read('b', name), name).toMatchObject({ value: 1 })
  for (const name of some) expect(lab.all(name)).toMatchObject({ a: { value: 1, mine: 1 }, b: { value: 1, mine: 1 } })
  lab.assertSound()
})

test('an application that takes four requests at once is asked no more for long, and is not behind for long', async () => {
  const { lab, answered } = await behind({ takesMs: 20, together: 4 })
  await writeAll(lab, 'a', 1)
  await lab.pass(10_000)
  const late = NAMES.filter(name => lab.read('b', name)?.['value'] !== 1)
  expect(late, 'each takes a twentieth of a second, four at once').toEqual([])
  const refused = answered.filter(status => status === 503).length
  expect(refused * 3, `of ${answered.length} requests ${refused} were refused`).toBeLessThan(answered.length)
  lab.assertSound()
})

test('where an application is too busy for a write and for the look whether it did it, its client learns what came of it', async () => {
  const { lab } = await behind({ takesMs: 20, together: 4 })
  await writeAll(lab, 'a', 1)
  const answers = []
  for (const name of NAMES.slice(0, 40)) answers.push(await lab.ask('b', `PUT /items/${name}`, { value: 2 }))
  const outcomes = answers.map(({ status, code, accepted }) => `${accepted?.outcome ?? code} ${status}`)
  expect(new Set(outcomes).difference(new Set(['applied 200', 'applied undefined', 'void 503']))).toEqual(new Set())
  await lab.pass(30_000)
  for (const [place, name] of NAMES.slice(0, 40).entries()) {
    const value = answers[place]?.accepted?.outcome === 'applied' ? 2 : 1
    expect(lab.all(name), name).toMatchObject({ a: { value }, b: { value } })
  }
  lab.assertSound()
})

test('one resource that is refused each time, or a client whose writes are, holds up nobody else', async () => {
  const { lab } = await behind({ takesMs: 200 })
  refuse(lab, 'b', name => name === 'thing-0')
  let isOver = false
  const hammer = async (): Promise<void> => {
    while (!isOver) {
      await lab.begin('b', 'PATCH /items/thing-0', { mine: 1 })
      await new Promise<void>(resolve => void lab.world.time.after(200, resolve))
    }
  }
  const hammered = hammer()
  await lab.ask('a', 'PUT /items/thing-0', { value: 1 })
  await lab.pass(8_000)
  const others = NAMES.slice(1)
  await lab.until(Promise.all(others.map(id => lab.begin('a', `PUT /items/${id}`, { value: 1 }))))
  // 400 / 32 answers of a fifth of a second.
  await lab.pass(5_000)
  expect(others.filter(name => lab.read('b', name)?.['value'] !== 1)).toEqual([])
  isOver = true
  await lab.until(hammered)
  lab.assertSound()
})

test('an application that writes through its own agent while it is written to gets its turn, also where it is asked little at once', async () => {
  const { lab } = await behind({ takesMs: 300 })
  refuse(lab, 'b', name => Number(name.slice('thing-'.length)) >= 340)
  const { application } = lab.world.site('b')
  const request = application.request.bind(application)
  const tookMs: number[] = []
  application.request = async asked => {
    const [, number] = /thing-(\d)$/.exec(asked.path) ?? []
    if (asked.authority === 'agent' && asked.method === 'PUT' && number !== undefined) {
      const began = lab.world.time.now
      await lab.begin('b', `PATCH /items/thing-5${number}`, { counted: 1 })
      tookMs.push(lab.world.time.now - began)
    }
    return request(asked)
  }
  await writeAll(lab, 'a', 1)
  await lab.pass(120_000)
  expect(NAMES.slice(0, 340).filter(name => lab.read('b', name)?.['value'] !== 1)).toEqual([])
  expect(tookMs.length).toBeGreaterThanOrEqual(10)
  expect(Math.max(...tookMs), 'what holds the turns waits for it').toBeLessThan(5_000)
  lab.assertSound()
})

/** Too busy for some, and for no other. */
function refuse(lab: Lab, site: string, isRefused: (name: string) => boolean): void {
  const { application } = lab.world.site(site)
  const request = application.request.bind(application)
  application.request = asked => {
    const name = asked.path.split('/').at(-1) ?? ''
    return isRefused(name) ? Promise.resolve(BUSY) : request(asked)
  }
}

test('an application that bounds its rate is not asked many times as much as it takes', async () => {
  const { lab } = await behind({ takesMs: 5 })
  const { application } = lab.world.site('b')
  const request = application.request.bind(application)
  let [second, taken, refused, all] = [0, 0, 0, 0]
  application.request = asked => {
    all++
    const now = Math.floor(lab.world.time.now / 1_000)
    if (now !== second) [second, taken] = [now, 0]
    if (++taken <= 20) return request(asked)
    refused++
    return Promise.resolve({ ...BUSY, status: 429, rawHeaders: ['Retry-After', '1'] })
  }
  await writeAll(lab, 'a', 1)
  const began = lab.world.time.now
  while (NAMES.some(name => lab.read('b', name)?.['value'] !== 1) && lab.world.time.now - began < 60_000)
    await lab.pass(500)
  // Most are written without being read: 400 changes, 20 a second.
  expect(lab.world.time.now - began).toBeLessThan(60_000)
  expect(refused, `of ${all}`).toBeLessThan(all / 3)
})
