import { compareText } from '../core/resource/text-order.ts'
import type { Resolution } from '../core/oplog/index.ts'
import type { KindMatrix } from '../ports/replication-glue.ts'
import { HTTP_OPERATIONS, type KindDefinition, type MatrixEntry } from './definition.ts'

/** What is wrong with a matrix, or worth knowing about it, and at which of its entries. */
export interface MatrixProblem {
  readonly severity: 'error' | 'warning' | 'note'
  readonly entry: number
  readonly message: string
}

/** Operations of a kind by name, and whether each is a reset. */
type Resets = ReadonlyMap<string, boolean>

/** A kind's matrix in its one form, or undefined where it says nothing but the default: then the faster default rule does the same. */
export function matrixOf(kind: KindDefinition): KindMatrix | undefined {
  const known = resetsOf(kind)
  const resets = [...known].flatMap(([name, isReset]) => (isReset && !isHttp(name) ? [name] : [])).toSorted(compareText)
  const cells = (kind.matrix ?? [])
    .filter(({ before, after, resolve }) => resolve !== defaultResolution(before, after, known))
    .filter((cell, i, all) => all.findIndex(other => pairOf(other) === pairOf(cell)) === i)
    .map(({ before, after, resolve }) => ({ before, after, resolution: resolve }))
    .toSorted((a, b) => compareText(a.before, b.before) || compareText(a.after, b.after))
  if (resets.length === 0 && cells.length === 0) return undefined
  const lines = [
    'cheops matrix 1',
    ...resets.map(name => `reset ${name}`),
    ...cells.map(({ before, after, resolution }) => `${before} ${after} ${resolution}`),
  ]
  return { resets, cells, text: lines.join('\n') }
}

/** What is wrong with a matrix whose types are all known. The default rule has none of these. */
export function matrixProblems(kind: KindDefinition): readonly MatrixProblem[] {
  const matrix = kind.matrix ?? []
  const resets = resetsOf(kind)
  const problems = matrix.flatMap((entry, i) => [...duplicate(matrix, entry, i), ...contradiction(entry, i, resets)])
  // An entry that may not be there would be reported a second time as a part of a cycle.
  if (problems.some(problem => problem.severity === 'error')) return problems
  const cycle = cycleOf(matrix, resets) ?? exceptionOf(matrix, resets)
  return cycle === undefined ? problems : [...problems, cycle]
}

/**
 * What applies to a pair that no entry names (src/consistency.md "Schedule"). A delete ends a life: what does not know of it
 * comes before it.
 */
function defaultResolution(before: string, after: string, resets: Resets): Resolution {
  if (after === 'delete') return 'take-one'
  if (before === 'delete') return 'reverse-order'
  if (resets.get(after) === true) return resets.get(before) === true ? 'take-one' : 'reverse-order'
  return 'keep-order'
}

function resetsOf(kind: KindDefinition): Resets {
  const own = Object.entries(kind.operations ?? {}).map(([name, { reset }]) => [name, reset === true] as const)
  return new Map([...HTTP_OPERATIONS.map(name => [name, name !== 'merge' && name !== 'patch'] as const), ...own])
}

function isHttp(name: string): boolean {
  return (HTTP_OPERATIONS as readonly string[]).includes(name)
}

function pairOf({ before, after }: { before: string; after: string }): string {
  return `${before} → ${after}`
}

/** The resolution of a pair, `before` being the smaller in the canonical order. */
function resolverOf(matrix: readonly MatrixEntry[], resets: Resets): (before: string, after: string) => Resolution {
  const named = new Map(matrix.map(entry => [pairOf(entry), entry.resolve]))
  return (before, after) => named.get(pairOf({ before, after })) ?? defaultResolution(before, after, resets)
}

