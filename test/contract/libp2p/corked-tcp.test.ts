/**
 * The writes of one tick leave as one. The transport is driven by itself with an upgrader that keeps the raw connection, so
 * that a change of the library's private socket field shows here and not as a lost third of the throughput.
 */
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { corkedTcp, corkPerTick, socketOf } from '../../../src/adapters/libp2p/corked-tcp.ts'
import type { MultiaddrConnection, Upgrader } from '@libp2p/interface'
import type { AddressInfo, Socket } from 'node:net'

const nextTick = (): Promise<void> => new Promise(resolve => process.nextTick(resolve))

test('what is sent within a tick reaches the socket as one write, both ways', async () => {
  const caught: MultiaddrConnection[] = []
  const upgrader = {
    upgradeOutbound: (connection: MultiaddrConnection) => Promise.resolve(void caught.push(connection)),
    upgradeInbound: (connection: MultiaddrConnection) => Promise.resolve(void caught.push(connection)),
  } as unknown as Upgrader
  const transport = corkedTcp()({ logger: defaultLogger() })
  const listener = transport.createListener({ upgrader })
  await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))
  await transport.dial(listener.getAddrs()[0] ?? multiaddr('/'), { upgrader, signal: AbortSignal.timeout(3_000) })
  while (caught.length < 2) await new Promise(resolve => setImmediate(resolve))

  for (const connection of caught) {
    const socket = socketOf(connection)
    if (socket === undefined) throw new Error('the transport has no socket field any more')
    connection.send(new Uint8Array([1]))
    connection.send(new Uint8Array([2]))
    expect(socket.writableCorked).toBe(1)
    expect(socket.writableLength).toBe(2)
    await nextTick()
    expect(socket.writableCorked).toBe(0)
    connection.abort(new Error('done'))
  }
  await listener.close()
})

test('an end in the same tick loses nothing', async () => {
  const received = Promise.withResolvers<string>()
  const server = createServer(socket => {
    let text = ''
    socket.on('data', data => (text += String(data)))
    socket.on('end', () => received.resolve(text))
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { connect } = await import('node:net')
  const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await new Promise(resolve => socket.once('connect', resolve))
  corkPerTick(socket)
  socket.write('a')
  socket.write('b')
  socket.end('c')
  expect(await received.promise).toBe('abc')
  server.close()
})
