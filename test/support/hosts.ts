import { generateKeyPair } from '@libp2p/crypto/keys'
import { createHost } from '../../src/adapters/libp2p/host.ts'
import { Libp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import { answerHello, askHello, HELLO_PROTOCOL, MAX_HELLO_STREAMS } from '../../protocols/heartbeat/hello.ts'
import { silentLogger } from './real-time.ts'
import type { Host, HostOptions } from '../../src/adapters/libp2p/host.ts'
import type { DialResult } from '../../src/ports/peer-network.ts'

export interface TestHost {
  readonly host: Host
  readonly network: Libp2pNetwork
  /** Addresses with `/p2p/…`. */
  readonly addresses: readonly string[]
}

/** libp2p nodes as agents have them, without a membership on top. */
export class TestHosts implements AsyncDisposable {
  readonly #hosts: TestHost[] = []

  async start(options: Partial<HostOptions> = {}): Promise<TestHost> {
    const host = await createHost({
      mesh: 'test',
      privateKey: await generateKeyPair('Ed25519'),
      version: '0',
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      meshKey: undefined,
      mdns: false,
      relay: { serve: false, use: false },
      dialTimeoutMs: 3_000,
      maxStreamsPerPeer: 1_000,
      datastore: undefined,
      isRecordBelievable: () => true,
      isRefused: () => false,
      isMember: () => true,
      isDialled: () => false,
      selectRecord: () => 0,
      ...options,
    })
    const hello = { protocol: HELLO_PROTOCOL, maxStreams: MAX_HELLO_STREAMS, ask: askHello, answer: answerHello }
    const network = new Libp2pNetwork(host, 'test', hello, silentLogger)
    await network.start()
    const addresses = network.addresses().map(address => `${address}/p2p/${network.peerId}`)
    const test = { host, network, addresses }
    this.#hosts.push(test)
    return test
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map(({ network }) => network.stop()))
  }
}

/** Polls a condition that no event announces. */
export async function eventually(condition: () => boolean | Promise<boolean>, timeoutMs: number, what: string) {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** Dials one from another, at its addresses. */
export const connect = (from: TestHost, to: TestHost, force = false): Promise<DialResult> =>
  from.network.dial({ peerId: to.network.peerId, addresses: to.addresses, timeoutMs: 3_000, force })
