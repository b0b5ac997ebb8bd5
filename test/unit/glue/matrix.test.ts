/**
 * Resolution matrices: the one form of what a definition says, and, each with the pair that the error names, what is refused. The places of the
 * errors in the file are in check.test.ts.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matrixProblems as coreProblems, type Resolution } from '../../../src/core/oplog/index.ts'
import type { KindDefinition, MatrixEntry } from '../../../src/glue/definition.ts'
import { matrixOf, matrixProblems } from '../../../src/glue/matrix.ts'

const OPERATIONS = {
  add: { method: 'POST', path: '/items/{id}/add' },
  sub: { method: 'POST', path: '/items/{id}/sub' },
  tag: { method: 'POST', path: '/items/{id}/tag' },
  empty: { method: 'POST', path: '/items/{id}/empty', reset: true },
}

const { empty: _, ...CHANGES } = OPERATIONS

/** A matrix in short: `add → sub any-order`. */
function kind(lines: readonly string[], operations: KindDefinition['operations'] = OPERATIONS): KindDefinition {
  const matrix = lines.map(line => {
    const [, before, after, resolve] = /^(\S+) → (\S+) (\S+)$/.exec(line) ?? []
    return { before, after, resolve } as MatrixEntry
  })
  return { collection: '/items', resource: '/items/{id}', operations, matrix }
}

describe('matrixOf', () => {
  it('is none where the default says it all', () => {
    expect(matrixOf({ collection: '/items', resource: '/items/{id}' })).toBeUndefined()
    const same = [
      'replace → add keep-order',
      'add → replace reverse-order',
      'add → delete take-one',
      'delete → add reverse-order',
      'create → replace take-one',
      'add → add keep-order',
    ]
    expect(matrixOf(kind(same, CHANGES))).toBeUndefined()
  })

  it('has the resets of the kind, without which nobody knows them', () => {
    expect(matrixOf(kind([]))).toEqual({ resets: ['empty'], cells: [], text: 'cheops matrix 1\nreset empty' })
  })

  it('has what differs from the default, once and sorted, whatever order it was written in', () => {
    const lines = ['tag → add reverse-order', 'add → add any-order', 'replace → add keep-order', 'add → empty take-one']
    const matrix = matrixOf(kind(lines))
    expect(matrix).toEqual({
      resets: ['empty'],
      cells: [
        { before: 'add', after: 'add', resolution: 'any-order' },
        { before: 'add', after: 'empty', resolution: 'take-one' },
        { before: 'tag', after: 'add', resolution: 'reverse-order' },
      ],
      text: 'cheops matrix 1\nreset empty\nadd add any-order\nadd empty take-one\ntag add reverse-order',
    })
    fc.assert(
      fc.property(fc.shuffledSubarray([...lines, ...lines], { minLength: 8 }), shuffled => {
        expect(matrixOf(kind(shuffled))).toEqual(matrix)
      }),
    )
  })
})

describe('matrixProblems', () => {
  it.each([
    ['add → add any-order'],
    ['add → sub take-one'],
    ['add → replace take-one'],
    ['merge → empty take-one'],
    ['delete → delete take-one'],
  ])('%s is right', line => {
    expect(matrixProblems(kind([line]))).toEqual([])
  })

  it.each([
    [
      'add → replace any-order',
      'add → replace: replace is a reset, which does away with what it has seen: this pair can only be take-one, or reverse-order',
    ],
    ['add → replace keep-order', 'add → replace: replace is a reset'],
    ['add → empty any-order', 'add → empty: empty is a reset'],
    [
      'replace → add reverse-order',
      'replace → add: replace is a reset, and what comes after builds on it: this pair can only be keep-order',
    ],
    ['empty → add take-one', 'empty → add: empty is a reset, and what comes after'],
    ['create → merge any-order', 'create → merge: create is a reset'],
    [
      'replace → replace any-order',
      'replace → replace: both are resets, and the later one says what the resource is: this pair can only be take-one',
    ],
    ['empty → replace keep-order', 'empty → replace: both are resets'],
    ['add → delete keep-order', 'add → delete: a delete ends the life of a resource and wins over all else'],
    ['delete → add take-one', 'delete → add: a delete ends the life'],
  ])('%s contradicts a reset', (line, message) => {
    expect(matrixProblems(kind(['add → add any-order', line]))).toEqual([
      { severity: 'error', entry: 1, message: expect.stringContaining(message) },
    ])
  })

  it('names a pair that is said twice, as an error where it is said in two ways', () => {
    expect(matrixProblems(kind(['add → sub take-one', 'add → add any-order', 'add → sub any-order']))).toEqual([
      { severity: 'error', entry: 2, message: 'add → sub is any-order here and take-one as entry 1' },
    ])
    expect(matrixProblems(kind(['add → sub take-one', 'add → sub take-one']))).toEqual([
      { severity: 'warning', entry: 1, message: 'add → sub is said twice, here and as entry 1' },
    ])
  })

  it('names operations that would each always go before the next', () => {
    const lines = ['sub → add reverse-order', 'tag → sub reverse-order', 'add → tag reverse-order']
    expect(matrixProblems(kind(lines))).toEqual([
      { severity: 'error', entry: 2, message: 'no order can be found: always add before sub before tag before add' },
    ])
  })

  it('notes what has no order only if it was made in a certain one', () => {
    const [note, ...more] = matrixProblems(kind(['tag → add reverse-order']))
    expect(more).toEqual([])
    expect(note).toMatchObject({
      severity: 'note',
      entry: 0,
      message: expect.stringMatching(/^of tag, \w+ and add, made/),
    })
  })

  it('refuses what the core refuses, and what it lets through the core takes', () => {
    const type = fc.constantFrom('create', 'replace', 'merge', 'patch', 'delete', ...Object.keys(OPERATIONS))
    const resolution = fc.constantFrom<Resolution>('take-one', 'any-order', 'keep-order', 'reverse-order')
    fc.assert(
      fc.property(type, type, resolution, (before, after, resolve) => {
        const definition = kind([`${before} → ${after} ${resolve}`])
        const isRefused = matrixProblems(definition).some(problem => problem.severity === 'error')
        const cells = [{ before, after, resolution: resolve }]
        expect(isRefused).toBe(coreProblems({ resets: ['empty'], cells }).length > 0)
        const matrix = isRefused ? undefined : matrixOf(definition)
        expect(matrix === undefined ? [] : coreProblems(matrix)).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('has nothing to say of the default, written out', () => {
    const types = ['create', 'replace', 'merge', 'patch', 'delete', 'add']
    const isReset = (type: string) => ['create', 'replace', 'delete'].includes(type)
    const written = types.flatMap(before =>
      types.map(after => {
        const change = isReset(after) ? 'reverse-order' : 'keep-order'
        const usual = isReset(before) && isReset(after) ? 'take-one' : change
        const ofDelete = before === 'delete' ? 'reverse-order' : usual
        return `${before} → ${after} ${after === 'delete' ? 'take-one' : ofDelete}`
      }),
    )
    expect(matrixProblems(kind(written, CHANGES))).toEqual([])
    expect(matrixOf(kind(written, CHANGES))).toBeUndefined()
  })
})
