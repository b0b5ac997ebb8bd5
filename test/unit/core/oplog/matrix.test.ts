/** Shows what a matrix may say, that resets and deletes are beyond it, how cycles are broken, and what an order costs. */
import { expect, test } from 'vitest'
import { NO_MATRICES, compileMatrix, admit, matrixProblems, missingMatrices } from '../../../../src/core/oplog/index.ts'
import { resolutionOf } from '../../../../src/core/oplog/matrix.ts'
import { arrange } from '../../../../src/core/oplog/schedule.ts'
import { NAME, heal, members, told, valueOf } from './world.ts'
import type { Matrices, MatrixDefinition, Operation, Resolution } from '../../../../src/core/oplog/index.ts'

const cell = (before: string, after: string, resolution: Resolution) => ({ before, after, resolution })
const known = (definition: MatrixDefinition): Matrices => new Map([['m', compileMatrix(definition)]])

test.each([
  [cell('set', 'delete', 'keep-order'), 'set → delete must be take-one: a delete ends the life'],
  [cell('delete', 'set', 'take-one'), 'delete → set must be reverse-order: only another delete drops a delete'],
  [
    cell('set', 'replace', 'keep-order'),
    'set → replace must be take-one: of two resets the later one says what the resource is',
  ],
  [
    cell('set', 'add', 'reverse-order'),
    'set → add must be keep-order: what changes the resource comes after what makes it',
  ],
  [
    cell('add', 'set', 'any-order'),
    'add → set must be take-one or reverse-order: a reset does away with what it has seen',
  ],
  [cell('members', 'add', 'any-order'), 'members → add: members are no part of a schedule'],
])('%o is a problem, and without effect', (wrong, problem) => {
  expect(matrixProblems({ resets: ['set'], cells: [wrong] })).toEqual([problem])
  const side = (type: string) => ({ type, matrix: 'm', reset: ['set', 'replace', 'delete'].includes(type) })
  if (wrong.before === 'members') return
  const [with_, without] = [[wrong], []].map(cells =>
    resolutionOf(side(wrong.before), side(wrong.after), known({ resets: ['set'], cells })),
  )
  expect(with_).toBe(without)
})

test('a pair that is there twice is a problem; the matrix of the research prototype has none', () => {
  const twice = [cell('a', 'b', 'any-order'), cell('a', 'b', 'keep-order')]
  expect(matrixProblems({ resets: [], cells: twice })).toEqual(['a → b is there twice'])
  const prototype = [
    cell('set', 'set', 'take-one'),
    cell('set', 'add', 'keep-order'),
    cell('add', 'set', 'reverse-order'),
  ]
  expect(matrixProblems({ resets: ['set'], cells: prototype })).toEqual([])
})

test('a reset of the kind’s own is executed as state and does away with what it has seen', () => {
  const matrices = known({ resets: ['set'], cells: [] })
  const all = members(matrices)
  const [a, b] = all
  a.write({ type: 'create', value: 'init' })
  heal(all)
  a.write({ type: 'add', value: 'left', matrix: 'm' })
  b.write({ type: 'replace', value: 'middle', matrix: 'm' })
  const set = b.write({ type: 'add', value: 'right', matrix: 'm' })
  b.take({ ...(set as Operation), dot: { site: 'b', incarnation: b.incarnation, number: 9 }, type: 'set' })
  expect(told(b.schedule)).toEqual(['set right', 'add right'])
})

test('what commutes is run as it comes, even if it may not be sent twice', () => {
  const matrices = known({ resets: [], cells: [cell('push', 'push', 'any-order')] })
  const all = members(matrices, ['push'])
  const [a, b] = all
  a.write({ type: 'create', value: '0' })
  heal(all)
  a.write({ type: 'push', value: 'x', matrix: 'm' })
  b.write({ type: 'push', value: 'y', matrix: 'm' })
  heal(all)
  expect(all.flatMap(({ plans }) => plans.map(({ kind }) => kind))).not.toContain('repair')
  expect(all.map(({ resource }) => resource?.bag)).toEqual([
    ['x', 'y'],
    ['x', 'y'],
    ['x', 'y'],
  ])
})

