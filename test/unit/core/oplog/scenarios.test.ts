/**
 * The histories of the design's table that the core alone decides, and "files and counters" of the research prototype, as absolute examples:
 * what each member's application holds in the end, and which bodies are shown as conflicts.
 */
import { describe, expect, test } from 'vitest'
import { conflictsOf, holderOf, membersOfReplicant } from '../../../../src/core/oplog/index.ts'
import { heal, members, told, valueOf } from './world.ts'
import type { Member } from './world.ts'

const AB = ['a', 'b']
const conflicts = (member: Member): string[] =>
  conflictsOf(member.replicant.lives).map(({ operation, why }) => `${operation.type} ${valueOf(operation)}: ${why}`)
const repairs = (all: readonly Member[]): string[] =>
  all.flatMap(({ site, plans }) => plans.filter(({ kind }) => kind === 'repair').map(() => site))

describe('files and counters (set is PUT, add changes a part)', () => {
  test('one after the other: middle, right', () => {
    const all = members()
    const [h0, h1, h2] = all
    h0.write({ type: 'create', value: 'init' })
    h0.write({ type: 'add', value: 'left' })
    h1.syncFrom(h0)
    h1.write({ type: 'replace', value: 'middle' })
    h2.syncFrom(h1)
    h2.write({ type: 'add', value: 'right' })
    heal(all)
    for (const { schedule, resource } of all) {
      expect(told(schedule)).toEqual(['replace middle', 'add right'])
      expect(resource).toMatchObject({ base: 'middle', list: ['right'] })
    }
    expect(conflicts(h0)).toEqual([])
  })

  test.each([
    { clocks: [10, 20, 30], list: ['left', 'right'] },
    { clocks: [30, 20, 10], list: ['right', 'left'] },
    { clocks: [20, 10, 20], list: ['left', 'right'] },
  ])('all cut off, clocks at $clocks: middle, then $list', ({ clocks, list }) => {
    const all = members()
    const [h0, h1, h2] = all
    h0.write({ type: 'create', value: 'init' })
    heal(all)
    for (const [place, member] of all.entries()) member.nowMs = 10_000 + (clocks[place] ?? 0)
    h0.write({ type: 'add', value: 'left' })
    h1.write({ type: 'replace', value: 'middle' })
    h2.write({ type: 'add', value: 'right' })
    heal(all)
    for (const { schedule, resource } of all) {
      expect(told(schedule)).toEqual(['replace middle', ...list.map(value => `add ${value}`)])
      expect(resource).toMatchObject({ base: 'middle', list })
    }
  })

  test('increments: 23, then 29, +13, −12 one after the other: 30', () => {
    const all = members()
    const [h0, h1, h2] = all
    h0.write({ type: 'create', value: '23' })
    heal(all)
    h0.write({ type: 'replace', value: '29' })
    h1.syncFrom(h0)
    h1.write({ type: 'inc', value: '13' })
    h2.syncFrom(h1)
    h2.write({ type: 'inc', value: '-12' })
    heal(all)
    for (const { resource } of all) expect(resource?.sum).toBe(30)
  })

  test('a member that was cut off during an update has it afterwards, by the last PUT alone', () => {
    const all = members()
    const [h0, h1] = all
    h0.write({ type: 'create', value: 'one' })
    h0.write({ type: 'replace', value: 'two' })
    h0.write({ type: 'replace', value: 'three' })
    h1.syncFrom(h0)
    h1.settle()
    expect(h1.plans.flatMap(plan => ('operations' in plan ? plan.operations.map(valueOf) : []))).toEqual(['three'])
    expect([h1.refusals, h1.resource?.base]).toEqual([[], 'three'])
  })
})

