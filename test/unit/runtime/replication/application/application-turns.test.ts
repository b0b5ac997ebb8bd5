/**
 * How much lanes ask of an application at once: up to the bound for each service, the rest in its order, whatever the answers are; what
 * hangs keeps no turn, and is asked again a few at a time only; what is too busy is asked less, and what a client waits for comes first. The application answers when the test says so, and time passes when it does.
 */
import { expect, test } from 'vitest'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import { ApplicationTurns } from '../../../../../src/runtime/replication/application/application-turns.ts'
import { Awaited } from '../../../../../src/runtime/replication/lane/awaited.ts'
import {
  BUSY_BASE_MS,
  BUSY_WITHIN_MS,
  MAX_ASKED_TOGETHER,
  MAX_HUNG_AGAIN_TOGETHER,
  MAX_HUNG_TOGETHER,
  SLOW_AFTER_MS,
} from '../../../../../src/runtime/replication/limits.ts'
import type { ReplicationGlue } from '../../../../../src/ports/replication-glue.ts'
import type { ReplicantName } from '../../../../../src/core/oplog/index.ts'
import type { ApplicationAnswer, ApplicationRequest } from '../../../../../src/ports/application.ts'

const ANSWER: ApplicationAnswer = { status: 200, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }

class Asked {
  readonly time = new VirtualTime()
  readonly awaited = new Awaited()
  glue: Pick<ReplicationGlue, 'statusOf'> | undefined
  readonly open: { readonly path: string; readonly answer: PromiseWithResolvers<ApplicationAnswer> }[] = []
  readonly #turns = new ApplicationTurns(
    {
      request: ({ path }) => {
        const answer = Promise.withResolvers<ApplicationAnswer>()
        this.open.push({ path, answer })
        return answer.promise
      },
    },
    { now: () => this.time.now, monotonic: () => this.time.now, after: (ms, fn) => this.time.after(ms, fn) },
    this.awaited,
  )

  nameOf(name: string | number, service = 'inventory'): ReplicantName {
    return { service, kind: 'items', name: String(name) }
  }

  ask(
    name: string | number,
    service = 'inventory',
    more: Partial<ApplicationRequest> = {},
  ): Promise<ApplicationAnswer> {
    const rest = { service, method: 'PUT', path: `/${name}`, headers: [], authority: 'agent', ...more } as const
    const asked = this.#turns.of(this.nameOf(name, service), this.glue).request(rest)
    asked.catch(() => undefined)
    return asked
  }

  asks(count: number, prefix = ''): Promise<ApplicationAnswer>[] {
    return Array.from({ length: count }, (_, number) => this.ask(`${prefix}${number}`))
  }

  /** A client's write. */
  asClient(name: string): Promise<ApplicationAnswer> {
    const rest = { service: 'inventory', method: 'PUT', path: `/${name}`, headers: [], authority: 'agent' } as const
    return this.#turns.asClient(this.nameOf(name)).request(rest)
  }

  pass(ms: number): Promise<unknown> {
    return this.time.run(this.time.now + ms)
  }
}

test('asks so much of a service at once and no more; refusals give a turn back too', async () => {
  const asked = new Asked()
  const { open } = asked
  const count = MAX_ASKED_TOGETHER + 3
  const all = asked.asks(count)
  const settled = Promise.allSettled(all)
  expect(open.length).toBe(MAX_ASKED_TOGETHER)
  // Another service does not wait for that.
  const other = asked.ask('other', 'orders')
  expect(open.pop()?.answer.resolve(ANSWER)).toBeUndefined()
  expect(await other).toBe(ANSWER)
  open[1]?.answer.reject(new Error('refused'))
  await expect(all[1]).rejects.toThrow('refused')
  open[0]?.answer.resolve(ANSWER)
  await all[0]
  expect(open.slice(MAX_ASKED_TOGETHER).map(({ path }) => path)).toEqual([
    `/${MAX_ASKED_TOGETHER}`,
    `/${MAX_ASKED_TOGETHER + 1}`,
  ])
  while (open.length < count) {
    for (const { answer } of open) answer.resolve(ANSWER)
    await new Promise(resolve => setImmediate(resolve))
  }
  for (const { answer } of open) answer.resolve(ANSWER)
  expect((await settled).filter(({ status }) => status === 'fulfilled').length).toBe(count - 1)
  // All turns are free again.
  const again = asked.asks(MAX_ASKED_TOGETHER)
  expect(open.length).toBe(count + MAX_ASKED_TOGETHER)
  for (const { answer } of open) answer.resolve(ANSWER)
  await Promise.all(again)
})

