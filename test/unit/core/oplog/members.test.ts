/**
 * Shows who is a member after additions, removals and clashes, and which operations of a removed site count: the same at all members,
 * whoever has processed the removal first.
 */
import { expect, test } from 'vitest'
import {
  conflictsOf,
  contextOf,
  findLife,
  leavesOfReplicant,
  NOTHING_KNOWN,
  admitHoles,
  letGo,
  membersOfReplicant,
  partingFor,
  receive,
  removalTold,
  type Context,
  type Operation,
} from '../../../../src/core/oplog/index.ts'
import { MAX_CONFLICTS, MAX_EARLY_DOTS, MAX_EARLY_WORDS_EACH } from '../../../../src/core/oplog/limits.ts'
import { Member, heal, members, valueOf } from './world.ts'

const conflicts = (member: Member): string[] =>
  conflictsOf(member.replicant.lives).map(({ operation, why }) => `${operation.type} ${valueOf(operation)}: ${why}`)

/** a, b and c agree on x; a removes c; c, which is cut off, writes. */
function removal() {
  const all = members()
  const [a, b, c] = all
  a.write({ type: 'create', value: 'x' })
  heal(all)
  a.nowMs = 5000
  c.nowMs = 5000
  const removed = a.change([], ['c'])
  const written = c.write({ type: 'merge', value: 'f1' })
  if (written === undefined) throw new Error('the application has refused a write')
  return { a, b, c, removed, written }
}

test('what a removed site wrote unaware, and reaches b after the removal: a conflict at a and at b', () => {
  const { a, b, removed, written } = removal()
  b.take(removed)
  b.take(written)
  expect(b.effects.at(-1)).toEqual({ kind: 'waits', operation: written })
  a.tell([b])
  b.tell([a])
  a.take(written)
  for (const member of [a, b]) {
    member.settle()
    expect(conflicts(member)).toEqual(['merge f1: removed-member'])
    expect(member.resource?.fields).toEqual({})
    expect(membersOfReplicant(member.replicant)).toEqual(['a', 'b'])
  }
})

test('what a removed site has put away itself is no conflict beside what did so, whoever was told of both', () => {
  const { a, b, c, removed, written } = removal()
  const put = c.write({ type: 'replace', value: 'z' })
  const deleted = c.write({ type: 'delete', value: '' })
  if (put === undefined || deleted === undefined) throw new Error('the application has refused a write')
  for (const operation of [removed, written, put, deleted]) b.take(operation)
  a.tell([b])
  b.tell([a])
  // c does not hold what it has put away any more.
  for (const operation of [written, deleted]) a.take(operation)
  a.syncFrom(b)
  for (const member of [a, b]) {
    member.settle()
    expect(conflicts(member)).toEqual(['delete : removed-member'])
    expect(member.resource?.fields).toEqual({})
  }
})

test('what a removed site wrote, and reaches b before the removal: it counts at a and at b', () => {
  const { a, b, removed, written } = removal()
  b.take(written)
  b.take(removed)
  a.take(written)
  expect(a.effects.at(-1)).toEqual({ kind: 'waits', operation: written })
  a.tell([b])
  b.tell([a])
  for (const member of [a, b]) {
    member.settle()
    expect(conflicts(member)).toEqual([])
    expect(member.resource?.fields).toEqual({ f: 'f1' })
  }
})

test('words on a removal that overtake it count once it comes', () => {
  const { a, b, removed, written } = removal()
  a.tell([b])
  b.take(written)
  b.take(removed)
  a.take(written)
  b.tell([a])
  for (const member of [a, b]) {
    member.settle()
    expect(member.replicant.waiting).toEqual([])
    expect(member.replicant.early).toEqual([])
    expect(conflicts(member)).toEqual([])
    expect(member.resource?.fields).toEqual({ f: 'f1' })
  }

  const late = removal()
  late.a.tell([late.b])
  expect(late.b.replicant.early).toHaveLength(1)
  late.b.take(late.removed)
  late.b.take(late.written)
  late.b.settle()
  // Nobody has held it: b knows so without asking again.
  expect(conflicts(late.b)).toEqual(['merge f1: removed-member'])
})