describe('histories that earlier designs got wrong', () => {
  test('create, PUT 1, PUT 2: no repair anywhere', () => {
    const all = members()
    const [a, b, c] = all
    a.write({ type: 'create', value: '0' })
    b.syncFrom(a)
    b.settle()
    a.write({ type: 'replace', value: '1' })
    a.write({ type: 'replace', value: '2' })
    c.syncFrom(a)
    heal(all)
    expect(repairs(all)).toEqual([])
    expect(all.map(({ resource }) => resource?.base)).toEqual(['2', '2', '2'])
  })

  test('merge {f: 1} ∥ merge {f: 2}: the same f at both', () => {
    const all = members()
    const [a, b] = all
    a.write({ type: 'create', value: '0' })
    heal(all)
    a.write({ type: 'merge', value: 'f1' })
    b.nowMs = 5000
    b.write({ type: 'merge', value: 'f2' })
    heal(all)
    expect(all.map(({ resource }) => resource?.fields)).toEqual([{ f: 'f2' }, { f: 'f2' }, { f: 'f2' }])
  })

  test.each([1500, 5000])('A deletes ∥ B PUTs at %i ms: absent at both, the body of B is a conflict', putMs => {
    const all = members()
    const [a, b] = all
    a.write({ type: 'create', value: '0' })
    heal(all)
    a.nowMs = 2000
    a.write({ type: 'delete', value: '' })
    b.nowMs = putMs
    b.write({ type: 'replace', value: 'mine' })
    heal(all)
    for (const member of all) {
      expect(member.resource).toBeUndefined()
      expect(conflicts(member)).toEqual(['replace mine: deleted'])
    }
  })

  test('A creates and deletes x; B, which never heard of it, creates x an hour later: it exists with the body of B', () => {
    const all = members()
    const [a, b] = all
    a.write({ type: 'create', value: 'of a' }, AB)
    a.write({ type: 'delete', value: '' })
    b.nowMs = 3_600_000
    b.write({ type: 'create', value: 'of b' }, AB)
    heal([a, b])
    for (const member of [a, b]) {
      expect(member.resource?.base).toBe('of b')
      expect(conflicts(member)).toEqual([])
    }
  })

  test('created anew after a deletion that was seen, by a clock that is an hour behind: it exists', () => {
    const all = members()
    const [a, b] = all
    a.nowMs = 3_600_000
    a.write({ type: 'create', value: 'first' })
    a.write({ type: 'delete', value: '' })
    heal(all)
    b.nowMs = 1000
    b.write({ type: 'create', value: 'second' })
    heal(all)
    expect(all.map(({ resource }) => resource?.base)).toEqual(['second', 'second', 'second'])
  })

  test('a deleted resource does not come back when a site returns that was cut off', () => {
    const all = members()
    const [a, , c] = all
    a.write({ type: 'create', value: 'purple' })
    heal(all)
    c.write({ type: 'merge', value: 'f1' })
    a.write({ type: 'delete', value: '' })
    heal(all)
    expect(all.map(({ resource }) => resource)).toEqual([undefined, undefined, undefined])
  })

  test('what is deleted before it ever was here is not deleted here: the name may be another’s', () => {
    const [a, b] = members()
    a.write({ type: 'create', value: 'x' }, AB)
    a.write({ type: 'delete', value: '' })
    b.syncFrom(a)
    expect(b.plan).toEqual({ kind: 'nothing' })
  })

  test('the clock of A is an hour ahead; A writes a; B reads it and writes b: b everywhere', () => {
    const all = members()
    const [a, b] = all
    a.nowMs = 3_600_000
    a.write({ type: 'create', value: 'a' })
    heal(all)
    b.write({ type: 'replace', value: 'b' })
    heal(all)
    expect(all.map(({ resource }) => resource?.base)).toEqual(['b', 'b', 'b'])
  })

  test('three increments at A, of which a relay delivers the first and the third: the third waits for the second', () => {
    const [a, b] = members()
    const [create, one, two, three] = [
      a.write({ type: 'create', value: '0' }),
      ...['1', '10', '100'].map(value => a.write({ type: 'inc', value })),
    ]
    if (!create || !one || !two || !three) throw new Error('the application has refused a write')
    for (const operation of [create, one, three]) b.take(operation)
    expect(told(b.schedule)).toEqual(['create 0', 'inc 1'])
    expect(b.effects.at(-1)).toEqual({ kind: 'waits', operation: three })
    b.take(two)
    b.settle()
    expect(b.resource?.sum).toBe(111)
  })

  test('one idempotency key at A, and at B across the cut: one operation, and none is sent twice', () => {
    const all = members(undefined, ['add'])
    const [a, b] = all
    a.write({ type: 'create', value: '0' })
    heal(all)
    const idempotency = { principal: 'kim', key: 'k' }
    a.write({ type: 'add', value: 'once', idempotency })
    b.write({ type: 'add', value: 'once', idempotency })
    heal(all)
    expect(repairs(all)).toEqual([])
    expect(all.map(({ resource }) => resource?.list)).toEqual([['once'], ['once'], ['once']])
  })

  test('one idempotency key with two requests across the cut: two operations, and neither takes the place of the other', () => {
    const all = members()
    const [a, b] = all
    a.write({ type: 'create', value: '0' })
    heal(all)
    const idempotency = (request: string) => ({ principal: 'kim', key: 'k', request })
    a.write({ type: 'add', value: 'one', idempotency: idempotency('1') })
    b.write({ type: 'add', value: 'two', idempotency: idempotency('2') })
    heal(all)
    for (const { resource, plan } of all) {
      expect(plan).toEqual({ kind: 'nothing' })
      expect(resource?.list.toSorted()).toEqual(['one', 'two'])
    }
    expect(all.map(({ resource }) => resource?.list)).toEqual(Array(3).fill(a.resource?.list))
    expect(all.map(conflicts)).toEqual([[], [], []])
  })

  test('one idempotency key of two creates across the cut: one resource, no clash is shown', () => {
    const all = members()
    const [a, b] = all
    const idempotency = { principal: 'kim', key: 'k' }
    a.write({ type: 'create', value: 'x', idempotency })
    b.write({ type: 'create', value: 'x', idempotency })
    heal(all)
    expect(all.map(conflicts)).toEqual([[], [], []])
  })

  test('two creates of one name across a cut: the greater holds it with the members of both, the other is shown', () => {
    const all = members()
    const [a, b, c] = all
    a.write({ type: 'create', value: 'of a' }, ['a', 'c'])
    b.nowMs = 2000
    b.write({ type: 'create', value: 'of b' }, ['b', 'c'])
    heal(all)
    for (const member of all) {
      expect(member.resource?.base).toBe('of b')
      expect(conflicts(member)).toEqual(['create of a: other-life'])
      expect(membersOfReplicant(member.replicant)).toEqual(['a', 'b', 'c'])
    }
    expect(c.refusals).toEqual([])
  })
})