function duplicate(matrix: readonly MatrixEntry[], entry: MatrixEntry, i: number): MatrixProblem[] {
  const pair = pairOf(entry)
  const first = matrix.findIndex(other => pairOf(other) === pair)
  if (first === i) return []
  const earlier = matrix[first]?.resolve
  return earlier === entry.resolve
    ? [{ severity: 'warning', entry: i, message: `${pair} is said twice, here and as entry ${first + 1}` }]
    : [
        {
          severity: 'error',
          entry: i,
          message: `${pair} is ${entry.resolve} here and ${earlier} as entry ${first + 1}`,
        },
      ]
}

/** A reset says what the resource is, whatever it was; replay and forgetting rest on that, so a matrix may not say otherwise. */
function contradiction(said: MatrixEntry, entry: number, resets: Resets): MatrixProblem[] {
  const { before, after, resolve } = said
  const error = (why: string): MatrixProblem[] => [{ severity: 'error', entry, message: `${pairOf(said)}: ${why}` }]
  if (resolve === defaultResolution(before, after, resets)) return []
  if (before === 'delete' || after === 'delete') {
    return error('a delete ends the life of a resource and wins over all else: leave this pair out')
  }
  if (resets.get(before) === true) {
    return resets.get(after) === true
      ? error('both are resets, and the later one says what the resource is: this pair can only be take-one')
      : error(`${before} is a reset, and what comes after builds on it: this pair can only be keep-order`)
  }
  if (resets.get(after) !== true || resolve === 'take-one') return []
  const choice = 'take-one, or reverse-order to do it again on top of a reset that has not seen it'
  return error(`${after} is a reset, which does away with what it has seen: this pair can only be ${choice}`)
}

/** Operations of which each always goes before the next, round in a circle: no order honours that. */
function cycleOf(matrix: readonly MatrixEntry[], resets: Resets): MatrixProblem | undefined {
  const resolve = resolverOf(matrix, resets)
  const names = [...resets.keys()]
  const next = (name: string) =>
    names.filter(other => resolve(name, other) === 'keep-order' && resolve(other, name) === 'reverse-order')
  for (const start of names) {
    const circle = circleFrom(start, next)
    if (circle === undefined) continue
    const message = `no order can be found: always ${[...circle, start].join(' before ')}`
    return { severity: 'error', entry: entryOf(matrix, circle), message }
  }
  return undefined
}

/** The shortest way from `start` back to it, `start` first. */
function circleFrom(start: string, next: (name: string) => readonly string[]): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[start]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const name of next(way.at(-1) as string)) {
      if (name === start) return way
      if (seen.has(name)) continue
      seen.add(name)
      ways.push([...way, name])
    }
  }
  return undefined
}

/**
 * Three concurrent operations that have no order if they were made in a certain one: the schedule then leaves one wish out. Hardly a
 * `reverse-order` is without such a case, as long as there is a third operation that keeps its order with both.
 */
function exceptionOf(matrix: readonly MatrixEntry[], resets: Resets): MatrixProblem | undefined {
  if (matrix.length === 0) return undefined
  const resolve = resolverOf(matrix, resets)
  const names = [...resets.keys()]
  for (const a of names) {
    for (const b of names) {
      const first = resolve(a, b)
      if (first !== 'keep-order' && first !== 'reverse-order') continue
      const opposite = first === 'keep-order' ? 'reverse-order' : 'keep-order'
      const c = names.find(name => resolve(b, name) === first && resolve(a, name) === opposite)
      if (c === undefined) continue
      const message =
        `of ${a}, ${b} and ${c}, made in this order and unknown to each other, no order honours ` +
        `${a} → ${b} and ${b} → ${c} (${first}) and ${a} → ${c} (${opposite}): one of them will be ignored`
      return { severity: 'note', entry: entryOf(matrix, [a, b, c]), message }
    }
  }
  return undefined
}

/** The last entry that speaks of two of these: what was added to something that was right. */
function entryOf(matrix: readonly MatrixEntry[], names: readonly string[]): number {
  return Math.max(
    0,
    matrix.findLastIndex(({ before, after }) => names.includes(before) && names.includes(after)),
  )
}
