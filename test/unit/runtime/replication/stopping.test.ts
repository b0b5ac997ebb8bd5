/**
 * An agent that is stopped in order while a lane waits for its application: its store is closed before the answer comes, which is no failure of
 * the store, and nothing is reported as one. The next start goes on. How: a store that notes what is reported, an application that answers late.
 */
import { expect, test } from 'vitest'
import { CheopsError } from '../../../../src/errors.ts'
import { Lab } from './lab.ts'
import type { Store } from '../../../../src/ports/store.ts'

test('a lane that is under way when its agent stops reports no failure of the store', async () => {
  const failures: string[] = []
  let isClosed = false
  let requests = 0
  let answer: (() => void) | undefined
  const noted = (store: Store): Store => ({
    get: key => store.get(key),
    iterate: range => store.iterate(range),
    commit: async writes => {
      if (isClosed) throw new CheopsError('ERR_STORE_FAILED', 'The store failed: it is closed.')
      return store.commit(writes)
    },
    get isFull() {
      return store.isFull
    },
    fail: error => void failures.push(error.message),
    close: () => store.close(),
  })
  const lab = await Lab.of(['a', 'b'], {
    store: (store, at) => (at === 'b' ? noted(store) : store),
    application: (application, at) => ({
      request: async request => {
        if (at === 'b' && request.method === 'POST') {
          requests++
          await new Promise<void>(resolve => (answer = resolve))
        }
        return application.request(request)
      },
    }),
  })
  await lab.ask('a', 'POST /items', { id: 'x' }, { members: ['a', 'b'] })
  await lab.pass(2_000)
  expect(requests, 'the lane of b waits for its application').toBe(1)
  await lab.until(lab.replicators.get('b')?.stop() ?? Promise.reject(new Error('b does not run')))
  isClosed = true
  answer?.()
  await lab.pass(2_000)
  expect(failures).toEqual([])
})
