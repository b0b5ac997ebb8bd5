/**
 * What is said in a conversation of the buckets that this site has names in, and what is made of what another one says: all at its beginning, what is new
 * at once but in few messages, nothing to an agent of an earlier version. How: a real replicator in virtual time; the other site is the test.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import { BucketSet, NAME_BUCKETS, bucketOf } from '../../../../../src/core/oplog/index.ts'
import type { SyncMessage } from '../../../../../src/ports/sync.ts'
import { INCARNATION, Scripted, hello, type ScriptedChannel } from '../scripted.ts'

type Names = Extract<SyncMessage, { kind: 'names' }>

let time: VirtualTime
let here: Scripted
/** A name for each of the first buckets. */
const NAMES: readonly string[] = (() => {
  const names: string[] = []
  for (let place = 0; names.filter(Boolean).length < 600; place++) {
    const bucket = bucketOf({ service: 'shop', kind: 'items', name: String(place) })
    if (bucket < 600) names[bucket] = String(place)
  }
  return names
})()

beforeEach(async () => {
  time = new VirtualTime()
  const clock = {
    now: () => 1_763_762_400_000 + time.now,
    monotonic: () => time.now,
    after: (delayMs: number, fn: () => void) => time.after(delayMs, fn),
  }
  here = await Scripted.start(undefined, clock)
})
afterEach(() => here[Symbol.asyncDispose]())

const pass = (ms: number): Promise<void> => time.run(time.now + ms)
const add = (bucket: number): void => here.names.own.add({ service: 'shop', kind: 'items', name: NAMES[bucket] ?? '' })

/** A conversation that this site opens with rome, which knows this version. */
async function told(version: number, count = 1): Promise<ScriptedChannel> {
  if (count === 1) here.replicator.connected('rome')
  await pass(10)
  const channel = await here.to('rome', count)
  channel.says({ kind: 'welcome', version, site: 'rome', incarnation: INCARNATION, cursors: [] })
  await pass(10)
  return channel
}

/** All that it was told since it was asked last. */
async function said(channel: ScriptedChannel): Promise<Names[]> {
  const all: Names[] = []
  const end = { kind: 'names', added: [NAME_BUCKETS] } as const
  await channel.send(end)
  for (;;) {
    const next = await channel.next('names')
    if (typeof next === 'string' || next === end) return all
    all.push(next)
  }
}

test('all are said at the beginning; what is new at once, then what comes within a moment together', async () => {
  add(1)
  const channel = await told(1)
  const own = new BucketSet(here.names.own.buckets.bits)
  expect(await said(channel)).toEqual([{ kind: 'names', all: own.bits }])
  await pass(1_000)
  add(2)
  await pass(1)
  expect(await said(channel)).toEqual([{ kind: 'names', added: [2] }])
  for (const bucket of [3, 4, 2, 5]) {
    add(bucket)
    await pass(10)
  }
  expect(await said(channel)).toEqual([])
  await pass(100)
  expect(await said(channel)).toEqual([{ kind: 'names', added: [3, 4, 5] }])
  for (let bucket = 100; bucket < 500; bucket++) add(bucket)
  await pass(200)
  expect(await said(channel)).toEqual([{ kind: 'names', all: here.names.own.buckets.bits }])
})

test('hundreds a second are said in ten messages', async () => {
  const channel = await told(1)
  await pass(1_000)
  await said(channel)
  for (let bucket = 0; bucket < 500; bucket++) {
    add(bucket)
    await pass(4)
  }
  await pass(200)
  const messages = await said(channel)
  expect(messages.length).toBeGreaterThan(15)
  expect(messages.length).toBeLessThan(23)
  expect(messages.flatMap(message => ('added' in message ? message.added : []))).toEqual(
    Array.from({ length: 500 }, (_, bucket) => bucket),
  )
})

test('an agent that does not know them is told nothing, and does not count as told', async () => {
  const channel = await told(0)
  add(1)
  await pass(1_000)
  expect([await said(channel), here.names.own.isTold('rome')]).toEqual([[], false])
})

test('a site counts as told as long as its conversation stands, and the next one begins with all', async () => {
  const first = await told(1)
  expect(here.names.own.isTold('rome')).toBe(true)
  await first.close('lost')
  await pass(1)
  expect(here.names.own.isTold('rome')).toBe(false)
  add(7)
  await pass(500)
  const second = await told(1, 2)
  expect(await said(second)).toEqual([{ kind: 'names', all: here.names.own.buckets.bits }])
})

test('what another site says counts as all it has until its conversation is over, and is kept then', async () => {
  const channel = here.from('rome')
  channel.says(hello('rome', 0))
  await channel.next('welcome')
  const { heard } = here.names
  expect(heard.isTelling('rome')).toBe(false)
  const theirs = new BucketSet()
  theirs.add(11)
  channel.says({ kind: 'names', all: theirs.bits })
  channel.says({ kind: 'names', added: [12] })
  await pass(10)
  expect([heard.isTelling('rome'), heard.holders(11), heard.holders(12), heard.holders(13)]).toEqual([
    true,
    ['rome'],
    ['rome'],
    [],
  ])
  // One that is replaced by another is over, and the next one says all again.
  const next = here.from('rome')
  next.says(hello('rome', 0))
  await next.next('welcome')
  await pass(10)
  expect([heard.isTelling('rome'), heard.holders(11)]).toEqual([false, ['rome']])
  next.says({ kind: 'names', all: new BucketSet().bits })
  await pass(10)
  expect([heard.isTelling('rome'), heard.holders(11)]).toEqual([true, []])
})