test('what hangs gives its turn to others after a while, as long as few hang, and gets all back when it ends', async () => {
  const asked = new Asked()
  const { open } = asked
  const most = MAX_ASKED_TOGETHER + MAX_HUNG_TOGETHER
  const all = asked.asks(most + 1)
  for (let rounds = 0; rounds < MAX_HUNG_TOGETHER / MAX_ASKED_TOGETHER + 1; rounds++) await asked.pass(SLOW_AFTER_MS)
  expect(open.length, 'a connection for each, so many at most').toBe(most)
  for (const { answer } of open) answer.resolve(ANSWER)
  await Promise.all(all.slice(0, most))
  open.at(-1)?.answer.resolve(ANSWER)
  await all.at(-1)
  const again = asked.asks(MAX_ASKED_TOGETHER + 1, 'again-')
  expect(open.length).toBe(most + 1 + MAX_ASKED_TOGETHER)
  for (const { answer } of open) answer.resolve(ANSWER)
  await Promise.all(again.slice(0, -1))
  open.at(-1)?.answer.resolve(ANSWER)
  await again.at(-1)
})

test('what did not answer in time is asked again a few at a time, beside all others, until it answers', async () => {
  const asked = new Asked()
  const { open } = asked
  const count = MAX_HUNG_AGAIN_TOGETHER + 2
  const all = Promise.allSettled(asked.asks(count))
  await asked.pass(SLOW_AFTER_MS)
  for (const { answer } of open.splice(0)) answer.reject(new Error('timed out'))
  await all
  const again = asked.asks(count)
  const refused = await Promise.allSettled(again.slice(MAX_HUNG_AGAIN_TOGETHER))
  expect(refused.map(result => result.status === 'rejected' && result.reason)).toMatchObject([
    { code: 'ERR_APPLICATION_BUSY' },
    { code: 'ERR_APPLICATION_BUSY' },
  ])
  expect(open.length).toBe(MAX_HUNG_AGAIN_TOGETHER)
  const others = asked.asks(MAX_ASKED_TOGETHER, 'other-')
  expect(open.length, 'all turns are there for others').toBe(MAX_HUNG_AGAIN_TOGETHER + MAX_ASKED_TOGETHER)
  for (const { answer } of open.splice(0)) answer.resolve(ANSWER)
  await Promise.all([...again.slice(0, MAX_HUNG_AGAIN_TOGETHER), ...others])
  // Those that answer are like any other now; the two that were left out are not.
  const last = asked.asks(MAX_HUNG_AGAIN_TOGETHER)
  const left = [asked.ask(count - 2), asked.ask(count - 1)]
  expect(open.length).toBe(count)
  for (const { answer } of open) answer.resolve(ANSWER)
  await Promise.all([...last, ...left])
})

test('what hangs gives its turn away as soon as there is room for it again', async () => {
  const asked = new Asked()
  const many = MAX_HUNG_TOGETHER + MAX_ASKED_TOGETHER
  void asked.asks(many + 1)
  for (let times = 1; times <= many / MAX_ASKED_TOGETHER + 1; times++) await asked.time.run(times * SLOW_AFTER_MS)
  expect(asked.open.length, 'no more may hang').toBe(many)
  for (const { answer } of asked.open.slice(0, MAX_HUNG_TOGETHER)) answer.resolve(ANSWER)
  await asked.time.run(asked.time.now + 2 * SLOW_AFTER_MS)
  expect(asked.open.length).toBe(many + 1)
})

const BUSY: ApplicationAnswer = { ...ANSWER, status: 503 }
const TOO_MANY: ApplicationAnswer = { ...ANSWER, status: 429 }
const settle = (): Promise<unknown> => new Promise(resolve => setImmediate(resolve))

