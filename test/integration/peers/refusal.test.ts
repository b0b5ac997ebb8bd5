/**
 * What a peer that refuses another one says is heard, at the first dial or else at the next one, however the link behaves. How: agents on loopback
 * with a link between them on which answers take their time, and which resets what was not read yet when the side that has answered closes, as a
 * system does whose closed socket is spoken to.
 */
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { DEFAULT_TIMEOUTS } from '../../../src/config.ts'
import { eventually } from '../../support/hosts.ts'
import { TestPeers, until } from '../../support/peers.ts'
import type { AddressInfo, Socket } from 'node:net'
import type { PeerNode } from '../../../src/peer-node.ts'

/** Who dials hears everything so much later: several turns of two agents' loops. */
const LATE_MS = 200

/** A link to a peer; see above. */
class HastyLink implements AsyncDisposable {
  readonly #server
  readonly #sockets = new Set<Socket>()
  readonly #target: number

  constructor(target: PeerNode) {
    this.#target = Number(/\/tcp\/(\d+)/.exec(target.addresses()[0] ?? '')?.[1])
    this.#server = createServer(near => this.#join(near))
  }

  /** @returns the address to dial */
  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `/ip4/127.0.0.1/tcp/${(this.#server.address() as AddressInfo).port}`
  }

  /** Resets the connections that stand. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('end', () => other.resetAndDestroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.resetAndDestroy()
      })
    }
    near.on('data', (chunk: Buffer) => far.write(chunk))
    far.on('data', (chunk: Buffer) => setTimeout(() => near.writable && near.write(chunk), LATE_MS))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** No attempt is given up since this machine is busy: attempts are counted here. */
const timeouts = { ...DEFAULT_TIMEOUTS, dialMs: 20_000 }

const ids = (node: PeerNode): string[] => node.diagnostics.problems().map(problem => problem.id)
const isTold = (node: PeerNode) => () => ids(node).includes('name-taken')

test('a refusal is read before the connection goes, by the dial that meets it', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  await using link = new HastyLink(one)
  const bootstrap = [await link.listen()]
  const thief = await peers.start('one', { bootstrap, timeouts }, { disk: 'thief' })
  await until([thief], isTold(thief), 20_000, 'the thief is told')
  const status = () => thief.diagnostics.bootstrapStatus()[0]
  await eventually(() => status()?.result !== 'never tried', 20_000, 'the attempt is over')
  expect(status()).toMatchObject({
    result: 'refused-by-peer',
    attempts: 1,
    detail: expect.stringContaining('name-taken'),
  })
  await eventually(() => one.diagnostics.peers().length === 0, 10_000, 'the connection is closed')

  const other = await peers.start('other', { mesh: 'elsewhere', bootstrap, timeouts })
  await until([other], () => ids(other).includes('wrong-mesh'), 20_000, 'the other one is told')
  const ofOther = () => other.diagnostics.bootstrapStatus()[0]
  await eventually(() => ofOther()?.result !== 'never tried', 20_000, 'the attempt is over')
  expect(ofOther()).toMatchObject({ result: 'wrong-mesh', attempts: 1, detail: expect.stringContaining('mesh "test"') })
})

test('a refusal that was lost is said again at the next dial, and to the next run', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  await using link = new HastyLink(one)
  const config = { bootstrap: [await link.listen()], timeouts }
  const thief = await peers.start('one', config, { disk: 'thief' })
  await until([one], isTold(one), 20_000, 'the thief is refused')
  expect(ids(thief)).toEqual([])
  link.reset()
  const status = (node: PeerNode) => node.diagnostics.bootstrapStatus()[0]
  await eventually(() => status(thief)?.result === 'refused-by-peer', 20_000, 'the next dial is told')
  expect([status(thief)?.attempts, ids(thief)]).toEqual([2, ['name-taken']])

  await peers.stop(thief)
  const again = await peers.start('one', config, { disk: 'thief' })
  await eventually(() => status(again)?.result === 'refused-by-peer', 20_000, 'the next run is told')
  expect(status(again)?.attempts).toBe(1)
})

test('who is let in after all has no name that is taken any more', async () => {
  await using peers = new TestPeers()
  const keeper = await peers.start('keeper')
  const config = { bootstrap: [...keeper.addresses()], timeouts }
  const before = await peers.start('one', config)
  await eventually(() => keeper.membership.site('one')?.liveness === 'alive', 20_000, 'it is known')
  await peers.stop(before)
  const anew = await peers.start('one', config, { disk: 'another' })
  await until([anew], isTold(anew), 20_000, 'it is refused')
  await keeper.diagnostics.forgetSite('one')
  await eventually(() => anew.diagnostics.bootstrapStatus()[0]?.result === 'connected', 40_000, 'it is let in')
  expect([ids(anew), ids(keeper)]).toEqual([[], []])
})
