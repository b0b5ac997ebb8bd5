/**
 * A member of the mesh that means harm, and a stranger: rubbish on the streams of sync, operations that another key has signed or
 * that are for others, a site that exposes nothing, floods of operations that wait for what never comes. How: a peer of its own with
 * the same mesh name, that speaks the protocol with the project's own codec and says what no agent would. Two agents with an
 * application each go on serving meanwhile; what the applications have is read past Cheops.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { syncCodec } from '../../../protocols/sync/codec.ts'
import { SYNC_PROTOCOL } from '../../../protocols/sync/limits.ts'
import { createOperationSeal } from '../../../protocols/sync/seal.ts'
import { createSyncNetwork } from '../../../protocols/sync/sync-network.ts'
import { openIncarnation } from '../../../src/core/membership/incarnation.ts'
import { TestPeers, until } from '../../support/peers.ts'
import { realClock, realRandom } from '../../support/real-time.ts'
import { Mesh, WAIT } from './mesh.ts'
import type { Dot, Operation } from '../../../src/core/oplog/index.ts'
import type { PeerNode } from '../../../src/peer-node.ts'
import type { OperationSeal, OutboxEntry, SealedOperation, SyncChannel, SyncMessage } from '../../../src/ports/sync.ts'
import { sealedBy } from '../../support/sealed-by.ts'

const MESH = 'replication'
const KIND = 'items'
const incarnation = openIncarnation(Date.now(), realRandom.bytes(8))

const SITES = ['site1', 'site2', 'closed']

let mesh: Mesh
const peers = new TestPeers()
/** Who means harm: another one for each test, since agents let somebody who lied to them wait. */
let mallory: PeerNode
/** The name of its site. */
let villain = ''
let seal: OperationSeal
let number = 0
let tests = 0

beforeAll(async () => {
  mesh = await Mesh.start(SITES, { closed: { expose: '{sites: [site1], methods: [GET], paths: ["/**"]}' } })
})
beforeEach(async () => {
  villain = `mallory-${++tests}`
  mallory = await peers.start(villain, { mesh: MESH, bootstrap: SITES.map(site => mesh.address(site)) })
  await until(
    [mallory],
    () => SITES.every(site => mallory.membership.site(site)?.liveness === 'alive'),
    10_000,
    `${villain} knows all`,
  )
  seal = createOperationSeal({ mesh: MESH, site: villain, sign: mallory.sign, publicKeyOf: mallory.publicKeyOf })
})
afterEach(async () => peers.stop(mallory))
afterAll(async () => {
  await peers[Symbol.asyncDispose]()
  await mesh[Symbol.asyncDispose]()
})

const bytesOf = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** A create as an agent would write it, signed by mallory. */
function create(name: string, members: readonly string[], more: Partial<Operation> = {}): Operation {
  const dot: Dot = { site: villain, incarnation, number: ++number }
  const stamp = { ms: Date.now(), counter: 0 }
  const body = { bytes: bytesOf({ id: name, by: 'mallory' }) }
  return {
    dot,
    stamp,
    replicant: { service: 'inventory', kind: KIND, name },
    life: { stamp, dot },
    type: 'create',
    context: [],
    members: { added: members.toSorted(), removed: [] },
    payload: { method: 'POST', path: '/items', headers: [['content-type', 'application/json']], body },
    ...more,
  }
}

/** Something that is done to what a create has made. */
function after(created: Operation, type: string, payload: Operation['payload']): Operation {
  const dot: Dot = { site: villain, incarnation, number: ++number }
  const { replicant, life } = created
  const stamp = { ms: Date.now() + 1, counter: number }
  return {
    dot,
    stamp,
    replicant,
    life,
    type,
    previous: created.dot,
    context: [created.dot],
    ...(payload && { payload }),
  }
}

const network = () =>
  createSyncNetwork({
    transport: mallory.transport,
    clock: realClock,
    siteOfPeer: peerId => mallory.membership.siteOfPeer(peerId),
  })