test('what an application is too busy to read is asked again a little later, and a change only where it was surely refused', async () => {
  const asked = new Asked()
  const { open } = asked
  const read = asked.ask('read', 'inventory', { method: 'GET' })
  const change = asked.ask('change')
  const refused = asked.ask('refused')
  const file = asked.ask('file', 'inventory', { body: { length: 1, chunks: [new Uint8Array(1)] } })
  for (const [place, answer] of [BUSY, BUSY, TOO_MANY, TOO_MANY].entries()) open[place]?.answer.resolve(answer)
  expect((await change).status, 'it may have been done').toBe(503)
  expect((await file).status, 'its body was read').toBe(429)
  open.length = 0
  await asked.pass(BUSY_BASE_MS)
  expect(open.map(({ path }) => path)).toEqual(['/read', '/refused'])
  for (const { answer } of open) answer.resolve(ANSWER)
  expect(await read).toBe(ANSWER)
  expect(await refused).toBe(ANSWER)
})

test('what stays too busy is answered so after a few seconds, and at once where it is to be asked much later', async () => {
  const asked = new Asked()
  const { open } = asked
  const read = asked.ask('read', 'inventory', { method: 'GET' })
  let times = 0
  for (; asked.time.now < BUSY_WITHIN_MS && open.length > 0; times++) {
    for (const { answer } of open.splice(0)) answer.resolve(BUSY)
    await settle()
    await asked.pass(BUSY_BASE_MS * 2 ** times)
  }
  expect((await read).status).toBe(503)
  expect(times, 'it was asked a few times').toBeGreaterThan(3)
  expect(open).toEqual([])
  const later = asked.ask('later', 'inventory', { method: 'GET' })
  open[0]?.answer.resolve({ ...BUSY, rawHeaders: ['Retry-After', '60'] })
  expect((await later).status).toBe(503)
})

test('nobody waits until it is less busy where something else answers in the place of an application that is away', async () => {
  const asked = new Asked()
  const { open } = asked
  for (; asked.time.now < BUSY_WITHIN_MS; await asked.pass(100)) {
    void asked.asClient('any')
    open.pop()?.answer.resolve(BUSY)
    await settle()
  }
  await asked.pass(100)
  void asked.asClient('any')
  open.pop()?.answer.resolve(BUSY)
  const read = asked.ask('read', 'inventory', { method: 'GET' })
  open.pop()?.answer.resolve(BUSY)
  expect((await read).status).toBe(503)
  expect(open).toEqual([])
})

test('an application that is too busy is asked less at once, whoever was told', async () => {
  const asked = new Asked()
  const { open } = asked
  void asked.asks(2 * MAX_ASKED_TOGETHER)
  const [first, second, ...others] = open.splice(0)
  await asked.pass(1)
  first?.answer.resolve(BUSY)
  second?.answer.resolve(BUSY)
  await settle()
  for (const { answer } of others) answer.resolve(ANSWER)
  await settle()
  expect(open.length).toBeLessThanOrEqual(MAX_ASKED_TOGETHER / 2 + 1)
  expect(open.length).toBeGreaterThanOrEqual(MAX_ASKED_TOGETHER / 2)
  await asked.pass(1)
  for (const name of ['client', 'another']) {
    const written = asked.asClient(name)
    open.pop()?.answer.resolve(BUSY)
    expect(await written, 'it is asked once').toBe(BUSY)
  }
  for (const { answer } of open.splice(0)) answer.resolve(ANSWER)
  await settle()
  expect(open.length).toBeLessThanOrEqual(MAX_ASKED_TOGETHER / 4 + 1)
})

test('lanes ask nothing while an application that bounds its rate says so, and all of it afterwards', async () => {
  const asked = new Asked()
  const { open } = asked
  const all = asked.asks(MAX_ASKED_TOGETHER + 1)
  for (const { answer } of open.splice(0, 2)) answer.resolve({ ...TOO_MANY, rawHeaders: ['Retry-After', '1'] })
  await settle()
  for (const { answer } of open.splice(0)) answer.resolve(ANSWER)
  await settle()
  const more = asked.ask('more')
  await asked.pass(999)
  expect(
    open.map(({ path }) => path),
    'not before the second is over',
  ).toEqual([])
  await asked.pass(1)
  expect(open.length).toBe(4)
  for (const { answer } of open.splice(0)) answer.resolve(ANSWER)
  expect((await Promise.all([...all, more])).every(({ status }) => status === 200)).toBe(true)
})

