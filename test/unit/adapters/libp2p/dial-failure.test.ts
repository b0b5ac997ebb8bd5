/** What a failed dial is told as, where an operator has cut somebody off. */
import { expect, test } from 'vitest'
import { explainDialFailure } from '../../../../src/adapters/libp2p/dial-failure.ts'

const denied = Object.assign(new Error('The dial request is blocked by gater.denyDialPeer'), {
  name: 'DialDeniedError',
})
const DIRECT = '/ip4/127.0.0.1/tcp/1'

test('a site that may not be dialled by any of its addresses is denied', async () => {
  const told = await explainDialFailure(new AggregateError([denied, denied]), [DIRECT])
  expect(told).toMatchObject({ failure: 'denied', detail: expect.stringContaining('cut it off') as string })
})

test('of a site whose relay alone is cut off it is told why its own address failed', async () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1')
  const told = await explainDialFailure(new AggregateError([refused, new AggregateError([denied])]), [DIRECT])
  expect(told.failure).not.toBe('denied')
  expect(told.detail).not.toMatch(/cut/)
})
