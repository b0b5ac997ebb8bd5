/** Without a scope Cheops is not there: not a header more in the request, not one in the answer. */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { setUpChains } from '../../support/chain.ts'
import { isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'

const { chain } = setUpChains()

const ok: RawAnswer = (socket, got) => {
  if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

describe('without a scope', () => {
  test('the application gets exactly what the client sent', async () => {
    const { app, client: open } = await chain(ok)
    const bytes =
      'GET /app/a?b HTTP/1.1\r\nhost: H\r\nx-request-id: 1\r\nTRACEPARENT: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nbaggage: a=b\r\nAuthorization: Bearer x\r\nVia: 1.0 y\r\n'
    await open().send(`${bytes}\r\n`).until(isWhole, 'it')
    expect(app.received[0]).toBe(`${bytes.replace('/app/a', '/a')}Connection: keep-alive\r\n\r\n`)
  })

  test('nothing of the answer is Cheops either', async () => {
    const { client: open } = await chain(ok)
    const answer = await open().send('GET /app/ HTTP/1.1\r\nHost: h\r\n\r\n').until(isWhole, 'it')
    expect(answer).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\n\r\nok',
    )
  })

  test('a call that comes while others are in flight is still untouched', async () => {
    const { app, client: open } = await chain((socket, got) => {
      if (isWhole(got) && !got.includes('/wait')) ok(socket, got)
    })
    open().send('GET /app/wait HTTP/1.1\r\nHost: h\r\nCheops-Scope: site1\r\n\r\n')
    while (app.received.length === 0) await setImmediate()
    await open().send('GET /app/x HTTP/1.1\r\nHost: h\r\n\r\n').until(isWhole, 'it')
    expect(app.received[1]).toBe('GET /x HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n')
  })
})
