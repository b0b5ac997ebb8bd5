/**
 * Random histories: three members that write, exchange what they have (whole, as sync does, or operation by operation and in any
 * order, as relays do) and execute. What a history leaves behind are operations with the contexts that real members give them.
 */
import fc from 'fast-check'
import { NO_MATRICES, admitHoles, compileMatrix, missingOf } from '../../../../src/core/oplog/index.ts'
import { members } from './world.ts'
import type { Matrices, MatrixDefinition, Operation } from '../../../../src/core/oplog/index.ts'
import type { Member } from './world.ts'

export type Event =
  | {
      readonly do: 'write'
      readonly at: number
      readonly type: string
      readonly key?: string
      readonly skewMs: number
      readonly hasty?: boolean
    }
  /** Whole. */
  | { readonly do: 'sync'; readonly from: number; readonly to: number }
  /** One operation of all that the sender ever held, by its place. */
  | { readonly do: 'relay'; readonly from: number; readonly to: number; readonly place: number }
  | { readonly do: 'settle'; readonly at: number }
  /** What operations wait for is said to be lost. */
  | { readonly do: 'give up'; readonly at: number }

export const REST_TYPES = ['create', 'replace', 'replace', 'merge', 'merge', 'add', 'add', 'delete'] as const

const site = fc.nat({ max: 2 })

export const events = (
  types: readonly string[],
  keys: readonly string[] = [],
  givesUp: boolean = false,
): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('write' as const),
          at: site,
          type: fc.constantFrom(...types),
          hasty: fc.boolean(),
          skewMs: fc.integer({ min: -50, max: 50 }),
          ...(keys.length > 0 && { key: fc.constantFrom(...keys, undefined) }),
        }) as fc.Arbitrary<Event>,
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('sync' as const), from: site, to: site }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('relay' as const), from: site, to: site, place: fc.nat({ max: 40 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), at: site }) },
      { weight: givesUp ? 2 : 0, arbitrary: fc.record({ do: fc.constant('give up' as const), at: site }) },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  )

/** Matrices for the types `merge`, `add` and `push` by the hash `m`: anything, but free order only where the application does not care. */
export const matrixDefinition: fc.Arbitrary<MatrixDefinition> = fc
  .array(
    fc.record({
      before: fc.constantFrom('merge', 'add', 'push'),
      after: fc.constantFrom('merge', 'add', 'push'),
      resolution: fc.constantFrom('take-one', 'any-order', 'keep-order', 'reverse-order'),
    }),
    { maxLength: 9 },
  )
  .chain(cells =>
    fc.subarray(['merge', 'add', 'push']).map(overwritten => ({
      resets: [],
      cells: [
        ...new Map(cells.filter(isHonest).map(cell => [`${cell.before} ${cell.after}`, cell])).values(),
        ...overwritten.map(before => ({ before, after: 'replace', resolution: 'take-one' as const })),
      ],
    })),
  )

function isHonest({ before, after, resolution }: MatrixDefinition['cells'][number]): boolean {
  return resolution !== 'any-order' || before !== after || before === 'push'
}

export const matricesOf = (definition: MatrixDefinition): Matrices => new Map([['m', compileMatrix(definition)]])

/** Called after each event with the member that it happened to. */
export type Observer = (member: Member, place: number) => void

export function play(
  history: readonly Event[],
  matrices: Matrices = NO_MATRICES,
  observe: Observer = () => {},
): [Member, Member, Member] {
  const all = members(matrices)
  const at = (place: number): Member => all[place] ?? all[0]
  for (const [place, event] of history.entries()) {
    for (const member of all) member.nowMs += 10
    switch (event.do) {
      case 'write': {
        const member = at(event.at)
        const [now, skewed] = [member.nowMs, member.nowMs + event.skewMs]
        member.nowMs = skewed
        const matrix = matrices.has('m') && event.type !== 'create' && event.type !== 'delete' ? { matrix: 'm' } : {}
        const idempotency =
          event.key === undefined ? {} : { idempotency: { principal: 'p', key: `${event.key} ${event.type}` } }
        // One key is one request.
        const value = event.key ?? `${'fgh'[place % 3]}${place}`
        member.write({ type: event.type, value, ...matrix, ...idempotency }, undefined, event.hasty)
        member.nowMs = now
        observe(member, place)
        break
      }
      case 'sync':
        if (event.from === event.to) break
        at(event.to).syncFrom(at(event.from))
        observe(at(event.to), place)
        break
      case 'relay': {
        const known = [...at(event.from).known.values()]
        const operation = known[event.place % Math.max(known.length, 1)]
        if (operation !== undefined) at(event.to).take(operation)
        observe(at(event.to), place)
        break
      }
      case 'give up': {
        const member = at(event.at)
        for (const { life, dots } of missingOf(member.replicant))
          member.step(admitHoles(member.replicant, life, dots, matrices))
        observe(member, place)
        break
      }
      case 'settle':
        at(event.at).settle()
        observe(at(event.at), place)
        break
    }
  }
  return all
}

/** All operations of a history. */
export function operationsOf(all: readonly Member[]): Operation[] {
  return [...new Map(all.flatMap(member => [...member.known])).values()]
}
