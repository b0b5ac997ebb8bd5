/**
 * An agent that stops lets what other sites have sent end: the whole answer arrives, byte for byte, and whoever asks meanwhile
 * is told at once that nothing was done.
 */
import { expect, test } from 'vitest'
import { setUpChains } from '../../support/chain.ts'
import { bodyOfMessage, isWhole } from '../../support/raw-http.ts'

const { chain } = setUpChains()

test.each([2, 200_000])('an answer of %i bytes that comes while the other agent stops arrives whole', async length => {
  const { app, sites, client } = await chain(() => {})
  const waiting = client().send('GET /app/slow HTTP/1.1\r\nHost: h\r\nCheops-Scope: site2\r\n\r\n')
  await expect.poll(() => app.received.join('')).toContain('/slow')
  const stopped = sites.paths.site2.stop()
  const refused = await client()
    .send('GET /app/late HTTP/1.1\r\nHost: h\r\nCheops-Scope: site2\r\n\r\n')
    .until(isWhole, 'the refusal')
  expect(refused).toMatch(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: /)
  app.sockets[0]?.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`)
  const answer = await waiting.until(isWhole, 'the answer')
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(bodyOfMessage(answer)).toBe('x'.repeat(length))
  await stopped
  expect(app.received.join('')).not.toContain('/late')
})

test('one that does not end is broken off after timeouts.drainMs', async () => {
  const { app, sites, client } = await chain(() => {}, { config: { timeouts: { drainMs: 50 } } })
  const waiting = client().send('GET /app/slow HTTP/1.1\r\nHost: h\r\nCheops-Scope: site2\r\n\r\n')
  await expect.poll(() => app.received.join('')).toContain('/slow')
  await sites.paths.site2.stop()
  expect(await waiting.until(isWhole, 'the problem')).toMatch(/^HTTP\/1\.1 502 [^]*ERR_SITE_BROKEN/)
})