test('a site that was removed and added again writes as a member; what it wrote in between stays a conflict', () => {
  const { a, b, c, removed, written } = removal()
  b.take(removed)
  a.tell([b])
  b.tell([a])
  b.take(written)
  a.nowMs = 6000
  a.change(['c'], [])
  for (const member of [b, c]) member.syncFrom(a)
  c.nowMs = 7000
  const later = c.write({ type: 'merge', value: 'g2' })
  for (const member of [a, b]) {
    member.take(written)
    if (later !== undefined) member.take(later)
    member.settle()
    expect(conflicts(member)).toEqual(['merge f1: removed-member'])
    expect(member.resource?.fields).toEqual({ g: 'g2' })
    expect(membersOfReplicant(member.replicant)).toEqual(['a', 'b', 'c'])
  }
})

test('the ≺-greatest change of a site decides, in whatever order the changes arrive', () => {
  const [a, b, c] = members()
  a.write({ type: 'create', value: 'x' }, ['a', 'b'])
  b.syncFrom(a)
  c.syncFrom(a)
  a.nowMs = 5000
  const added = a.change(['c', 'd'], [])
  b.nowMs = 6000
  const removed = b.change([], ['d'])
  for (const order of [
    [added, removed],
    [removed, added],
  ]) {
    const member = new Member('e')
    member.syncFrom(c)
    for (const operation of order) member.take(operation)
    expect(membersOfReplicant(member.replicant)).toEqual(['a', 'b', 'c'])
  }
})

test('members of a life that had ended when the name was created anew are none', () => {
  const all = members()
  const [a, b] = all
  a.write({ type: 'create', value: 'x' })
  a.write({ type: 'delete', value: '' })
  a.write({ type: 'create', value: 'y' }, ['a', 'b'])
  b.syncFrom(a)
  expect(membersOfReplicant(b.replicant)).toEqual(['a', 'b'])
})

test('words that one member makes up on removals that never come are bounded, and take no room from those of others', () => {
  const { a, b, removed } = removal()
  a.tell([b])
  const [word] = b.replicant.early
  if (word === undefined) throw new Error('b has heard nothing of the removal')
  const dots = (count: number): Context =>
    Array.from({ length: count }, (_, n) => ({ ...removed.dot, incarnation: `${n + 1}-${'0'.repeat(16)}` }))
  let replicant = b.replicant
  for (let n = 1; n <= 400; n++) {
    const removalOf = { ...word.removal, dot: { ...word.removal.dot, number: 1_000 + n } }
    const told = { ...word, removal: removalOf, member: 'evil', held: dots(n % 100) }
    replicant = removalTold(replicant, told, new Map()).replicant
  }
  const made = replicant.early.filter(({ member }) => member === 'evil')
  expect(made.length).toBeLessThanOrEqual(MAX_EARLY_WORDS_EACH)
  expect(made.flatMap(({ held }) => held).length).toBeLessThanOrEqual(MAX_EARLY_DOTS)
  expect(replicant.early).toContain(word)
  const huge = { ...word, member: 'evil', held: dots(MAX_EARLY_DOTS) }
  expect(removalTold(b.replicant, huge, new Map()).replicant.early).toEqual([word])
})

/** a and b agree on x; c, a member too, has told only b of a change, and is gone for good; b leaves. */
function leaving() {
  const [a, b, c] = members()
  const created = a.write({ type: 'create', value: 'x' })
  for (const member of [b, c]) member.syncFrom(a)
  if (created === undefined) throw new Error('the application has refused a create')
  const merged = c.write({ type: 'merge', value: 'f1' })
  if (merged !== undefined) b.take(merged)
  b.settle()
  b.write({ type: 'merge', value: 'g2' })
  b.write({ type: 'replace', value: 'y' })
  b.write({ type: 'merge', value: 'h3' })
  return { a, b, c, created, left: b.change([], ['b']) }
}

