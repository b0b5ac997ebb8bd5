/**
 * When a site asks for what operations wait for: not while whoever wrote it may be telling it, and then of who has told what waits. How: a real replicator in
 * virtual time; the other sites are the test.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import { WANT_WAITED_FOR_AFTER_MS } from '../../../../../src/runtime/replication/limits.ts'
import { HERE, Scripted, entries, hello, type ScriptedChannel } from '../scripted.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'

let time: VirtualTime
let here: Scripted

beforeEach(async () => {
  time = new VirtualTime()
  here = await Scripted.start(undefined, {
    now: () => 1_763_762_400_000 + time.now,
    monotonic: () => time.now,
    after: (delayMs, fn) => time.after(delayMs, fn),
  })
})
afterEach(() => here[Symbol.asyncDispose]())

const pass = (ms: number): Promise<void> => time.run(time.now + ms)

async function talking(site: string): Promise<ScriptedChannel> {
  const channel = here.from(site)
  channel.says(hello(site, 9))
  await pass(10)
  return channel
}

/** A create, and a change by each of two members, of which the second has seen the first. */
function written(): { readonly created: Operation; readonly first: Operation; readonly second: Operation } {
  const created = here.create('rome', 'mug', ['paris', 'rome', HERE])
  const change = (site: string, seen: readonly Operation[]): Operation => {
    const { dot, stamp } = here.create(site, 'mug', [])
    const { replicant, life } = created
    const body = { bytes: new TextEncoder().encode('{"n":1}') }
    const payload = { method: 'PATCH', path: '/items/mug', headers: [], body }
    const previous = seen.findLast(operation => operation.dot.site === site)?.dot
    const context = seen.filter(each => seen.findLast(one => one.dot.site === each.dot.site) === each)
    return {
      dot,
      stamp,
      replicant,
      life,
      type: 'merge',
      context: context.map(operation => operation.dot).toSorted((a, b) => (a.site < b.site ? -1 : 1)),
      ...(previous !== undefined && { previous }),
      payload,
    }
  }
  const first = change('rome', [created])
  return { created, first, second: change('paris', [created, first]) }
}

const wants = (channel: ScriptedChannel): number => channel.said('want').length

test('what its writer tells shortly after is not asked for', async () => {
  const { created, first, second } = written()
  const [paris, rome] = [await talking('paris'), await talking('rome')]
  rome.says(entries(1, here.signed(created)))
  await pass(10)
  paris.says(entries(1, here.signed(second)))
  await pass(WANT_WAITED_FOR_AFTER_MS - 50)
  rome.says(entries(2, here.signed(first)))
  await pass(4_000)
  expect(here.refusals()).toEqual([])
  expect([wants(paris), wants(rome)]).toEqual([0, 0])
})

test('what nobody tells is asked for of who has told what waits for it', async () => {
  const { created, second } = written()
  const [paris, rome] = [await talking('paris'), await talking('rome')]
  rome.says(entries(1, here.signed(created)))
  await pass(10)
  paris.says(entries(1, here.signed(second)))
  await pass(WANT_WAITED_FOR_AFTER_MS - 50)
  expect(wants(paris), 'it may come by itself').toBe(0)
  await pass(100)
  expect(wants(paris)).toBe(1)
})
