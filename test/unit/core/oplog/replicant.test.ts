/** Shows the edges of what is admitted: holes, waiting rooms that are full, operations that contradict themselves, lives without a create. */
import { expect, test } from 'vitest'
import {
  MAX_CONFLICTS,
  MAX_OPERATIONS_PAST_RESET,
  MAX_WAITING_OPERATIONS,
  admit,
  admitHoles,
  compileMatrix,
  conflictsOf,
  fateOf,
  holderOf,
  livesWithoutCreate,
  missingOf,
  operationsPastReset,
  newReplicant,
  NO_MATRICES,
  prune,
  receive,
  relevantTo,
  transferFor,
  RETENTION_MS,
  knowledgeOf,
  withAcknowledgement,
  withinBounds,
  lifeKey,
  MAX_ACKNOWLEDGED_LIVES_AHEAD,
} from '../../../../src/core/oplog/index.ts'
import { Member, NAME, heal, members, told, valueOf } from './world.ts'
import type { Acknowledgements, Context, Operation } from '../../../../src/core/oplog/index.ts'

/** A create and three increments by `a`. */
function increments(): readonly [Operation, Operation, Operation, Operation] {
  const [a] = members()
  a.write({ type: 'create', value: '0' })
  for (const value of ['1', '10', '100']) a.write({ type: 'inc', value })
  const [create, one, two, three] = a.known.values()
  if (!create || !one || !two || !three) throw new Error('the application has refused a write')
  return [create, one, two, three]
}

test('what nobody holds is a hole: what waited for it goes on, it is reported, and taken if it turns up after all', () => {
  const [create, one, two, three] = increments()
  const b = new Member('b')
  for (const operation of [create, one, three]) b.take(operation)
  expect(missingOf(b.replicant)).toEqual([{ life: create.life, dots: [two.dot] }])
  b.step(admitHoles(b.replicant, create.life, [two.dot], NO_MATRICES))
  expect(b.effects).toContainEqual({ kind: 'hole', life: create.life, last: two.dot })
  expect(told(b.schedule)).toEqual(['create 0', 'inc 1', 'inc 100'])
  b.settle()
  expect(fateOf(holderOf(b.replicant) ?? expect.fail(), two.dot)).toBe('unknown')
  b.take(two)
  b.settle()
  expect(told(b.schedule)).toEqual(['create 0', 'inc 1', 'inc 10', 'inc 100'])
  expect(b.resource?.sum).toBe(111)
  expect(holderOf(b.replicant)?.holes).toEqual([])
})

test('a hole is closed by a member that has what is missing, and is none where that has been dropped there', () => {
  const [create, one, two, three] = increments()
  const [b, c] = [new Member('b'), new Member('c')]
  for (const operation of [create, one, three]) b.take(operation)
  b.step(admitHoles(b.replicant, create.life, [two.dot], NO_MATRICES))
  for (const operation of [create, one, two, three]) c.take(operation)
  b.syncFrom(c)
  expect([told(b.schedule), holderOf(b.replicant)?.holes]).toEqual([told(c.schedule), []])
  // And the other way round: who receives a summary with a hole in it keeps what it holds.
  const [d, e] = [new Member('d'), new Member('e')]
  for (const operation of [create, one, three]) d.take(operation)
  d.step(admitHoles(d.replicant, create.life, [two.dot], NO_MATRICES))
  e.syncFrom(d)
  e.take(two)
  expect(told(e.schedule)).toEqual(told(c.schedule))
})

test('who knows the same has the same holes, in whatever order they were found', () => {
  const [a, z] = members()
  a.write({ type: 'create', value: '0' })
  z.syncFrom(a)
  z.settle()
  for (const member of [a, z]) for (const value of ['1', '10']) member.write({ type: 'inc', value })
  const [create, ofA] = [...a.known.values()]
  const ofZ = [...z.known.values()].find(({ dot }) => dot.site === z.site)
  if (create === undefined || ofA === undefined || ofZ === undefined)
    throw new Error('the application has refused a write')
  const holesOf = (lost: readonly Operation[]): unknown => {
    const b = new Member('b')
    b.take(create)
    for (const { dot } of lost) b.step(admitHoles(b.replicant, create.life, [dot], NO_MATRICES))
    return holderOf(b.replicant)?.holes
  }
  expect(holesOf([ofZ, ofA])).toEqual(holesOf([ofA, ofZ]))
  expect(holesOf([ofZ, ofA])).toHaveLength(2)
})