/** A member that has nothing, after it has got all of b. */
function handedOver(b: Member): Member {
  const other = new Member('a')
  other.syncFrom(b)
  other.settle()
  return other
}

test('who leaves keeps all that it holds, its own and what others wrote, and all of it counts for who gets it from there', () => {
  const { a, b } = leaving()
  expect(membersOfReplicant(b.replicant)).toEqual(['a', 'c'])
  expect(leavesOfReplicant(b.replicant).map(({ site }) => site)).toEqual(['b'])
  const empty = handedOver(b)
  expect([conflicts(empty), empty.resource]).toEqual([
    [],
    { base: 'y', sum: 0, fields: { h: 'h3' }, list: [], bag: [] },
  ])
  a.syncFrom(b)
  a.settle()
  expect([conflicts(a), a.resource?.base, a.resource?.fields]).toEqual([[], 'y', { h: 'h3' }])
  expect(leavesOfReplicant(a.replicant).map(({ site }) => site)).toEqual(['b'])
})

test('who has let go of what it held says so, and keeps nothing but what says who is a member', () => {
  const { a, b, created } = leaving()
  a.syncFrom(b)
  b.step(letGo(b.replicant, created.life, new Map()))
  b.tell([a])
  for (const member of [a, b]) expect(leavesOfReplicant(member.replicant)).toEqual([])
  expect(findLife(b.replicant, created.life)?.live).toEqual([])
  expect(membersOfReplicant(b.replicant)).toEqual(['a', 'c'])
  // Nothing is left to let go of.
  expect(letGo(b.replicant, created.life, new Map()).effects).toEqual([])
})

test('who is added again before anybody else has what it held has nothing to begin anew', () => {
  const { a, b, c } = leaving()
  c.syncFrom(b)
  c.nowMs = 9_000
  const added = c.change(['b'], [])
  b.take(added)
  expect(b.effects.map(({ kind }) => kind)).not.toContain('removed')
  expect(membersOfReplicant(b.replicant)).toContain('b')
  expect(leavesOfReplicant(b.replicant)).toEqual([])
  b.nowMs = 10_000
  b.write({ type: 'merge', value: 'k4' })
  a.syncFrom(b)
  a.settle()
  expect([conflicts(a), a.resource?.fields]).toEqual([[], { h: 'h3', k: 'k4' }])
})

test('who was set back to before it left, and wrote on unaware, begins anew when it hears of it', () => {
  const { a, b, created } = leaving()
  a.syncFrom(b)
  const back = new Member('b')
  back.take(created)
  back.settle()
  Object.assign(back, { incarnation: `2-${'0'.repeat(16)}` })
  back.write({ type: 'replace', value: 'z' })
  back.syncFrom(a)
  expect(back.effects.map(({ kind }) => kind)).toContain('removed')
  expect(conflicts(back)).toEqual(['replace z: removed-member'])
  expect(leavesOfReplicant(back.replicant)).toEqual([])
})

/** Runs of a member, earlier and later than its first. */
const run = (number: number): string => `${number}-${'0'.repeat(16)}`

/** a, b and c hold x; b leaves, and the others have heard of it and of each other. */
function departed() {
  const [a, b, c] = members()
  a.write({ type: 'create', value: 'x' })
  heal([a, b, c])
  b.nowMs = 5_000
  const before = b.write({ type: 'merge', value: 'f1' })
  const left = b.change([], ['b'])
  if (before === undefined) throw new Error('the application has refused a write')
  const others = [a, c]
  for (const member of others) for (const operation of [before, left]) member.take(operation)
  a.tell([c])
  c.tell([a])
  // As it could sign what it writes, at any time and in the name of any run, without what it has signed when it left.
  const writes = (incarnation: string, number: number, value: string): Operation => {
    const { previous: _, ...change } = before
    const bytes = new TextEncoder().encode(value)
    const payload = { method: 'POST', path: '/', headers: [], body: { bytes } }
    return {
      ...change,
      dot: { site: 'b', incarnation, number },
      stamp: { ms: 60_000 + number, counter: 0 },
      payload,
    }
  }
  return { a, c, others, writes }
}

