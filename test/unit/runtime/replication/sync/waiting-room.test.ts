/** Who tells operations that wait fills no more than its room, and has it back for each that goes on. */
import { expect, test } from 'vitest'
import { newReplicant, type Operation, type Replicant } from '../../../../../src/core/oplog/index.ts'
import { MAX_WAITING_BYTES } from '../../../../../src/runtime/replication/limits.ts'
import { Commit } from '../../../../../src/runtime/replication/store/commit.ts'
import { WaitingRoom } from '../../../../../src/runtime/replication/sync/waiting-room.ts'

const replicant = { service: 'shop', kind: 'items', name: 'mug' }
const BYTES = 4096

function operation(number: number): Operation {
  const dot = { site: 'rome', incarnation: '1763762400000-0000000000000001', number }
  const stamp = { ms: 1, counter: number }
  const payload = { method: 'PUT', path: '/', headers: [], body: { bytes: new Uint8Array(BYTES) } }
  return { dot, stamp, replicant, life: { stamp, dot }, type: 'replace', context: [], payload }
}

const holding = (...waiting: readonly Operation[]): Replicant => ({ ...newReplicant(replicant, 'paris'), waiting })

/** Takes a step as far as there is room. */
function take(room: WaitingRoom, before: Replicant, after: Replicant, commit = new Commit()): boolean {
  if (!room.mayKeep('rome', 'mug', before, after)) return false
  room.count(commit, 'rome', 'mug', before, after)
  return true
}

test('what goes on is given back while something else of the name waits for ever', () => {
  const room = new WaitingRoom()
  const stuck = operation(1)
  expect(take(room, holding(), holding(stuck))).toBe(true)
  for (let number = 2; number < (2 * MAX_WAITING_BYTES) / BYTES; number++) {
    const late = operation(number)
    expect(take(room, holding(stuck), holding(stuck, late)), `of ${number}, never more than two waited`).toBe(true)
    room.keep('mug', [stuck])
  }
})

test('what waits at once is bounded, and so it stays after steps that were not written', () => {
  const room = new WaitingRoom()
  let held = holding()
  let count = 0
  for (let isFull = false; !isFull;) {
    const next = holding(...held.waiting, operation(++count))
    const undone = new Commit()
    if (take(room, held, next, undone)) undone.undo()
    isFull = !take(room, held, next)
    if (!isFull) held = next
  }
  const fit = Math.floor(MAX_WAITING_BYTES / BYTES)
  expect(count).toBeLessThanOrEqual(fit + 1)
  expect(count).toBeGreaterThan(fit * 0.8)
  room.keep('mug', held.waiting.slice(1))
  expect(take(room, holding(...held.waiting.slice(1)), holding(...held.waiting.slice(1), operation(count)))).toBe(true)
  expect(room.mayKeep('lyon', 'cup', holding(), holding(operation(1))), 'others have their own room').toBe(true)
})
