/**
 * Shows what a site is told that is no member any more, life by life, and what it makes of it: members whose states are real, messages handed over by
 * the test.
 */
import { expect, test } from 'vitest'
import {
  NO_MATRICES,
  NOTHING_KNOWN,
  admit,
  conflictsOf,
  findLife,
  hasParted,
  letGo,
  membersOfReplicant,
  newReplicant,
  partingFor,
  receive,
  removalTold,
  type Known,
  type LifeId,
  type Operation,
  type Replicant,
} from '../../../../src/core/oplog/index.ts'
import { NAME, heal, members, told, type Member } from './world.ts'

const nothing: (life: LifeId) => Known = () => NOTHING_KNOWN

/** What a site holds of others but who is a member, by type. */
function holds({ lives, waiting, site }: Replicant): readonly string[] {
  const lists = lives.flatMap(({ live, conflicts, outside }) => [live, conflicts, outside])
  return [...lists, waiting].flat().flatMap(({ dot, type }) => (dot.site === site ? [] : [type]))
}

/** What one tells another that is no member any more, as that one takes it. */
function part(from: Member, to: Replicant, knows = nothing): Replicant {
  const told = partingFor(from.replicant, to.site, from.site, knows)
  return told.reduce((replicant, { transfer }) => receive(replicant, transfer, NO_MATRICES).replicant, to)
}

function typesTold(from: Member, to: string): readonly string[] {
  return partingFor(from.replicant, to, from.site, nothing).flatMap(({ transfer }) =>
    transfer.operations.map(({ type }) => type),
  )
}

/** a, b and c agree on x; b removes c, which does not hear of it, and writes. */
function removed(): [Member, Member, Member] {
  const [a, b, c] = members()
  a.write({ type: 'create', value: 'x' })
  heal([a, b, c])
  b.change([], ['c'])
  b.write({ type: 'replace', value: 'after' })
  return [a, b, c]
}

test('who was removed begins anew by who the members are, and is told nothing else', () => {
  const [, b, c] = removed()
  expect(typesTold(b, 'c')).toEqual(['create', 'members'])
  const knowing = part(b, c.replicant, ({ dot }) => ({ knowledge: [dot], holes: [] }))
  for (const known of [knowing, part(b, newReplicant(NAME, 'c'))]) {
    expect(membersOfReplicant(known)).toContain('b')
    expect(membersOfReplicant(known)).not.toContain('c')
    expect(hasParted(known)).toBe(true)
    expect(holds(known)).toEqual([])
    // It may be told twice.
    expect(part(b, known)).toEqual(known)
  }
})

test('what a teller is a member by is shown to who does not know it', () => {
  const [a, b, c] = members()
  a.write({ type: 'create', value: 'x' }, ['a', 'c'])
  c.syncFrom(a)
  a.change(['b'], [])
  a.change([], ['c'])
  b.syncFrom(a)
  // The other one is the removal.
  expect(typesTold(b, 'c')).toEqual(['create', 'members', 'members'])
  expect(membersOfReplicant(part(b, c.replicant))).toEqual(expect.not.arrayContaining(['c']))
})

test('what others write is nothing to who was removed, until it is told that it is a member', () => {
  const [a, b, c] = removed()
  a.syncFrom(b)
  c.replicant = part(b, c.replicant)
  const later = b.write({ type: 'merge', value: 'f1' }) as Operation
  expect(holds(admit(c.replicant, later, NO_MATRICES).replicant)).toEqual([])
  // By somebody who does not know that it was removed.
  const all = { operations: [later], summary: { ...findLifeOf(b), from: 'b', since: NOTHING_KNOWN } }
  expect(
    holds(receive(c.replicant, { ...all, summary: { ...all.summary, changes: [] } }, NO_MATRICES).replicant),
  ).toEqual([])

  b.change(['c'], [])
  c.syncFrom(b)
  a.syncFrom(b)
  heal([a, b, c])
  expect(c.schedule).toEqual(b.schedule)
  expect(c.resource).toEqual(b.resource)
})

test('a site that leaves keeps what it holds, and takes what others still tell it', () => {
  const [a, b, c] = members()
  a.write({ type: 'create', value: 'x' })
  heal([a, b, c])
  c.change([], ['c'])
  const later = a.write({ type: 'merge', value: 'f1' }) as Operation
  c.take(later)
  expect(holds(c.replicant)).toEqual(['create', 'merge'])
})

test('a store that was set back to before it left, and has written since, begins anew when it hears so: that takes nothing away', () => {
  const [a, b] = members()
  const create = a.write({ type: 'create', value: 'x' }, ['a', 'b']) as Operation
  heal([a, b])
  const backup = a.replicant
  b.take(a.change([], ['a']))
  a.step(letGo(a.replicant, create.life, NO_MATRICES))
  for (const effect of a.effects)
    if (effect.kind === 'removal') b.step(removalTold(b.replicant, effect.told, NO_MATRICES))
  b.write({ type: 'state', value: 'kept', isTaken: true })

  a.replicant = backup
  Object.assign(a, { incarnation: `2-${'0'.repeat(16)}` })
  const late = a.write({ type: 'replace', value: 'late' })
  a.replicant = part(b, a.replicant)
  b.syncFrom(a)
  expect(told(b.schedule)).toEqual(['state kept'])
  for (const { replicant } of [a, b])
    expect(conflictsOf(replicant.lives)).toMatchObject([{ operation: { dot: late?.dot }, why: 'removed-member' }])
})

test('who was a member until a life ended is told its end, and of the next one who holds the name', () => {
  const [a, b, c] = members()
  a.write({ type: 'create', value: 'x' })
  heal([a, b, c])
  a.write({ type: 'delete', value: '' })
  a.write({ type: 'create', value: 'y' }, ['a', 'b'])
  a.write({ type: 'replace', value: 'after' })
  const told = partingFor(a.replicant, 'c', 'a', nothing).map(({ transfer }) =>
    transfer.operations.map(({ type }) => type),
  )
  expect(told).toEqual([['create', 'delete'], ['create']])
  const known = part(a, c.replicant)
  expect(known.lives.map(({ firstDelete }) => firstDelete !== undefined)).toEqual([true, false])
  expect(membersOfReplicant(known)).toEqual(['a', 'b'])
})

function findLifeOf({ replicant }: Member) {
  const [first] = replicant.lives
  const life = first === undefined ? undefined : findLife(replicant, first.life)
  if (life === undefined) throw new Error('there is no life')
  return life
}

test('who has left one life, and is added to another that was begun across a cut and from which nobody was removed, takes what it is told', () => {
  const [a, b, c] = members()
  a.write({ type: 'create', value: 'lower' }, ['a', 'b'])
  b.syncFrom(a)
  c.write({ type: 'create', value: 'higher' }, ['a', 'b', 'c'])
  c.write({ type: 'merge', value: 'f1' })
  b.change([], ['b'])
  a.syncFrom(b)
  b.step(letGo(b.replicant, b.replicant.lives[0]?.life ?? expect.fail(), NO_MATRICES))
  heal([a, c])
  b.replicant = part(a, b.replicant)
  expect([hasParted(b.replicant), membersOfReplicant(a.replicant)]).toEqual([true, ['a', 'c']])
  a.change(['b'], [])
  b.syncFrom(a)
  expect([membersOfReplicant(b.replicant), told(b.schedule)]).toEqual([
    ['a', 'b', 'c'],
    ['create higher', 'merge f1'],
  ])
  b.syncFrom(a)
  expect(conflictsOf(b.replicant.lives)).toEqual(conflictsOf(a.replicant.lives))
})