test('who has left writes nothing that counts any more, in the name of whatever run', () => {
  const { others, writes } = departed()
  const late = [writes(run(0), 1, 'g0'), writes(run(1), 9, 'g1'), writes(run(2), 1, 'g2')]
  for (const member of others) {
    for (const operation of late) member.take(operation)
    member.settle()
    expect(conflicts(member)).toEqual(['merge g0', 'merge g2', 'merge g1'].map(what => `${what}: removed-member`))
    expect(member.resource?.fields).toEqual({ f: 'f1' })
  }
  const fresh = new Member('d')
  fresh.syncFrom(others[0] as Member)
  fresh.settle()
  expect(fresh.resource?.fields).toEqual({ f: 'f1' })
})

test('what a removal has left out a second one does not take in', () => {
  const { a, c, others, writes } = departed()
  const late = writes(run(0), 3, 'g0')
  for (const member of others) member.take(late)
  a.nowMs = 70_000
  const again = a.change([], ['b'])
  c.take(again)
  a.tell([c])
  c.tell([a])
  const more = writes(run(0), 4, 'g1')
  for (const member of others) {
    member.take({ ...more, previous: late.dot, context: contextOf([...more.context, late.dot]) })
    member.settle()
    expect(conflicts(member)).toEqual(['merge g0: removed-member', 'merge g1: removed-member'])
    expect(member.resource?.fields).toEqual({ f: 'f1' })
  }
})

test('what a removal has left out, and there was no room to show, a second one does not take in either', () => {
  const { a, c, writes } = departed()
  const late: Operation[] = []
  for (let number = 3; number < 3 + MAX_CONFLICTS + 8; number++) {
    const before = late.at(-1)
    const next = writes(run(0), number, `g${number}`)
    late.push(
      before === undefined
        ? next
        : { ...next, previous: before.dot, context: contextOf([...next.context, before.dot]) },
    )
  }
  for (const operation of late) a.take(operation)
  expect(conflicts(a)).toHaveLength(MAX_CONFLICTS)
  expect(a.replicant.lives[0]?.conflictsForgotten).toBe(8)
  a.nowMs = 70_000
  const again = a.change([], ['b'])
  c.take(again)
  a.tell([c])
  c.tell([a])
  // Only now is it told to c.
  for (const operation of late) c.take(operation)
  for (const member of [a, c]) {
    member.settle()
    expect(member.resource?.fields).toEqual({ f: 'f1' })
    expect(conflicts(member)).toEqual(conflicts(a))
  }
})

test('what a site has written in earlier runs before it left counts for who gets it from there', () => {
  const [a, b] = members()
  a.write({ type: 'create', value: 'x' })
  b.syncFrom(a)
  for (const number of [2, 3, 4]) {
    b.settle()
    b.write({ type: 'merge', value: `${'fgh'.charAt(number - 2)}${number}` })
    Object.assign(b, { incarnation: run(number) })
  }
  const left = b.change([], ['b'])
  expect(left.context.filter(({ site }) => site === 'b').map(({ incarnation }) => incarnation)).toEqual(
    [1, 2, 3].map(run),
  )
  a.syncFrom(b)
  a.settle()
  expect([conflicts(a), a.resource?.fields]).toEqual([[], { f: 'f2', g: 'g3', h: 'h4' }])
})

