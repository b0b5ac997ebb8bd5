/**
 * How much lanes ask of an application at once: up to the bound for each service, the rest in its order, whatever the answers are; what
 * hangs keeps no turn, and is asked again a few at a time only. The application answers when the test says so, and time passes when it does.
 */
import { expect, test } from 'vitest'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import { ApplicationTurns } from '../../../../../src/runtime/replication/application/application-turns.ts'
import {
  MAX_ASKED_TOGETHER,
  MAX_HUNG_AGAIN_TOGETHER,
  MAX_HUNG_TOGETHER,
  SLOW_AFTER_MS,
} from '../../../../../src/runtime/replication/limits.ts'
import type { ApplicationAnswer } from '../../../../../src/ports/application.ts'

const ANSWER: ApplicationAnswer = { status: 200, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }

class Asked {
  readonly time = new VirtualTime()
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
  )

  ask(name: string | number, service = 'inventory'): Promise<ApplicationAnswer> {
    const replicant = { service, kind: 'items', name: String(name) }
    const rest = { service, method: 'PUT', path: `/${name}`, headers: [], authority: 'agent' } as const
    const asked = this.#turns.of(replicant).request(rest)
    asked.catch(() => undefined)
    return asked
  }

  asks(count: number, prefix = ''): Promise<ApplicationAnswer>[] {
    return Array.from({ length: count }, (_, number) => this.ask(`${prefix}${number}`))
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
