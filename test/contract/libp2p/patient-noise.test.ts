/**
 * Messages of noise arrive whole however the network cuts them, and none of them costs an exception: two nodes that speak through
 * a relay which passes on a few bytes at a time. This fails when the connection of the library no longer looks as we expect.
 */
import { once } from 'node:events'
import net from 'node:net'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'
import { afterEach, expect, test, vi } from 'vitest'
import { corkedTcp } from '../../../src/adapters/libp2p/corked-tcp.ts'
import { noiseCrypto } from '../../../src/adapters/libp2p/noise-crypto.ts'
import { patientNoise } from '../../../src/adapters/libp2p/patient-noise.ts'

const PROTOCOL = '/test/echo/1.0.0'
/** Around two bytes, where the length of a message stands, and not a divisor of its size. */
const PIECES_BYTES = [1, 2, 1, 3, 7]

const ends: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  for (const end of ends.splice(0).reverse()) await end()
})

async function node(listen: string[]): Promise<Libp2p> {
  const made = await createLibp2p({
    addresses: { listen },
    transports: [corkedTcp()],
    connectionEncrypters: [patientNoise({ crypto: noiseCrypto })],
    streamMuxers: [yamux()],
  })
  ends.push(() => made.stop())
  return made
}

/** Passes on what it gets in small pieces, each in a turn of the loop of its own. */
function trickle(from: net.Socket, to: net.Socket): void {
  to.setNoDelay(true)
  from.on('error', () => to.destroy()).on('close', () => to.destroy())
  const pieces: Buffer[] = []
  let running = false
  const next = (): void => {
    const piece = pieces.shift()
    if (piece === undefined || to.destroyed) {
      running = false
      return
    }
    to.write(piece)
    setImmediate(next)
  }
  from.on('data', data => {
    for (let at = 0, i = 0; at < data.length; i++) {
      const size = PIECES_BYTES[i % PIECES_BYTES.length] ?? 1
      pieces.push(data.subarray(at, at + size))
      at += size
    }
    if (!running) {
      running = true
      next()
    }
  })
}

async function relayTo(port: number): Promise<number> {
  const server = net.createServer(near => {
    const far = net.connect(port, '127.0.0.1')
    trickle(near, far)
    trickle(far, near)
  })
  ends.push(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as net.AddressInfo).port
}

test('a message in pieces is waited for without an exception', async () => {
  const far = await node(['/ip4/127.0.0.1/tcp/0'])
  await far.handle(PROTOCOL, stream => {
    stream.addEventListener('message', event => void stream.send(event.data))
  })
  const [, own] = /\/tcp\/(\d+)/.exec(String(far.getMultiaddrs()[0])) ?? []
  const port = await relayTo(Number(own))
  const near = await node([])
  const connection = await near.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}/p2p/${far.peerId.toString()}`))
  const stream = await connection.newStream(PROTOCOL)

  let thrown = 0
  vi.stubGlobal(
    'RangeError',
    new Proxy(RangeError, {
      apply: (target, self, args) => {
        thrown++
        return Reflect.apply(target, self, args) as unknown
      },
    }),
  )
  const sent = Buffer.from(Array.from({ length: 3_000 }, (_, i) => i % 251))
  const received: Uint8Array[] = []
  const whole = Promise.withResolvers<void>()
  stream.addEventListener('message', event => {
    received.push(event.data.subarray())
    if (received.reduce((sum, part) => sum + part.byteLength, 0) >= sent.length) whole.resolve()
  })
  stream.send(sent)
  await whole.promise
  expect(Buffer.concat(received).equals(sent), 'what came back is what was sent').toBe(true)
  expect(thrown, 'exceptions while messages were incomplete').toBe(0)
})