test('who is removed and added again, over and over, keeps what says who is a member once', () => {
  const all = members()
  const [a, , c] = all
  a.write({ type: 'create', value: 'x' })
  heal(all)
  a.change(['d'], [])
  heal(all)
  for (let times = 0; times < 3; times++) {
    a.change([], ['c'])
    heal(all)
    a.change(['c'], [])
    heal(all)
  }
  for (const member of all) {
    const kept = member.replicant.lives.flatMap(({ membership }) => membership.map(({ dot }) => dot))
    expect(kept).toEqual([
      { site: 'a', incarnation: a.incarnation, number: 2 },
      { site: 'a', incarnation: a.incarnation, number: 8 },
    ])
  }
  expect(membersOfReplicant(c.replicant)).toEqual(['a', 'b', 'c', 'd'])
})

test('who was removed from two lives keeps nothing of either that others have written, though it was told the first once more as a member of the second', () => {
  const all = members()
  const [a, b, c] = all
  a.write({ type: 'create', value: 'x' })
  heal(all)
  a.change([], ['c'])
  heal(all)
  a.write({ type: 'delete', value: '' })
  // A conflict, with the life that it belongs to.
  b.write({ type: 'merge', value: 'f1' })
  heal([a, b])
  a.nowMs = 5000
  a.write({ type: 'create', value: 'y' })
  heal(all)
  const held = () =>
    c.replicant.lives
      .flatMap(({ live, conflicts: lost, outside }) => [...live, ...lost, ...outside])
      .map(({ type }) => type)
  expect(held()).toEqual(expect.arrayContaining(['create', 'merge']))
  a.change([], ['c'])
  heal(all)
  expect(held()).toEqual([])
  expect(conflicts(a)).toEqual(conflicts(b))
})

test('the create of a site that was removed is a conflict there, and not spent, as long as the site shows it', () => {
  const all = members()
  const [a, , c] = all
  const created = c.write({ type: 'create', value: 'x' })
  heal(all)
  c.take(a.change([], ['c']))
  expect(conflicts(c)).toEqual(['create x: removed-member'])
  expect(c.effects.map(({ kind }) => kind)).not.toContain('spent')
  const [life] = c.replicant.lives
  expect([life?.outside, life?.membership]).toEqual([
    [created],
    [created, expect.objectContaining({ type: 'members' })],
  ])
})

test('who was removed, gets the create late, and is shown it once more holds it once, and not as spent', () => {
  const [a, , c] = members()
  const created = a.write({ type: 'create', value: 'x' })
  if (created === undefined) throw new Error('the application has refused it')
  a.change([], ['c'])
  // That it was removed is all that it takes of this.
  c.syncFrom(a)
  c.take(created)
  const lists = () => c.replicant.lives.map(({ live, membership }) => [live, membership])
  expect(lists()).toEqual([[[created], []]])
  const [{ summary } = {}] = partingFor(a.replicant, 'c', 'a', () => NOTHING_KNOWN).map(({ transfer }) => transfer)
  if (summary === undefined) throw new Error('a removal is told with a summary')
  c.effects.length = 0
  c.step(receive(c.replicant, { operations: [created], summary }, c.matrices))
  expect(lists()).toEqual([[[created], []]])
  expect(c.effects.map(({ kind }) => kind)).not.toContain('spent')
})

test('what a site wrote before it left, was given up, and comes after all counts all the same', () => {
  const all = members()
  const [a, b, c] = all
  a.write({ type: 'create', value: 'x' })
  heal(all)
  const written = c.write({ type: 'merge', value: 'f1' })
  if (written === undefined) throw new Error('the application has refused it')
  const left = c.change([], ['c'])
  for (const member of [a, b]) {
    member.take(left)
    expect(member.effects.at(-1)).toEqual({ kind: 'waits', operation: left })
    member.step(admitHoles(member.replicant, left.life, [written.dot], member.matrices))
    expect(membersOfReplicant(member.replicant)).toEqual(['a', 'b'])
  }
  a.tell([b])
  b.tell([a])
  // It was on its way.
  for (const member of [a, b]) {
    member.take(written)
    member.settle()
    expect([member.resource?.fields, conflicts(member)]).toEqual([{ f: 'f1' }, []])
  }
})