test.each([
  ['by the clock here', ['Retry-After', 'Thu, 01 Jan 1970 00:00:02 GMT']],
  [
    'by the clock of the application',
    ['Date', 'Fri, 31 Dec 1999 23:59:50 GMT', 'Retry-After', 'Fri, 31 Dec 1999 23:59:52 GMT'],
  ],
])('what is to be asked for at a date is asked for then, %s', async (_what, rawHeaders) => {
  const asked = new Asked()
  const { open } = asked
  const later = asked.ask('later')
  open.splice(0)[0]?.answer.resolve({ ...TOO_MANY, rawHeaders })
  await settle()
  await asked.pass(1_999)
  expect(open).toEqual([])
  await asked.pass(1)
  open[0]?.answer.resolve(ANSWER)
  expect((await later).status).toBe(200)
})

test('what a client waits for has its turn before the rest', async () => {
  const asked = new Asked()
  const { open } = asked
  void asked.asks(MAX_ASKED_TOGETHER + 3)
  void asked.ask('awaited')
  void asked.awaited.during(asked.nameOf('awaited'), () => new Promise<void>(() => undefined))
  const answered = open.splice(0, 2)
  open.length = 0
  for (const { answer } of answered) answer.resolve(ANSWER)
  await settle()
  expect(open.map(({ path }) => path)).toEqual([`/${MAX_ASKED_TOGETHER}`, '/awaited'])
})

test('it is waited once in vain until it is less busy with a resource, and not again by each that comes behind', async () => {
  const asked = new Asked()
  const { open } = asked
  const told: number[] = []
  const refused = asked.ask('refused', 'inventory', { method: 'GET' }).then(({ status }) => told.push(status))
  while (asked.time.now < BUSY_WITHIN_MS) {
    for (const { path, answer } of open.splice(0)) answer.resolve(path === '/refused' ? BUSY : ANSWER)
    // It answers for others.
    void asked.ask('other')
    await asked.pass(50)
  }
  await refused
  expect(told).toEqual([503])
  const again = (): Promise<ApplicationAnswer> => {
    open.length = 0
    return asked.ask('refused', 'inventory', { method: 'GET' })
  }
  const second = again()
  open[0]?.answer.resolve(BUSY)
  expect((await second).status, 'without a wait').toBe(503)
  const third = again()
  open[0]?.answer.resolve(ANSWER)
  expect((await third).status).toBe(200)
  void again()
  open[0]?.answer.resolve(BUSY)
  await settle()
  await asked.pass(BUSY_BASE_MS)
  expect(open.length, 'it was answered meanwhile, and may be again').toBe(2)
})

test('what an answer means counts, as the definition has it', async () => {
  const asked = new Asked()
  const { open } = asked
  asked.glue = { statusOf: (_kind, _method, status) => (status === 503 ? 404 : status === 200 ? 429 : status) }
  const absent = asked.ask('absent', 'inventory', { method: 'GET' })
  open[0]?.answer.resolve(BUSY)
  expect(await absent, 'at once').toBe(BUSY)
  void asked.ask('refused')
  open[1]?.answer.resolve(ANSWER)
  await settle()
  await asked.pass(BUSY_BASE_MS)
  expect(open.map(({ path }) => path)).toEqual(['/absent', '/refused', '/refused'])
})

test('what nobody waits for has its turn where clients never pause, each for another resource', async () => {
  const asked = new Asked()
  const { open } = asked
  let isIn = false
  const client = async (name: string): Promise<void> => {
    while (!isIn) await asked.ask(name)
  }
  for (let number = 0; number < 2 * MAX_ASKED_TOGETHER; number++) {
    const name = `client-${number}`
    void asked.awaited.during(asked.nameOf(name), () => client(name))
  }
  void asked.ask('background').then(() => (isIn = true))
  let answered = 0
  for (; !isIn && answered < 1_000; answered++) {
    open.shift()?.answer.resolve(ANSWER)
    await settle()
  }
  expect(answered, 'of clients that went before it').toBeLessThan(8 * MAX_ASKED_TOGETHER)
})
