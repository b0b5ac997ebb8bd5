/**
 * States over real libp2p streams on loopback: a member is told, nobody else is, and an end that says rubbish, too much or nothing is
 * left in time. The clock is the test's where time matters.
 */
import * as lp from 'it-length-prefixed'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { encodeAnswer, encodeRequest } from '../../../protocols/state/codec.ts'
import {
  ANSWER_TIMEOUT_MS,
  ASK_TIMEOUT_MS,
  MAX_ASKS_TOGETHER,
  MAX_STATE_STREAMS,
  STATE_LIMITS,
  STATE_PROTOCOL,
} from '../../../protocols/state/limits.ts'
import { StateExchange } from '../../../protocols/state/state-exchange.ts'
import { CheopsError } from '../../../src/errors.ts'
import { MAX_RUNNING_LANES } from '../../../src/runtime/replication/limits.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import { silentLogger } from '../../support/real-time.ts'
import { ManualClock } from '../sync/conversation.ts'
import type { Stream } from '@libp2p/interface'
import type { ToldState } from '../../../protocols/state/codec.ts'
import type { StateExchangeParts } from '../../../protocols/state/state-exchange.ts'
import type { PeerTransport } from '../../../src/ports/transport.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

const exchanges: StateExchange[] = []
afterEach(async () => {
  for (const exchange of exchanges.splice(0)) await exchange.stop()
})

const replicant = { service: 'inventory', kind: 'item', name: 'bolt' }
const dot = { site: 'lyon', incarnation: '1763762400000-0000000000000002', number: 3 }
const life = { stamp: { ms: 1, counter: 0 }, dot }
const told = (bytes: number): ToldState => ({
  lives: [{ life, knowledge: [dot], holes: [] }],
  executed: { life, operations: [life], context: [dot] },
  state: { rawHeaders: ['content-type', 'application/json'], body: new Uint8Array(bytes).fill(7) },
})

interface World {
  readonly asks: StateExchange
  readonly clock: ManualClock
  /** What `lyon` was asked to serve with. */
  readonly served: { readonly protocol: string; readonly maxInboundStreams: number }
  /** Opens a stream to `lyon` by hand. */
  stream(): Promise<Stream>
}

/** `paris` asks, `lyon` answers as `parts` say; streams are the pair's. */
async function world(parts: Partial<StateExchangeParts> = {}): Promise<World> {
  const clock = new ManualClock()
  let serve: (stream: Stream, peerId: string) => void = () => undefined
  let served: World['served'] = { protocol: '', maxInboundStreams: 0 }
  const lyon: PeerTransport = {
    openStream: () => Promise.reject(new Error('lyon asks nobody')),
    isConnected: () => true,
    serve: async (protocol, { maxInboundStreams }, handler) => {
      served = { protocol, maxInboundStreams }
      serve = handler
    },
    unserve: () => Promise.resolve(),
  }
  const stream = async (): Promise<Stream> => {
    const { near, far } = await pair.open()
    serve(far, 'key of paris')
    return near
  }
  const common = { clock, logger: silentLogger, siteOfPeer: () => 'paris' }
  const answers = new StateExchange({
    ...common,
    transport: lyon,
    statusOf: () => Promise.resolve({ members: ['lyon', 'paris'], state: 'agrees' }),
    stateFor: () => Promise.resolve(told(100)),
    ...parts,
  })
  const asks = new StateExchange({
    ...common,
    transport: { ...lyon, openStream: stream },
    statusOf: () => Promise.resolve(undefined),
    stateFor: () => Promise.resolve(undefined),
  })
  await answers.start()
  exchanges.push(answers, asks)
  return { asks, clock, served, stream }
}

/** How a stream ended at this end: by an error, or in order. */
const endOf = (stream: Stream): Promise<'error' | 'order'> =>
  new Promise(resolve => {
    stream.addEventListener('close', ({ error }) => resolve(error === undefined ? 'order' : 'error'), { once: true })
  })

test('it is served under its name, for as many streams at a time as is said', async () => {
  const { served } = await world()
  expect(served).toEqual({ protocol: STATE_PROTOCOL, maxInboundStreams: MAX_STATE_STREAMS })
})

test.each([0, 1, 100_000, STATE_LIMITS.bodyBytes])('a member is told a state of %d bytes, as it is', async bytes => {
  const { asks } = await world({ stateFor: () => Promise.resolve(told(bytes)) })
  const state = await asks.ask('lyon', replicant)
  expect(state?.executed).toEqual(told(bytes).executed)
  expect(state?.lives).toEqual(told(bytes).lives)
  expect(Buffer.compare(state?.state?.body ?? Buffer.from('none'), told(bytes).state?.body ?? Buffer.from('?'))).toBe(0)
})

test('as many as may be under way are each told their own, and one more is not asked; afterwards it is', async () => {
  const { asks } = await world({
    stateFor: ({ name }) => Promise.resolve({ ...told(0), state: { rawHeaders: [], body: Buffer.from(name) } }),
  })
  const ask = async (name: string): Promise<string | undefined> => {
    const state = await asks.ask('lyon', { ...replicant, name })
    return state && Buffer.from(state.state?.body ?? []).toString()
  }
  const names = Array.from({ length: MAX_ASKS_TOGETHER }, (_, i) => `item${i}`)
  const all = await Promise.all([...names, 'one more'].map(ask))
  expect(all).toEqual([...names, undefined])
  expect(await ask('one more')).toBe('one more')
})

