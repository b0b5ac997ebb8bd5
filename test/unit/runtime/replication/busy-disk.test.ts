/** The disk is behind for a while: what is to be written then is written later, and nothing of it ends the agent. */
import { expect, test } from 'vitest'
import { MemoryStore } from '../../../support/memory-store.ts'
import { realClock } from '../../../support/real-time.ts'
import { HERE, Scripted, entries, hello } from './scripted.ts'

class BusyStore extends MemoryStore {
  isBehind = false

  override get isFull(): boolean {
    return this.isBehind
  }
}

test('a site that is heard again meanwhile ends nothing', async () => {
  const failures: unknown[] = []
  const store = new BusyStore(new Map(), { onFailure: error => failures.push(error) })
  await using here = await Scripted.start(store)
  here.replicator.connected('paris')
  here.replicator.disconnected('paris')
  store.isBehind = true
  here.replicator.connected('paris')
  store.isBehind = false
  const rome = here.from('rome')
  rome.says(hello('rome', 9))
  rome.says(entries(1, here.signed(here.create('rome', 'cup', ['rome', HERE]))))
  await rome.next('received')
  expect(failures).toEqual([])
})

test('an outbox of which the first conversation begins meanwhile is there after a start, with what is told to it', async () => {
  const values = new Map<string, Uint8Array>()
  const store = new BusyStore(values)
  {
    await using here = await Scripted.start(store)
    store.isBehind = true
    here.replicator.connected('paris')
    await new Promise<void>(resolve => setImmediate(resolve))
    store.isBehind = false
    const rome = here.from('rome')
    rome.says(hello('rome', 9))
    rome.says(entries(1, here.signed(here.create('rome', 'cup', ['rome', 'paris', HERE]))))
    await rome.next('received')
    await expect.poll(() => here.replicator.peers().find(({ site }) => site === 'paris')?.outbox).toBeGreaterThan(0)
  }
  await using again = await Scripted.start(new MemoryStore(values), realClock, '1763762500000-0000000000000002')
  expect(again.replicator.peers().find(({ site }) => site === 'paris')?.outbox ?? 'it is gone').toBeGreaterThan(0)
})
