/**
 * What operations come to costs in proportion to what they say, whatever they say: JSON patches that double a value with each step, make it deeper, or change a
 * large one in thousands of steps. By the size of what comes of it, and by the processor's time for a hundred times as much as that should take.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_JSON_DEPTH } from '../../../../../src/core/resource/json-object.ts'
import { canonicalJson, parseJson } from '../../../../../src/glue/json.ts'
import { hiddenIn, combined } from '../../../../../src/runtime/replication/drift/combined.ts'
import { patched } from '../../../../../src/runtime/replication/drift/json-patch.ts'
import { wholeOf } from '../../../../../src/runtime/replication/drift/whole.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'
import type { Resource } from '../../../../../src/runtime/replication/application/resource.ts'

const BESIDES = 16 * 1024

interface Said {
  readonly type: 'create' | 'merge' | 'patch'
  readonly value: unknown
}

/** What a schedule comes to, and the bytes of its bodies. */
async function comesTo(...said: readonly Said[]) {
  const texts = said.map(({ value }) => JSON.stringify(value))
  const operations = said.map(({ type }, place) => ({
    type,
    dot: { site: 'a', incarnation: '1-0000000000000000', number: place + 1 },
    payload: {
      method: 'PATCH',
      path: '/x',
      headers: [['content-type', 'application/json-patch+json']],
      body: { bytes: new TextEncoder().encode(texts[place]) },
    },
  })) as unknown as readonly Operation[]
  const stateIn = async (operation: Operation) => {
    const { body } = operation.payload ?? {}
    const bytes = body !== undefined && 'bytes' in body ? body.bytes : undefined
    return Promise.resolve({ is: 'json', value: parseJson(new TextDecoder().decode(bytes)) })
  }
  const whole = await wholeOf({ stateIn } as unknown as Resource, operations)
  if (whole === undefined) throw new Error('the schedule comes to nothing')
  return { whole, bytes: texts.reduce((sum, text) => sum + text.length, 0) }
}

function cpuMs(work: () => void): number {
  const began = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

const doubling = (steps: number) =>
  Array.from({ length: steps }, (_, n) => ({ op: 'copy', from: '/a', path: `/a/b${n}` }))

test('a kilobyte of steps that each double a value is for the application alone to say', async () => {
  const { whole } = await comesTo(
    { type: 'create', value: { id: 'x', a: { x: 'yyyyyyyy' } } },
    { type: 'patch', value: doubling(22) },
  )
  expect(whole.isKnown).toBe(false)
  expect(canonicalJson(whole.value)).toBe('{"a":{"x":"yyyyyyyy"},"id":"x"}')
})

test('a hundred patches that each double it a few times come to no more than twice what all say', async () => {
  const patches = Array.from({ length: 100 }, (_, n): Said => {
    const value = doubling(2).map(step => ({ ...step, path: `${step.path}${n}` }))
    return { type: 'patch', value }
  })
  const { whole, bytes } = await comesTo({ type: 'create', value: { a: { x: 'y'.repeat(100) } } }, ...patches)
  expect(whole.isKnown).toBe(false)
  // Quotes and commas are not counted, and no value here is smaller than they are.
  expect(canonicalJson(whole.value).length).toBeLessThan(2 * (2 * bytes + BESIDES))
})

test('a value that was copied is another one: what changes it changes no other', () => {
  const steps = [
    { op: 'copy', from: '/a', path: '/b' },
    { op: 'add', path: '/a/n', value: 1 },
    { op: 'copy', from: '/b', path: '/a/c' },
    { op: 'remove', path: '/b/x' },
  ]
  const target = { a: { x: 1 } }
  expect(patched(target, steps, { left: 100 })).toEqual({ value: { a: { x: 1, n: 1, c: { x: 1 } }, b: {} } })
  expect(target).toEqual({ a: { x: 1 } })
})

test('steps that make it deeper than any body may be are for the application alone to say', () => {
  const deep = (depth: number) => JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth)) as unknown
  const place = (depth: number) => '/a'.repeat(depth)
  const room = () => ({ left: 1_000_000 })
  const half = MAX_JSON_DEPTH / 2
  const twice = (depth: number) => [{ op: 'copy', from: '', path: place(depth) }]
  expect(patched(deep(half), twice(half), room())).toEqual({ value: deep(MAX_JSON_DEPTH) })
  expect(patched(deep(half + 1), twice(half + 1), room())).toBeUndefined()
  const added = (value: unknown) => [{ op: 'add', path: place(half), value }]
  expect(patched(deep(half), added(deep(half)), room())).toEqual({ value: deep(MAX_JSON_DEPTH) })
  expect(patched(deep(half), added(deep(half + 1)), room())).toBeUndefined()
  const moved = [
    { op: 'add', path: '/b', value: deep(half) },
    { op: 'move', from: '/b', path: place(half + 1) },
  ]
  expect(patched(deep(half + 1), moved, room())).toBeUndefined()
})

test.each([
  ['fields', Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`f${n}`, n])), '/f7', 'replace'],
  ['items that are all moved up', Array.from({ length: 500_000 }, () => 0), '/0', 'add'],
])('thousands of steps at a large one cost no more than both are long: %s', (_, target, path, op) => {
  const steps = Array.from({ length: 10_000 }, () => ({ op, path, value: 1 }))
  const room = { left: JSON.stringify(target).length + JSON.stringify(steps).length }
  expect(cpuMs(() => patched(target, steps, room))).toBeLessThan(2_000)
})

test('fields below one long name cost no more than the name, where some are hidden', async () => {
  const below = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, n]))
  const name = 'n'.repeat(400_000)
  const { whole } = await comesTo({ type: 'create', value: { [name]: below } })
  const look = { hidden: ['/password', '/pin'], looked: [] }
  const rules = { ...look, declared: ['/secret'], prefers: 'written' } as const
  const shown = { [name]: Object.fromEntries(Object.keys(below).map(each => [each, 'other'])) }
  const ms = cpuMs(() => {
    expect(combined(shown, whole.value, whole, rules).value).toEqual(whole.value)
    expect(hiddenIn(shown, whole.value, whole, look).at).toEqual([''])
  })
  expect(ms).toBeLessThan(1_000)
})

test('any steps leave the target as it is, and come to JSON of their size', () => {
  const pointer = fc
    .array(fc.constantFrom('a', 'b', '0', '1', '-', '__proto__'), { maxLength: 3 })
    .map(parts => parts.map(part => `/${part}`).join(''))
  const value = fc.jsonValue({ maxDepth: 2 })
  const step = fc.record({
    op: fc.constantFrom('add', 'replace', 'remove', 'move', 'copy', 'test'),
    path: pointer,
    from: pointer,
    value,
  })
  const target = fc.constantFrom({ a: [1, { b: 2 }], b: { a: {} } }, [[], { a: 1 }])
  fc.assert(
    fc.property(target, fc.array(step, { maxLength: 6 }), (before, steps) => {
      const text = JSON.stringify(before)
      const room = { left: 50 }
      const after = patched(before, steps, room)
      expect(JSON.stringify(before)).toBe(text)
      expect(room.left).toBeGreaterThanOrEqual(0)
      if (after === undefined) return
      const result = canonicalJson(after.value)
      expect(canonicalJson(parseJson(result))).toBe(result)
    }),
  )
})