test('a transfer that was made for more than the receiver knows is refused whole: its summary would lie', () => {
  const [create, one, two, three] = increments()
  const c = new Member('c')
  for (const operation of [create, one, two, three]) c.take(operation)
  c.write({ type: 'replace', value: '5' })
  c.write({ type: 'inc', value: '6' })
  const [b, restored] = [new Member('b'), new Member('b')]
  for (const operation of [create, one]) b.take(operation)
  const life = holderOf(c.replicant) ?? expect.fail()
  const transfer = transferFor(life, holderOf(b.replicant) ?? expect.fail(), 'c') ?? expect.fail()
  expect(transfer.operations.map(valueOf)).toEqual(['5', '6'])
  restored.step(receive(restored.replicant, transfer, NO_MATRICES))
  expect([restored.effects, restored.replicant.lives]).toEqual([[{ kind: 'stale', life: create.life }], []])
  b.step(receive(b.replicant, transfer, NO_MATRICES))
  expect(told(b.schedule)).toEqual(['replace 5', 'inc 6'])
  expect(transferFor(life, holderOf(b.replicant) ?? expect.fail(), 'c')).toBeUndefined()
})

test('what another says that it knows counts as far as it is about what is held here, whatever it says', () => {
  const [create, one, two] = increments()
  const b = new Member('b')
  for (const operation of [create, one, two]) b.take(operation)
  const life = holderOf(b.replicant) ?? expect.fail()
  const theirs = { life: create.life, knowledge: [{ ...two.dot }], holes: [{ after: 0, last: one.dot }] }
  const others = Array.from({ length: 100 }, (_, n) => ({
    site: `s${n}`,
    incarnation: '1-0000000000000000',
    number: 9,
  }))
  const more = {
    ...theirs,
    knowledge: [...theirs.knowledge, ...others],
    holes: [...theirs.holes, ...others.map(last => ({ after: 0, last }))],
  }
  const elsewhere = { ...more, life: { ...create.life, dot: { ...create.life.dot, number: 77 } } }
  expect(relevantTo(b.replicant, [elsewhere, more])).toEqual([theirs])
  expect(transferFor(life, theirs, 'b')?.operations).toEqual(transferFor(life, more, 'b')?.operations)
})

test('a life whose create was lost is reported, not executed', () => {
  const [create, one] = increments()
  const b = new Member('b')
  b.take(one)
  expect(told(b.schedule)).toEqual(['none'])
  b.step(admitHoles(b.replicant, create.life, [create.dot], NO_MATRICES))
  expect([b.schedule.state, b.plan.kind]).toEqual(['unknown', 'stuck'])
  expect(livesWithoutCreate(b.replicant)).toEqual([create.life])
  b.take(create)
  expect(told(b.schedule)).toEqual(['create 0', 'inc 1'])
})

test('the waiting room is bounded: what finds no room is refused, and comes again', () => {
  const [create, one, two] = increments()
  let replicant = newReplicant(NAME, 'b')
  const late = (number: number): Operation => ({ ...two, dot: { ...two.dot, number }, previous: one.dot })
  for (let place = 0; place < MAX_WAITING_OPERATIONS; place++)
    replicant = admit(replicant, late(100 + place), NO_MATRICES).replicant
  const full = admit(replicant, late(5000), NO_MATRICES)
  expect(full.effects).toEqual([{ kind: 'refused', operation: late(5000), reason: 'no-room' }])
  for (const operation of [create, one]) replicant = admit(replicant, operation, NO_MATRICES).replicant
  expect([replicant.waiting.length, holderOf(replicant)?.live.length]).toEqual([0, MAX_WAITING_OPERATIONS + 2])
})

test('an operation is known by its dot: twice is once, also when it has been dropped and forgotten', () => {
  const [a, b] = members()
  const create = a.write({ type: 'create', value: '0' })
  a.write({ type: 'replace', value: '1' })
  b.syncFrom(a)
  if (create === undefined) throw new Error('the application has refused a write')
  b.effects.length = 0
  b.take(create)
  expect(b.effects).toEqual([{ kind: 'duplicate', dot: create.dot }])
  expect(told(b.schedule)).toEqual(['replace 1'])
})

