/** What operations come to, as they say it themselves, and how surely each field is that: whatever a JSON Patch takes from elsewhere is no surer than it was there. */
import { expect, test } from 'vitest'
import { combined } from '../../../../../src/runtime/replication/drift/combined.ts'
import { wholeOf, type Whole } from '../../../../../src/runtime/replication/drift/whole.ts'
import type { Resource } from '../../../../../src/runtime/replication/application/resource.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'

const said = new WeakMap<Operation, unknown>()
const resource = {
  stateIn: async (operation: Operation) => ({ is: 'json', value: said.get(operation) }),
} as unknown as Resource

/** After {a: 1, c: {}} and an operation of which only the application knows what it does, and where `known` is given, a merge of that. */
async function after(steps: readonly unknown[], known?: unknown): Promise<Whole> {
  const values: [type: string, value: unknown][] = [
    ['create', { a: 1, c: {} }],
    ['increment', {}],
    ...(known === undefined ? [] : [['merge', known] as [string, unknown]]),
    ['patch', steps],
  ]
  const operations = values.map(([type, value], place) => {
    const dot = { site: 'paris', incarnation: '1763762400000-0000000000000001', number: place + 1 }
    const stamp = { ms: place, counter: 0 }
    const headers = [['content-type', 'application/json-patch+json'] as const]
    const payload = { method: 'PATCH', path: '/items/x', headers }
    const replicant = { service: 'shop', kind: 'items', name: 'x' }
    const operation: Operation = { dot, stamp, life: { stamp, dot }, replicant, type, context: [], payload }
    said.set(operation, value)
    return operation
  })
  const whole = await wholeOf(resource, operations)
  if (whole === undefined) throw new Error('it is known as far as it can be')
  return whole
}

test.each([
  ['move', [{ op: 'move', from: '/a', path: '/b' }], { a: 'sure', b: 'unsure' }],
  ['copy', [{ op: 'copy', from: '/a', path: '/b' }], { a: 'unsure', b: 'unsure' }],
  ['copy into another', [{ op: 'copy', from: '/a', path: '/c/b' }], { c: 'unsure' }],
  ['move of a part', [{ op: 'move', from: '/c', path: '/b' }], { b: 'unsure' }],
  ['move of all', [{ op: 'move', from: '', path: '' }], { a: 'unsure' }],
  ['add', [{ op: 'add', path: '/b', value: 1 }], { a: 'unsure', b: 'sure' }],
  ['all of it', [{ op: 'replace', path: '', value: { z: 1 } }], { z: 'sure', y: 'sure' }],
  ['test', [{ op: 'test', path: '/a', value: 1 }], { a: 'unsure' }],
])('%s makes nothing surer than it was', async (_, steps, sureness) => {
  const whole = await after(steps)
  for (const [name, is] of Object.entries(sureness)) expect(whole.surenessOf(name), name).toBe(is)
})

test('what is sure stays so where it is moved, and what was moved is named', async () => {
  const whole = await after([{ op: 'move', from: '/d', path: '/b' }], { d: 5 })
  expect([whole.surenessOf('b'), whole.surenessOf('d'), whole.surenessOf('a')]).toEqual(['sure', 'sure', 'unsure'])
  expect([...whole.changed].toSorted()).toEqual(['b', 'd'])
  expect(whole.namedBy('d')).toEqual(whole.namedBy('b'))
})

test('a repair leaves what the application has made of what was moved', async () => {
  const whole = await after([{ op: 'move', from: '/a', path: '/b' }])
  const rules = { declared: [], hidden: [], looked: [], prefers: 'written' } as const
  expect(combined({ b: 2, c: {} }, whole.value, whole, rules).value).toEqual({ b: 2, c: {} })
})