let outboxes = 0
/** Tells a site what stands in an outbox of its own; resolves when the site says that it has it, or ends the conversation. */
async function tell(site: string, entries: readonly OutboxEntry[], together = 100): Promise<'received' | 'ended'> {
  const channel = await network().open(site, AbortSignal.timeout(5_000))
  const own = openIncarnation(Date.now() + ++outboxes, realRandom.bytes(8))
  const range = { incarnation: own, first: 1, next: entries.length + 1 }
  const done = Promise.withResolvers<'received' | 'ended'>()
  const listening = (async () => {
    for await (const message of channel.messages)
      if (message.kind === 'received' && message.upTo === entries.length) done.resolve('received')
  })()
  listening.then(
    () => done.resolve('ended'),
    () => done.resolve('ended'),
  )
  await channel.send({ kind: 'hello', version: 0, site: villain, incarnation: own, outboxes: [range] })
  for (let at = 0; at < entries.length; at += together) {
    const part = entries.slice(at, at + together).map(entry => syncCodec.encodeEntry(entry))
    const message: SyncMessage = { kind: 'entries', incarnation: own, first: at + 1, entries: part }
    if (
      !(await channel.send(message).then(
        () => true,
        () => false,
      ))
    )
      break
  }
  const result = await done.promise
  await channel.close('done')
  return result
}

const operation = (sealed: SealedOperation): OutboxEntry => ({ kind: 'operation', operation: sealed })

let healthy = 0
/** The agents replicate as if nothing had been. */
async function expectHealthy(): Promise<void> {
  const id = `healthy-${++healthy}`
  const asked = { scope: 'site1 & site2', body: { id }, headers: WAIT }
  const answer = await mesh.must('site1', 'POST', '/items', asked)
  expect(answer.headers.get('Cheops-Sites')).toMatch(/site2;s=applied/)
  expect(await mesh.everywhere(id)).toEqual([{ id }, { id }, undefined])
}

test('what mallory says is understood: an operation for a member that lets it is carried out', async () => {
  expect(await tell('site1', [operation(sealedBy(seal, create('honest', [villain, 'site1'])))])).toBe('received')
  await mesh.settles('honest', [{ id: 'honest', by: 'mallory' }, undefined, undefined])
})

test('rubbish on a stream ends that stream and nothing else', async () => {
  const random = realRandom.bytes(70_000)
  const rubbish = [random, new Uint8Array(70_000).fill(255), new Uint8Array(10), Buffer.from('GET / HTTP/1.1\r\n\r\n')]
  for (const bytes of rubbish) {
    const stream = await mallory.transport.openStream('site1', SYNC_PROTOCOL, AbortSignal.timeout(5_000))
    const ended = new Promise(resolve => stream.addEventListener('close', resolve))
    stream.send(bytes)
    await stream.close().catch(() => undefined)
    await ended
  }
  await expectHealthy()
})

test('an operation that is said to be by another site, and is not signed by it, is not carried out', async () => {
  const forged = create('forged', ['site1', 'site2'])
  const dot = { ...forged.dot, site: 'site2' }
  const lie: Operation = { ...forged, dot, life: { ...forged.life, dot } }
  const bytes = syncCodec.encodeOperation(lie)
  const { signature } = sealedBy(seal, create('forged', ['site1', 'site2']))
  await tell('site1', [operation({ bytes, signature: mallory.sign(bytes) }), operation({ bytes, signature })])
  await expectHealthy()
  expect(await mesh.everywhere('forged')).toEqual([undefined, undefined, undefined])
})

test('an operation for others is not carried out here', async () => {
  await tell('site1', [operation(sealedBy(seal, create('elsewhere', [villain, 'site2'])))])
  await expectHealthy()
  expect((await mesh.everywhere('elsewhere'))[0]).toBeUndefined()
})

/** Something made by site1 and site2, and what somebody else would guess of its create: it cannot know the stamp, and tries. */
async function guesses(id: string, guess: (created: Operation) => Operation): Promise<OutboxEntry[]> {
  const before = Date.now()
  const asked = { scope: 'site1 & site2', body: { id, n: 1 }, headers: WAIT }
  const made = await mesh.must('site1', 'POST', '/items', asked)
  const [site = '', of = '', count = ''] = made.headers.get('Cheops-Operation')?.split('/') ?? []
  const dot = { site, incarnation: of, number: Number(count) }
  const entries: OutboxEntry[] = []
  for (let ms = before; ms <= Date.now(); ms++) {
    const stamp = { ms, counter: 0 }
    const named = create(id, ['site1', 'site2'])
    entries.push(operation(sealedBy(seal, guess({ ...named, stamp, dot, life: { stamp, dot } }))))
  }
  return entries
}

/** By mallory, as its first on a life that others have begun. */
function meddling(created: Operation, type: string, more: Partial<Operation>): Operation {
  const { previous: _, ...rest } = after(created, type, undefined)
  return { ...rest, stamp: { ms: Date.now() + 1, counter: number }, ...more }
}

