/** Ports that tests reserve are nobody else's until their process ends. How: real sockets, and a range that only reservations are taken from. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { ephemeralRange } from '../../../sims/demo/ports.ts'
import { reservePort, reservePorts } from '../../support/ports.ts'

test('no port is given twice, whether its owner listens or not, and none that the system gives out', async () => {
  const [low, high] = await ephemeralRange()
  const ports = await reservePorts(200)
  const [port = 0] = ports
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const more = await reservePorts(200)
  await new Promise(resolve => server.close(resolve))
  expect(new Set([...ports, ...more, await reservePort()]).size).toBe(401)
  expect([...ports, ...more].filter(each => low <= each && each <= high)).toEqual([])
})

test('who meets a reservation is told that the port is taken: also another process finds it so', async () => {
  const port = await reservePort()
  const other = createServer().listen(port + 1, '127.0.0.1')
  const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('EADDRINUSE')
})