/** `count` concurrent operations of three types, in ≺ order. */
const concurrent = (count: number): Operation[] =>
  Array.from({ length: count }, (_, place) => ({
    dot: { site: `s${place}`, incarnation: `1-${'0'.repeat(16)}`, number: 1 },
    stamp: { ms: place, counter: 0 },
    replicant: NAME,
    life: { stamp: { ms: 0, counter: 0 }, dot: { site: 'a', incarnation: `1-${'0'.repeat(16)}`, number: 1 } },
    type: ['p', 'q', 'r'][place % 3] as string,
    matrix: 'm',
    context: [],
    payload: { method: 'POST', path: '/', headers: [], body: { bytes: new TextEncoder().encode(`${place}`) } },
  }))

test('a cycle is broken before the smallest', () => {
  // 0 before 1, 1 before 2, 2 before 0.
  const matrices = known({
    resets: [],
    cells: [cell('p', 'q', 'keep-order'), cell('q', 'r', 'keep-order'), cell('p', 'r', 'reverse-order')],
  })
  expect(arrange(concurrent(3), matrices).map(valueOf)).toEqual(['0', '1', '2'])
})

test('the smallest that nothing stands before comes first', () => {
  const matrices = known({ resets: [], cells: [cell('p', 'r', 'reverse-order'), cell('p', 'q', 'any-order')] })
  expect(arrange(concurrent(3), matrices).map(valueOf)).toEqual(['1', '2', '0'])
})

test('where the order is free, what was written later by someone who had seen the earlier still comes later', () => {
  const free = [cell('p', 'q', 'any-order'), cell('q', 'r', 'any-order')]
  const matrices = known({ resets: [], cells: [...free, cell('p', 'r', 'reverse-order')] })
  const [p, q, r] = concurrent(3)
  if (!p || !q || !r) throw new Error('there are three')
  expect(arrange([p, q, r], matrices).map(valueOf)).toEqual(['1', '2', '0'])
  expect(arrange([p, { ...q, context: [p.dot] }, r], matrices).map(valueOf)).toEqual(['2', '0', '1'])
})

test('300 operations are put in order by looking at each pair once', () => {
  const matrices = known({ resets: [], cells: [cell('p', 'q', 'reverse-order'), cell('q', 'r', 'any-order')] })
  let pairs = 0
  expect(arrange(concurrent(300), matrices, () => pairs++)).toHaveLength(300)
  expect(pairs).toBe((300 * 299) / 2)
})

test('an operation whose matrix is not known here waits for it, and is held when it comes again', () => {
  const [a] = members(known({ resets: [], cells: [] }))
  const [, b] = members()
  a.write({ type: 'create', value: '0' })
  const add = a.write({ type: 'add', value: '1', matrix: 'm' })
  b.syncFrom(a)
  expect(told(b.schedule)).toEqual(['create 0'])
  expect(b.effects).toContainEqual({ kind: 'waits', operation: add })
  expect(missingMatrices(b.replicant, NO_MATRICES)).toEqual(['m'])
  const matrices = known({ resets: [], cells: [] })
  if (add === undefined) throw new Error('it was written')
  expect(admit(b.replicant, add, NO_MATRICES).effects, 'as long as it is not known').toEqual([
    { kind: 'duplicate', dot: add.dot },
  ])
  const { replicant, effects } = admit(b.replicant, add, matrices)
  expect(effects).toEqual([
    { kind: 'duplicate', dot: add.dot },
    { kind: 'held', operation: add },
  ])
  expect(missingMatrices(replicant, matrices)).toEqual([])
})

test('a transfer that needs a matrix which is not known here is not taken in part', () => {
  const [a] = members(known({ resets: [], cells: [] }))
  const [, b] = members()
  a.write({ type: 'create', value: '0' })
  for (const value of ['1', '2']) a.write({ type: 'replace', value })
  a.write({ type: 'add', value: '3', matrix: 'm' })
  b.syncFrom(a)
  expect(told(b.schedule)).toEqual(['none'])
  expect(b.effects).toMatchObject([{ kind: 'needs-matrices', matrices: ['m'] }])
})
