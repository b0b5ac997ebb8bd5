/** How much an application is asked at once: up to the bound, the rest in its order, whatever the answers are. */
import { expect, test } from 'vitest'
import { ApplicationTurns } from '../../../../src/runtime/replication/application-turns.ts'
import { MAX_ASKED_TOGETHER } from '../../../../src/runtime/replication/limits.ts'
import type { ApplicationAnswer, ApplicationRequest } from '../../../../src/ports/application.ts'

const ANSWER: ApplicationAnswer = { status: 200, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }
const requestOf = (number: number): ApplicationRequest => ({
  service: 'inventory',
  method: 'GET',
  path: `/${number}`,
  headers: [],
  authority: 'agent',
})

test('asks so much at once and no more; refusals give a turn back too', async () => {
  const open: { readonly path: string; readonly answer: PromiseWithResolvers<ApplicationAnswer> }[] = []
  const turns = new ApplicationTurns({
    request: ({ path }) => {
      const answer = Promise.withResolvers<ApplicationAnswer>()
      open.push({ path, answer })
      return answer.promise
    },
  })
  const count = MAX_ASKED_TOGETHER + 3
  const asked = Array.from({ length: count }, (_, number) => turns.request(requestOf(number)))
  const settled = Promise.allSettled(asked)
  expect(open.length).toBe(MAX_ASKED_TOGETHER)
  open[1]?.answer.reject(new Error('refused'))
  await expect(asked[1]).rejects.toThrow('refused')
  open[0]?.answer.resolve(ANSWER)
  await asked[0]
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
  const again = Array.from({ length: MAX_ASKED_TOGETHER }, (_, number) => turns.request(requestOf(number)))
  expect(open.length).toBe(count + MAX_ASKED_TOGETHER)
  for (const { answer } of open) answer.resolve(ANSWER)
  await Promise.all(again)
})
