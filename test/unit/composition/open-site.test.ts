/** For how long a site that is down is tried, and what its client is told. The site opens nothing, or does, as the test says. */
import { expect, test } from 'vitest'
import { DOWN_TRIED_MS, openAt } from '../../../src/composition/open-site.ts'
import { CheopsError } from '../../../src/errors.ts'
import type { Membership, SiteView } from '../../../src/ports/membership.ts'

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

function members(liveness: SiteView['liveness']): Pick<Membership, 'site'> {
  return { site: name => ({ name, liveness, reason: 'no beat for 12 s' }) as SiteView }
}

test('one that is down is given up long before others, with why it is down', async () => {
  const signal = AbortSignal.timeout(20 * DOWN_TRIED_MS)
  await expect(openAt('site2', members('down'), never, signal)).rejects.toMatchObject({
    code: 'ERR_SITE_UNREACHABLE',
    message: 'site2 is down: no beat for 12 s',
  })
  expect(signal.aborted).toBe(false)
})

test('one that is down and takes it is used; what an alive one says is passed on, however late', async () => {
  const { signal } = new AbortController()
  expect(await openAt('site2', members('down'), async () => 'open', signal)).toBe('open')
  const busy = new CheopsError('ERR_SITE_BUSY', 'busy')
  await expect(openAt('site2', members('suspect'), () => Promise.reject(busy), signal)).rejects.toBe(busy)
  const given = AbortSignal.timeout(DOWN_TRIED_MS + 200)
  await expect(openAt('site2', members('alive'), never, given)).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('a client that goes ends it', async () => {
  const client = new AbortController()
  const opening = openAt('site2', members('down'), never, client.signal)
  client.abort()
  await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
})

test('of one that an operator has cut off that is said, and not that it is down, which follows', async () => {
  const cut = new CheopsError('ERR_SITE_UNREACHABLE', 'an operator has cut it off', { isCut: true })
  const signal = AbortSignal.timeout(20 * DOWN_TRIED_MS)
  await expect(openAt('site2', members('down'), () => Promise.reject(cut), signal)).rejects.toBe(cut)
})
