/** An instance that does not answer as it should: each request ends, and says why. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { ask, reasonOf } from '../../../src/glue/instance-request.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** @param says is called when the request has come */
async function instance(says: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => says(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    return once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
}

const TIMEOUT = /aborted due to timeout/

test.each<[string, (socket: Socket) => void, RegExp]>([
  ['says nothing', () => undefined, TIMEOUT],
  ['begins, and never ends', socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a"'), TIMEOUT],
  [
    'switches protocols',
    socket => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    /closed without an answer/,
  ],
  ['closes before its answer', socket => socket.end(), /ECONNRESET|closed without/],
  [
    'closes in the middle',
    socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a"'),
    /ECONNRESET|aborted/,
  ],
  ['says no HTTP', socket => socket.end('hello\r\n\r\n'), /HPE_|ECONNRESET/],
])('one that %s', async (_, says, why) => {
  const url = await instance(says)
  const asked = ask({ method: 'GET', url, body: undefined, headers: {}, errors: [] }, 300)
  const reason = await asked.then(({ status }) => `it answered ${status}`, reasonOf)
  expect(reason).toMatch(why)
})