test('what contradicts itself is refused', () => {
  const [create, one] = increments()
  const stranger = { site: 'x', incarnation: one.dot.incarnation, number: 1 }
  const wrong: [string, Operation][] = [
    ['other-replicant', { ...one, replicant: { ...NAME, name: 'y' } }],
    ['bad-dot', { ...one, dot: { ...one.dot, number: 0 } }],
    ['bad-dot', { ...one, dot: { ...one.dot, number: 1.5 } }],
    ['bad-stamp', { ...one, stamp: { ms: -1, counter: 0 } }],
    ['bad-context', { ...one, context: [one.dot] }],
    ['bad-context', { ...one, context: [] }],
    ['bad-context', { ...one, context: [create.dot, create.dot] }],
    ['bad-context', { ...create, context: [stranger] }],
    ['bad-life', { ...create, life: one.life, dot: stranger }],
    ['bad-life', { ...one, stamp: { ms: 0, counter: 0 } }],
    ['bad-previous', { ...one, previous: stranger }],
    ['bad-previous', { ...one, previous: { ...one.dot, number: 7 } }],
    ['bad-members', { ...one, members: { added: ['a'], removed: [] } }],
    ['bad-members', { ...one, type: 'members', members: { added: ['a'], removed: ['a'] } }],
    ['bad-members', { ...create, members: { added: ['a'], removed: ['b'] } }],
  ]
  for (const [reason, operation] of wrong)
    expect(admit(newReplicant(NAME, 'b'), operation, NO_MATRICES).effects).toEqual([
      { kind: 'refused', operation, reason },
    ])
})

test('conflicts are kept until a reset has seen them, and within a bound', () => {
  const all = members()
  const [a, b] = all
  a.write({ type: 'create', value: '0' })
  heal(all)
  b.nowMs = 5000
  for (let place = 0; place < MAX_CONFLICTS + 3; place++) b.write({ type: 'merge', value: `f${place}` })
  a.nowMs = 9000
  a.write({ type: 'delete', value: '' })
  b.syncFrom(a)
  expect(conflictsOf(b.replicant.lives)).toHaveLength(MAX_CONFLICTS)
  expect(holderOf(b.replicant)?.conflictsForgotten).toBe(3)
  expect(valueOf(conflictsOf(b.replicant.lives)[0]?.operation ?? expect.fail())).toBe('f3')
  const deletion = [...a.known.values()].at(-1) ?? expect.fail()
  const seen: Operation = {
    ...deletion,
    dot: { ...deletion.dot, number: 9 },
    stamp: { ms: 10_000, counter: 0 },
    previous: deletion.dot,
    context: holderOf(b.replicant)?.knowledge ?? [],
  }
  b.effects.length = 0
  b.take(seen)
  expect(conflictsOf(b.replicant.lives)).toEqual([])
  expect(b.effects.filter(({ kind }) => kind === 'settled')).toHaveLength(MAX_CONFLICTS)
  expect(b.effects.filter(({ kind }) => kind === 'forgotten')).toHaveLength(MAX_CONFLICTS + 1)
})

test('what is given up as a conflict for want of room, or by beginning anew, is settled by nobody', () => {
  const all = members()
  const [a, b, c] = all
  a.write({ type: 'create', value: '0' })
  heal(all)
  for (const [member, nowMs] of [
    [c, 5_000],
    [b, 6_000],
  ] as const) {
    member.nowMs = nowMs
    for (let place = 0; place < MAX_CONFLICTS; place++) member.write({ type: 'merge', value: `f${place}` })
  }
  a.nowMs = 9_000
  a.write({ type: 'delete', value: '' })
  a.syncFrom(c)
  expect(conflictsOf(a.replicant.lives)).toHaveLength(MAX_CONFLICTS)
  a.effects.length = 0
  a.syncFrom(b)
  expect(a.effects.filter(({ kind }) => kind === 'conflict')).toHaveLength(MAX_CONFLICTS)
  expect(a.effects.map(({ kind }) => kind)).not.toContain('settled')
  expect(holderOf(a.replicant)?.conflictsForgotten).toBe(MAX_CONFLICTS)
  // It is removed, and keeps nothing of what others have written.
  b.syncFrom(a)
  a.effects.length = 0
  a.take(b.change([], ['a']))
  expect(a.effects.map(({ kind }) => kind)).toContain('removed')
  expect(a.effects.map(({ kind }) => kind)).not.toContain('settled')
})

test('a state operation is due after a hundred changes, and does away with all that it has seen', () => {
  const [a] = members()
  a.write({ type: 'create', value: '0' })
  for (let place = 0; place <= MAX_OPERATIONS_PAST_RESET; place++) a.write({ type: 'merge', value: `f${place}` })
  const life = () => holderOf(a.replicant) ?? expect.fail()
  expect(operationsPastReset(life(), NO_MATRICES)).toBe(MAX_OPERATIONS_PAST_RESET + 1)
  a.effects.length = 0
  a.write({ type: 'state', value: 'all', isTaken: true })
  expect([told(a.schedule), operationsPastReset(life(), NO_MATRICES)]).toEqual([['state all'], 0])
  expect(a.effects.filter(({ kind }) => kind === 'forgotten')).toHaveLength(MAX_OPERATIONS_PAST_RESET + 1)
  expect(a.effects.filter(({ kind }) => kind === 'spent')).toHaveLength(1)
})

