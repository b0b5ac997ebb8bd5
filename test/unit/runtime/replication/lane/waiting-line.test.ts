/** Who is let in first: whoever a client waits for, but for one in four; all in the end, each once. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replicantKey } from '../../../../../src/core/oplog/index.ts'
import { Awaited } from '../../../../../src/runtime/replication/lane/awaited.ts'
import { WaitingLine } from '../../../../../src/runtime/replication/lane/waiting-line.ts'

const nameOf = (name: string) => ({ service: 'warehouse', kind: 'item', name })

class Line {
  readonly awaited = new Awaited()
  readonly line = new WaitingLine(this.awaited)
  readonly came: string[] = []

  join(...names: readonly string[]): void {
    for (const name of names) void this.line.join(keyOf(name)).then(() => this.came.push(name))
  }

  /** A client waits for it until that is called. */
  waitsFor(name: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    void this.awaited.during(nameOf(name), () => promise)
    return resolve
  }

  async letIn(count: number): Promise<readonly string[]> {
    for (let turn = 0; turn < count; turn++) this.line.letIn()
    await new Promise(resolve => setImmediate(resolve))
    return this.came
  }
}

const keyOf = (name: string): string => replicantKey(nameOf(name))

test('first come, first served, as long as no client waits', async () => {
  const line = new Line()
  line.join('a', 'b', 'c')
  expect(await line.letIn(4)).toEqual(['a', 'b', 'c'])
  expect(line.line.isEmpty).toBe(true)
  expect(line.line.letIn()).toBe(false)
})

test('whoever a client waits for goes before all others, also when it came last; one in four is whoever waited longest', async () => {
  const line = new Line()
  line.join('a', 'b', 'c', 'd', 'late')
  line.waitsFor('late')
  expect(await line.letIn(2)).toEqual(['a', 'late'])
  line.join('late', 'late', 'late')
  expect(await line.letIn(4), 'the fifth is the oldest').toEqual(['a', 'late', 'late', 'late', 'b', 'late'])
})

test('nobody goes first any more when the client has its answer', async () => {
  const line = new Line()
  line.join('a', 'b', 'late')
  const first = line.waitsFor('late')
  const second = line.waitsFor('late')
  await line.letIn(1)
  first()
  second()
  await new Promise(resolve => setImmediate(resolve))
  expect(line.awaited.has(keyOf('late'))).toBe(false)
  expect(await line.letIn(1)).toEqual(['a', 'b'])
})

test('all are let in, each as often as it has joined', async () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  await fc.assert(
    fc.asyncProperty(fc.array(names, { maxLength: 40 }), fc.array(names, { maxLength: 5 }), async (joins, waits) => {
      const line = new Line()
      line.join(...joins)
      for (const name of waits) line.waitsFor(name)
      expect((await line.letIn(joins.length)).toSorted()).toEqual(joins.toSorted())
      expect(line.line.isEmpty).toBe(true)
    }),
  )
})

test('what is let in beside all others is what a client waits for, and nothing else', async () => {
  const line = new Line()
  line.join('a', 'late')
  expect(line.line.letInAwaited()).toBe(false)
  line.waitsFor('late')
  expect(line.line.letInAwaited()).toBe(true)
  expect(line.line.letInAwaited()).toBe(false)
  expect(await line.letIn(1)).toEqual(['late', 'a'])
})

test('who always has one more in the line is not the oldest for ever', async () => {
  const line = new Line()
  line.join('again', 'again', 'other')
  await line.letIn(1)
  line.join('again')
  expect(await line.letIn(2)).toEqual(['again', 'again', 'other'])
})