describe('what may not be sent twice', () => {
  test('is not replayed over a PUT from the other side: the member that sent it repairs, the others do not', () => {
    const all = members(undefined, ['add'])
    const [a, b] = all
    a.write({ type: 'create', value: '0' })
    heal(all)
    a.write({ type: 'add', value: 'sent' })
    b.nowMs = 5000
    b.write({ type: 'replace', value: 'of b' })
    heal(all)
    expect(repairs(all)).toEqual(['a'])
    expect(b.resource).toMatchObject({ base: 'of b', list: ['sent'] })
  })

  test('of this site counts as sent even if the store has forgotten it', () => {
    const [a, b] = members(undefined, ['add'])
    a.write({ type: 'create', value: '0' })
    a.write({ type: 'add', value: 'sent' })
    b.syncFrom(a)
    // The store was set back to before the create; operation and application come from elsewhere.
    const [restored] = members(undefined, ['add'])
    restored.syncFrom(b)
    expect(restored.plan).toMatchObject({ kind: 'repair', again: [{ type: 'add' }] })
  })
})

test('written once a second for a day while a member is away: one operation is held, and the member is told no more', () => {
  const [a, b] = members()
  a.write({ type: 'create', value: '0' })
  b.syncFrom(a)
  for (let second = 1; second <= 86_400; second++) {
    a.nowMs += 1000
    a.write({ type: 'replace', value: `${second}` })
    a.known.clear()
    a.effects.length = 0
  }
  const life = holderOf(a.replicant)
  expect(life?.live.map(valueOf)).toEqual(['86400'])
  expect([life?.conflicts, life?.droppers.length, life?.knowledge.length]).toEqual([[], 2, 1])
  b.write({ type: 'replace', value: 'meanwhile' })
  b.syncFrom(a)
  b.settle()
  expect(b.effects.filter(({ kind }) => kind === 'held')).toHaveLength(3)
  expect(b.resource?.base).toBe('86400')
  expect(conflicts(b)).toEqual(['replace meanwhile: replaced'])
})