test('what a matrix has dropped stays a conflict behind a state that nobody has asked for, and is settled by whoever says it anew', () => {
  const definition = { resets: [], cells: [{ before: 'merge', after: 'inc', resolution: 'reverse-order' }] } as const
  const all = members(new Map([['m', compileMatrix(definition)]]))
  const [a, b] = all
  a.write({ type: 'create', value: '0', matrix: 'm' })
  const merge = a.write({ type: 'merge', value: 'f1', matrix: 'm' })
  a.write({ type: 'inc', value: '1', matrix: 'm' })
  const lost = () =>
    all.map(({ replicant }) => conflictsOf(replicant.lives).map(({ operation, why }) => [operation.dot, why]))
  expect(lost()[0]).toEqual([[merge?.dot, 'replaced']])
  a.write({ type: 'state', value: '1', matrix: 'm', isTaken: true })
  a.write({ type: 'inc', value: '2', matrix: 'm' })
  heal(all)
  expect(lost()).toEqual(Array(3).fill([[merge?.dot, 'replaced']]))
  b.write({ type: 'state', value: '3', matrix: 'm', isTaken: true })
  heal(all)
  expect(lost(), 'behind the next one too').toEqual(Array(3).fill([[merge?.dot, 'replaced']]))
  b.write({ type: 'replace', value: '4', matrix: 'm' })
  heal(all)
  expect(lost()).toEqual([[], [], []])
})

test('a create that was replaced is kept, since it shows that there is such a life, and its body is needed no more', () => {
  const all = members()
  const [a, b] = all
  const create = a.write({ type: 'create', value: '0' })
  const kept = () => all.map(({ replicant }) => holderOf(replicant)?.membership.map(({ type }) => type))
  expect(kept()[0]).toEqual([])
  a.write({ type: 'replace', value: '1' })
  heal(all)
  expect(kept()).toEqual([['create'], ['create'], ['create']])
  for (const { effects } of [a, b])
    expect(effects.filter(({ kind }) => kind === 'spent')).toEqual([{ kind: 'spent', operation: create }])
  expect(conflictsOf(a.replicant.lives)).toEqual([])
  a.change(['a', 'b', 'c'], [])
  heal(all)
  expect(kept(), 'also where it decides for nobody any more').toEqual(Array(3).fill(['create', 'members']))
})

test('a tombstone goes when all have acknowledged it and the retention time is over, not before', () => {
  const all = members()
  const [a, b, c] = all
  a.write({ type: 'create', value: '0' })
  const deletion = a.write({ type: 'delete', value: '' })
  heal(all)
  const [create] = holderOf(a.replicant)?.membership ?? []
  expect(create?.type).toBe('create')
  const late = (deletion?.stamp.ms ?? 0) + RETENTION_MS
  let acknowledged: Acknowledgements = new Map()
  for (const member of [a, b]) acknowledged = acknowledge(acknowledged, member)
  expect(prune(a.replicant, acknowledged, ['a', 'b', 'c'], late).lives, 'c has not acknowledged').toEqual([])
  acknowledged = acknowledge(acknowledged, c)
  expect(prune(a.replicant, acknowledged, ['a', 'b', 'c'], late - 1).lives, 'a millisecond early').toEqual([])
  const pruned = prune(a.replicant, acknowledged, ['a', 'b', 'c'], late)
  expect(pruned).toMatchObject({ replicant: { lives: [] }, operations: [deletion, create] })
})

function acknowledge(acknowledgements: Acknowledgements, { site, replicant }: Member): Acknowledgements {
  return withAcknowledgement(acknowledgements, site, knowledgeOf(replicant), replicant.clock)
}

test('what a member has acknowledged of lives that are gone here is forgotten, once it is much', () => {
  const life = (number: number) => ({
    stamp: { ms: number, counter: 0 },
    dot: { site: 'a', incarnation: '1-0', number },
  })
  const lives = Array.from({ length: 120 }, (_, n) => ({ life: life(n + 1), knowledge: [life(n + 1).dot], holes: [] }))
  let acknowledgements: Acknowledgements = new Map()
  lives.forEach((each, n) => {
    const held = lives.slice(Math.max(0, n - 15), n + 1)
    const told = withAcknowledgement(acknowledgements, 'b', [each], each.life.stamp)
    acknowledgements = withinBounds(told, 'b', held)
    const { knowledge } = acknowledgements.get('b') ?? { knowledge: new Map<string, Context>() }
    expect(knowledge.size).toBeLessThanOrEqual(16 + MAX_ACKNOWLEDGED_LIVES_AHEAD)
    for (const of of held) expect(knowledge.get(lifeKey(of.life)), 'of what is held here').toEqual(of.knowledge)
  })
})