test('somebody who is no member is told nothing, whatever he asks for', async () => {
  await mesh.must('site1', 'POST', '/items', {
    scope: 'site1 & site2',
    body: { id: 'secret', pin: 4711 },
    headers: WAIT,
  })
  const want = (name: string): SyncMessage => ({
    kind: 'want',
    replicant: { service: 'inventory', kind: KIND, name },
    lives: [],
  })
  const heard: string[] = []
  const told = Promise.withResolvers()
  const hear = async (channel: SyncChannel): Promise<void> => {
    for await (const message of channel.messages) {
      if (message.kind === 'hello') {
        await channel.send({ kind: 'welcome', version: 0, site: villain, incarnation, cursors: [] })
        await told.promise
        // In this order: who has answered the second has had the first.
        for (const name of ['secret', 'ours']) await channel.send(want(name))
      }
      if (message.kind === 'entries') heard.push(...message.entries.map(bytes => Buffer.from(bytes).toString('latin1')))
    }
  }
  // Conversations end when the mesh does.
  const stop = await network().serve(channel => void hear(channel).catch(() => undefined))
  try {
    await tell('site1', [operation(sealedBy(seal, create('ours', [villain, 'site1'])))])
    told.resolve(undefined)
    await until([mallory], () => heard.some(text => text.includes('"ours"')), 40_000, `${villain} hears of its own`)
    expect(heard.filter(text => text.includes('4711'))).toEqual([])
  } finally {
    await stop()
  }
})

test('somebody who is no member changes nothing of what others replicate', async () => {
  const payload = { method: 'DELETE', path: '/items/theirs', headers: [] }
  await tell('site1', await guesses('theirs', created => meddling(created, 'delete', { payload })))
  await expectHealthy()
  expect((await mesh.everywhere('theirs')).slice(0, 2)).toEqual(Array(2).fill({ id: 'theirs', n: 1 }))
})

// The same cause; nothing bounds it, since no application is asked.
test('somebody who is no member removes no member', async () => {
  const members = { added: [], removed: ['site2'] }
  await tell('site1', await guesses('shared', created => meddling(created, 'members', { members })))
  await mesh.must('site1', 'PUT', '/items/shared', { body: { n: 2 }, headers: { Prefer: 'wait=2' } })
  await expectHealthy()
  expect((await mesh.everywhere('shared')).slice(0, 2)).toEqual(Array(2).fill({ id: 'shared', n: 2 }))
})

test('a site that exposes nothing of the kind carries out nothing of the kind', async () => {
  await tell('closed', [operation(sealedBy(seal, create('intruder', ['closed', villain])))])
  await mesh.must('site1', 'POST', '/items', {
    scope: 'site1 & closed',
    body: { id: 'unasked' },
    headers: { Prefer: 'wait=2' },
  })
  await expectHealthy()
  expect((await mesh.everywhere('intruder'))[2]).toBeUndefined()
  expect((await mesh.everywhere('unasked'))[2]).toBeUndefined()
})

test('an operation does to the application what it says it is, to the resource that it names, and nothing else', async () => {
  await mesh.must('site1', 'POST', '/items', { body: { id: 'private', n: 1 } })
  const made = create('pretext', [villain, 'site1'])
  const lie = after(made, 'merge', { method: 'DELETE', path: '/items/private', headers: [] })
  await tell('site1', [operation(sealedBy(seal, made)), operation(sealedBy(seal, lie))])
  await mesh.settles('pretext', [{ id: 'pretext', by: 'mallory' }, undefined, undefined])
  await expectHealthy()
  expect((await mesh.everywhere('private'))[0]).toEqual({ id: 'private', n: 1 })
})

test('thousands of operations that wait for what never comes: the agents serve on, meanwhile too', async () => {
  const sealed: OutboxEntry[] = []
  for (let name = 0; name < 5; name++) {
    const missing = create(`waiting-${name}`, [villain, 'site1'])
    // More than may wait of one name.
    for (let count = 0; count < 1200; count++) sealed.push(operation(sealedBy(seal, after(missing, 'merge', PATCH))))
  }
  const told = tell('site1', sealed)
  // While it is told, and afterwards.
  await expectHealthy()
  expect(['received', 'ended']).toContain(await told)
  await expectHealthy()
}, 120_000)
const PATCH = {
  method: 'PATCH',
  path: '/items/waiting',
  headers: [['content-type', 'application/merge-patch+json'] as const],
  body: { bytes: bytesOf({ n: 1 }) },
}

test('a stranger, who is of another mesh, is not heard', async () => {
  const stranger = await peers.start('stranger', { mesh: 'another', bootstrap: [mesh.address('site1')] })
  await expect(stranger.transport.openStream('site1', SYNC_PROTOCOL, AbortSignal.timeout(3_000))).rejects.toThrow(
    /site1/,
  )
  await vi.waitFor(expectHealthy, 20_000)
})