test('while a site asks as much as it may, half of its lanes can still answer', () => {
  expect(MAX_ASKS_TOGETHER).toBeLessThanOrEqual(MAX_RUNNING_LANES / 2)
})

test.each<[string, Partial<StateExchangeParts>]>([
  [
    'a site that is no member of the replicant',
    { statusOf: () => Promise.resolve({ members: ['lyon', 'rome'], state: 'agrees' }) },
  ],
  ['what is not replicated', { statusOf: () => Promise.resolve(undefined) }],
  ['what is busy', { statusOf: () => Promise.resolve({ members: ['lyon', 'paris'], state: 'busy' }) }],
  [
    'what has diverged there too',
    { statusOf: () => Promise.resolve({ members: ['lyon', 'paris'], state: 'diverged' }) },
  ],
])('nothing is told of %s, and it is not even looked at', async (_, parts) => {
  let looks = 0
  const { asks } = await world({
    ...parts,
    stateFor: () => {
      looks++
      return Promise.resolve(told(1))
    },
  })
  expect(await asks.ask('lyon', replicant)).toBeUndefined()
  expect(looks).toBe(0)
})

test.each<[string, StateExchangeParts['stateFor']]>([
  ['has something left to do', () => Promise.resolve(undefined)],
  ['has one byte more than may be told', () => Promise.resolve(told(STATE_LIMITS.bodyBytes + 1))],
  ['is too busy', () => Promise.reject(new CheopsError('ERR_REPLICANT_BUSY', 'busy'))],
  ['stops', () => Promise.reject(new CheopsError('ERR_AGENT_STOPPING', 'stops'))],
  ['has a fault', () => Promise.reject(new Error('fault'))],
])('a site that %s tells nothing', async (_, stateFor) => {
  const { asks } = await world({ stateFor })
  expect(await asks.ask('lyon', replicant)).toBeUndefined()
})

test('a stranger is sent away before it has said anything', async () => {
  let asked = 0
  const { stream } = await world({
    siteOfPeer: () => undefined,
    statusOf: () => {
      asked++
      return Promise.resolve(undefined)
    },
  })
  expect(await endOf(await stream())).toBe('error')
  expect(asked).toBe(0)
})

test.each([
  ['rubbish', lp.encode.single(Uint8Array.from([0xff, 0xff])).subarray()],
  ['a length beyond the limit', Uint8Array.from([0x81, 0x40])],
  ['no length at all', new Uint8Array(20).fill(0xff)],
])('who asks with %s is left', async (_, bytes) => {
  const { stream } = await world()
  const near = await stream()
  const end = endOf(near)
  near.send(bytes)
  expect(await end).toBe('error')
})

test('who asks nothing is left in time', async () => {
  const { stream, clock } = await world()
  const end = endOf(await stream())
  await clock.pass(ANSWER_TIMEOUT_MS)
  expect(await end).toBe('error')
})

/** `paris` asks somebody who does with the stream as `answer` says. */
function against(answer: (far: Stream) => void) {
  const clock = new ManualClock()
  const exchange = new StateExchange({
    transport: {
      openStream: async () => {
        const { near, far } = await pair.open()
        answer(far)
        return near
      },
      isConnected: () => true,
      serve: () => Promise.resolve(),
      unserve: () => Promise.resolve(),
    },
    clock,
    logger: silentLogger,
    siteOfPeer: () => 'lyon',
    statusOf: () => Promise.resolve(undefined),
    stateFor: () => Promise.resolve(undefined),
  })
  exchanges.push(exchange)
  return { exchange, clock }
}

test.each<[string, (far: Stream) => void]>([
  ['rubbish', far => void far.send(lp.encode.single(Uint8Array.from([0xff, 0xff])))],
  ['a length beyond the limit', far => void far.send(Uint8Array.from([0x81, 0x80, 0x80, 0x01]))],
  ['a question', far => void far.send(lp.encode.single(encodeRequest(replicant)))],
  ['an end', far => void far.close()],
  ['a fault', far => far.abort(new Error('fault'))],
])('%s in place of an answer is as none', async (_, answer) => {
  const { exchange } = against(answer)
  expect(await exchange.ask('lyon', replicant)).toBeUndefined()
})

test('half an answer, and silence, is given up in time', async () => {
  const answer = lp.encode.single(encodeAnswer(told(1000))).subarray()
  const opened = Promise.withResolvers<Stream>()
  const { exchange, clock } = against(far => {
    far.send(answer.subarray(0, answer.length >> 1))
    opened.resolve(far)
  })
  const asking = exchange.ask('lyon', replicant)
  const end = endOf(await opened.promise)
  await clock.pass(ASK_TIMEOUT_MS)
  expect(await asking).toBeUndefined()
  expect(await end).toBe('error')
})

test('a site that does not come to an answer is given up in time, and gives up itself', async () => {
  const { asks, clock } = await world({ stateFor: () => new Promise(() => undefined) })
  const asking = asks.ask('lyon', replicant)
  await clock.pass(Math.max(ASK_TIMEOUT_MS, ANSWER_TIMEOUT_MS))
  expect(await asking).toBeUndefined()
})

test('who stops gives up at once', async () => {
  const opened = Promise.withResolvers<Stream>()
  const { exchange } = against(far => opened.resolve(far))
  const asking = exchange.ask('lyon', replicant)
  await opened.promise
  await exchange.stop()
  expect(await asking).toBeUndefined()
  expect(await exchange.ask('lyon', replicant)).toBeUndefined()
})
