/**
 * What the checkers of replication say of a world that has come to rest: nothing when all is well, and the right thing of each
 * ending that is wrong in one way. The operations are made by hand, and the members hold them by the real core.
 */
import { describe, expect, test } from 'vitest'
import { CHECKERS, PATIENT_CHECKERS } from '../../../../sims/checkers/replication/all-checkers.ts'
import { Ledger } from '../../../../sims/world/replication/ledger.ts'
import { admit, contextOf, dotKey, newReplicant, NO_MATRICES } from '../../../../src/core/oplog/index.ts'
import type { Effect, JsonObject } from '../../../../sims/world/fake-application.ts'
import type { Ending, Replica } from '../../../../sims/world/replication/ending.ts'
import type { Operation, Replicant } from '../../../../src/core/oplog/index.ts'

const NAME = { service: 'warehouse', kind: 'item', name: 'n' }
const dot = (site: string, number: number) => ({ site, incarnation: '1-0000000000000000', number })
const stamp = (ms: number) => ({ ms, counter: 0 })
const LIFE = { stamp: stamp(1), dot: dot('s1', 1) }

function operation(
  at: number,
  site: string,
  number: number,
  type: string,
  value: JsonObject,
  seen: readonly Operation[] = [],
): Operation {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  const previous = seen.findLast(other => other.dot.site === site)?.dot
  return {
    dot: dot(site, number),
    stamp: stamp(at),
    replicant: NAME,
    life: LIFE,
    type,
    context: contextOf(seen.map(other => other.dot)),
    payload: { method: 'X', path: '/items/n', headers: [], body: { bytes } },
    ...(previous !== undefined && { previous }),
    ...(type === 'create' && { members: { added: ['s1', 's2'], removed: [] } }),
  }
}

const CREATE = operation(1, 's1', 1, 'create', { base: 'a' })
const MERGE = operation(2, 's2', 1, 'merge', { last: 'b' }, [CREATE])
const ADD = operation(3, 's1', 2, 'add', { line: 'c' }, [CREATE])
const ALL = [CREATE, MERGE, ADD]
const STATE = { id: 'n', base: 'a', last: 'b', lines: [{ line: 'c' }] }

function holding(site: string, operations: readonly Operation[]): Replicant {
  return operations.reduce((replicant, one) => admit(replicant, one, NO_MATRICES).replicant, newReplicant(NAME, site))
}

/** Two members that agree, and what is different in it. */
function ending(different: Partial<Ending> & { readonly replicas?: readonly Partial<Replica>[] } = {}): Ending {
  const ledger = new Ledger()
  for (const one of ALL) {
    ledger.note(one, new Uint8Array([1]))
    ledger.acknowledged.push({ site: one.dot.site, words: one.type, dot: one.dot })
  }
  const replicas = ['s1', 's2'].map((site, i) => ({
    site,
    replicant: holding(site, ALL),
    resource: STATE,
    admits: undefined,
    ...different.replicas?.[i],
  }))
  return {
    names: [NAME],
    replicasOf: () => replicas,
    ledger,
    effects: new Map(),
    looks: new Map(),
    setBack: new Set(),
    lost: new Set(),
    bodies: new Map(),
    heldBodies: new Map(),
    matrices: new Map(),
    pathOf: () => '/items/n',
    ...different,
  }
}

const found = (end: Ending): string[] => CHECKERS.flatMap(({ name, look }) => look(end).map(text => `${name}: ${text}`))

const effect = (method: string, added?: unknown) => ({
  at: 5,
  method,
  path: '/items/n',
  service: 'warehouse',
  value: method === 'DELETE' ? undefined : STATE,
  byOutsider: false,
  ...(added !== undefined && { added }),
})

test('nothing is found where all is well', () => {
  const effects = new Map([['s1', [effect('POST'), effect('POST', { line: 'c' })]]])
  expect(found(ending({ effects }))).toEqual([])
})

describe('what is wrong is found', () => {
  test('a member that lacks an operation, and one that waits', () => {
    const lacks = ending({ replicas: [{}, { replicant: holding('s2', [CREATE, ADD]) }] })
    expect(found(lacks).join('\n')).toMatch(/same operations: n: s2 knows/)
    expect(found(lacks).join('\n')).toMatch(/nothing acknowledged is lost: s2 acknowledged "merge", and s2 does not/)
    const late = operation(4, 's1', 3, 'merge', {}, [...ALL, operation(4, 's2', 9, 'merge', {}, [CREATE])])
    const waits = ending({ replicas: [{ replicant: holding('s1', [...ALL, late]) }] })
    expect(found(waits)).toEqual(['same operations: n: 1 operations wait at s1'])
  })

  test('a former member that holds what was written when it was none, and nothing where it was written unaware of that', () => {
    const removal: Operation = { ...operation(4, 's1', 3, 'members', {}, ALL), members: { added: [], removed: ['s2'] } }
    const after = operation(5, 's1', 4, 'merge', {}, [...ALL, removal])
    const removed = holding('s2', [...ALL, removal])
    const [life] = removed.lives
    if (life === undefined) throw new Error('it knows a life')
    const holds = { ...removed, lives: [{ ...life, live: [...life.live, after] }] }
    const of = (knew: readonly string[], replicant: Replicant): readonly string[] => {
      const end = ending({ replicas: [{ replicant: holding('s1', [...ALL, removal, after]) }, { replicant }] })
      end.ledger.beliefs.learnt('s1', NAME, ['s1', 's2'], 1)
      end.ledger.beliefs.learnt('s1', NAME, knew, 4)
      end.ledger.beliefs.released(after, 5)
      return found(end).filter(text => text.startsWith('nothing is held by former members'))
    }
    expect(of(['s1'], holds)).toEqual([
      'nothing is held by former members: s2 holds the merge of n that s1 has written',
    ])
    expect(of(['s1'], removed)).toEqual([])
    expect(of(['s1', 's2'], holds)).toEqual([])
  })

  test('a member that keeps less than what decides', () => {
    const all = holding('s1', ALL)
    const [life] = all.lives
    if (life === undefined) throw new Error('it holds a life')
    const forgetful = { ...all, lives: [{ ...life, live: life.live.filter(({ type }) => type !== 'merge') }] }
    expect(found(ending({ replicas: [{ replicant: forgetful }] }))).toEqual([
      expect.stringMatching(/^pruned equals unpruned: n: the schedule of s1 is .*, and the full log says/),
    ])
  })

  test('what an outsider wrote just before a change is taken for the resource, and shown by all', () => {
    const resource = { ...STATE, base: 'of an outsider' }
    const outsider = { ...effect('PUT'), byOutsider: true }
    const of = (effects: Ending['effects'], replicas: readonly Partial<Replica>[]): string[] =>
      found(ending({ effects, replicas }))
    const covered = new Map([['s1', [effect('POST'), outsider, effect('PATCH')]]])
    expect(of(covered, [{ resource }, { resource }])).toEqual([])
    expect(of(covered, [{ resource }])).toEqual([expect.stringMatching(/^same state: n: s1 has/)])
    expect(of(new Map([['s1', [effect('POST'), outsider]]]), [{ resource }, { resource }])).toHaveLength(2)
    // Where there was nothing before, it is somebody else's besides.
    expect(of(new Map([['s1', [outsider, effect('PUT')]]]), [{ resource }, { resource }])).toHaveLength(3)
  })

  test('what was sent again just after a reading, before the first one landed, is excused; what was read long before, or after it, is not', () => {
    const line = { line: 'c' }
    const post = (at: number) => ({ ...effect('POST', line), at })
    // Sent at 1 s, and landed at 5 s.
    const late = { ...post(5_000), late: { sentAt: 1_000 } }
    const of = (all: readonly Effect[], ...looked: readonly number[]): readonly string[] =>
      found(
        ending({
          effects: new Map([['s2', all]]),
          looks: new Map([['s2', looked.map(at => ({ at, path: '/items/n' }))]]),
        }),
      )
    const twice = [expect.stringMatching(/^nothing is executed twice/)]
    expect(of([post(4_000), late], 3_980)).toEqual([])
    expect(of([late, post(5_010)], 4_980)).toEqual([])
    // Nobody has read, or not since it was sent.
    expect(of([post(4_000), late])).toEqual(twice)
    expect(of([post(1_010), late], 990)).toEqual(twice)
    // Read, and waited; and it had not landed when that was over.
    expect(of([late, post(8_000)], 3_000)).toEqual(twice)
    expect(of([post(4_000), late], 3_000)).toEqual([])
    // It could be seen.
    expect(of([late, post(8_000)], 7_980)).toEqual(twice)
    // What did not land late was there all the time.
    expect(of([post(2_000), post(4_000)], 3_980)).toEqual(twice)
    expect(of([{ ...effect('DELETE'), late: { sentAt: 1 } }])).toEqual([])
  })

  test('members that do not show the same of what has lost', () => {
    const replace = operation(4, 's2', 2, 'replace', { base: 'x' }, [CREATE, MERGE])
    const late = operation(3, 's1', 3, 'replace', { base: 'y' }, [CREATE, ADD])
    const all = holding('s1', [...ALL, late, replace])
    const [life] = all.lives
    if (life === undefined) throw new Error('it holds a life')
    const forgetful = { ...all, lives: [{ ...life, conflicts: [] }] }
    const end = ending({ replicas: [{ replicant: all }, { replicant: forgetful }] })
    expect(found(end).filter(text => text.startsWith('same conflicts'))).toEqual([
      expect.stringMatching(/^same conflicts: n: s2 shows nothing; s1 shows .*\/3\/s1 replaced$/),
    ])
  })

  test('an application that has something else, unless the site says so', () => {
    const resource = { ...STATE, last: 'x' }
    expect(found(ending({ replicas: [{ resource }] }))).toEqual([
      expect.stringMatching(/^same state: n: s1 has .*"last":"x".* and says that all is well/),
    ])
    expect(found(ending({ replicas: [{ resource: undefined }] }))).toHaveLength(1)
    expect(found(ending({ replicas: [{ resource, admits: 'diverged' }] }))).toEqual([])
  })

  test('an operation that a client was told of and nobody has', () => {
    const lost = ending()
    lost.ledger.acknowledged.push({ site: 's1', words: 'lost', dot: dot('s1', 7) })
    expect(found(lost)).toEqual(['nothing acknowledged is lost: s1 acknowledged "lost", and nobody ever released it'])
    expect(found({ ...lost, lost: new Set([dotKey(dot('s1', 7))]) })).toEqual([])
  })

  test('an operation that the group of its origin lacks, also where that has left, and no other group', () => {
    const created = (at: number, site: string): Operation => {
      const one = operation(at, site, 1, 'create', {})
      return { ...one, life: { stamp: one.stamp, dot: one.dot }, members: { added: ['s3', 's4'], removed: [] } }
    }
    const [first, second] = [created(9, 's3'), created(11, 's4')]
    const { payload, ...bare } = operation(10, 's3', 2, 'members', {}, [first])
    expect(payload).toBeDefined()
    const leaves = { ...bare, life: first.life, members: { added: [], removed: ['s3'] } }
    const lost = (held: readonly Operation[]): string[] => {
      const two = ending()
      for (const one of [first, second, leaves]) two.ledger.note(one, new Uint8Array([one.stamp.ms]))
      two.ledger.acknowledged.push({ site: 's3', words: 'adopt', dot: first.dot })
      const s4 = { site: 's4', replicant: holding('s4', held), resource: { id: 'n' }, admits: undefined }
      const all = found({ ...two, replicasOf: () => [...two.replicasOf(NAME), s4] })
      return all.filter(text => text.startsWith('nothing acknowledged'))
    }
    expect(lost([first, leaves])).toEqual([])
    expect(lost([second])).toEqual([
      'nothing acknowledged is lost: s3 acknowledged "adopt", and s4 does not know of it',
    ])
  })

  test('a change of members that nobody has, unless a greater one has taken its place', () => {
    const change = (at: number, site: string, number: number, removed: readonly string[]): Operation => {
      const { payload, ...bare } = operation(at, site, number, 'members', {}, ALL)
      expect(payload).toBeDefined()
      return { ...bare, members: { added: [], removed: [...removed] } }
    }
    const lost = ending()
    const own = change(8, 's2', 9, ['s3'])
    lost.ledger.note(own, new Uint8Array([8]))
    lost.ledger.acknowledged.push({ site: 's2', words: 'remove s3', dot: own.dot })
    const words = ['s1', 's2'].map(
      site => `nothing acknowledged is lost: s2 acknowledged "remove s3", and ${site} does not know of it`,
    )
    expect(found(lost)).toEqual(words)
    const greater = change(9, 's1', 3, ['s3'])
    const held = [...ALL, greater]
    const replicas = ['s1', 's2'].map(site => ({ replicant: holding(site, held) }))
    const superseded = ending({ replicas })
    for (const one of [own, greater]) superseded.ledger.note(one, new Uint8Array([one.dot.number]))
    superseded.ledger.acknowledged.push({ site: 's2', words: 'remove s3', dot: own.dot })
    expect(found(superseded)).toEqual([])
  })

  test('a deletion that nobody wanted', () => {
    expect(found(ending({ effects: new Map([['s2', [effect('DELETE')]]]) }))).toEqual([
      'nothing is deleted that no operation deleted: n was deleted at s2 at 0.005 s',
    ])
  })

  test('a deletion of what came after what was deleted, or before anybody but its origin could know of it', () => {
    const born = (at: number, number: number, base: string): Operation => {
      const create = operation(at, 's1', number, 'create', { base })
      return { ...create, life: { stamp: create.stamp, dot: create.dot } }
    }
    const [first, second] = [born(11, 11, 'first'), born(13, 13, 'second')]
    const deletion = (of: Operation, number: number): Operation => ({
      ...operation(20, 's1', number, 'delete', {}, [of]),
      life: of.life,
    })
    const made = (base: string) => ({ ...effect('POST'), value: { id: 'n', base } })
    const gone = (at: number) => ({ ...effect('DELETE'), at })
    const of = (site: string, all: readonly Effect[], deleted: Operation): readonly string[] => {
      const end = ending({ effects: new Map([[site, all]]) })
      for (const one of [first, second, deleted]) end.ledger.sealed(one, 30)
      return found(end).filter(text => text.startsWith('nothing is deleted'))
    }
    const unwanted = [expect.stringMatching(/^nothing is deleted that no operation deleted: n was deleted at s2/)]
    expect(of('s2', [made('first'), gone(40)], deletion(first, 21))).toEqual([])
    expect(of('s2', [made('first'), gone(40)], deletion(second, 21))).toEqual([])
    expect(of('s2', [made('second'), gone(40)], deletion(first, 21))).toEqual(unwanted)
    expect(of('s2', [made('first'), gone(29)], deletion(first, 21))).toEqual(unwanted)
    expect(of('s1', [made('first'), gone(29)], deletion(first, 21))).toEqual([])
  })

  test('what somebody else has made is touched, unless it was adopted or an operator has said so', () => {
    const theirs = { ...effect('PUT'), byOutsider: true }
    const of = (effects: readonly Effect[], decide: (end: Ending) => void = () => undefined): readonly string[] => {
      const end = ending({ effects: new Map([['s2', effects]]) })
      decide(end)
      return found(end)
    }
    const touched = ["nothing of others is touched: PATCH of n at s2 at 0.005 s, which was somebody else's"]
    expect(of([theirs, effect('PATCH')])).toEqual(touched)
    expect(of([theirs, theirs, effect('PATCH'), effect('PATCH')])).toEqual(touched)
    // What changes our own is drift, and repaired.
    expect(of([effect('POST'), theirs, effect('PUT')])).toEqual([])
    expect(of([theirs, effect('PATCH')], end => end.ledger.resolved.push({ site: 's2', name: NAME }))).toEqual([])
    expect(of([theirs, effect('PATCH')], end => end.ledger.resolved.push({ site: 's1', name: NAME }))).toEqual(touched)
    const adopts = (how: string, value: JsonObject) => (end: Ending) =>
      end.ledger.note({ ...operation(1, 's1', 9, 'create', value), adopts: how }, new Uint8Array([9]))
    const not = (violations: readonly string[]) => violations.filter(text => text.startsWith('nothing of others'))
    expect(not(of([theirs, effect('PATCH')], adopts('all', {})))).toEqual([])
    expect(not(of([theirs, effect('PATCH')], adopts('hash', STATE)))).toEqual([])
    expect(not(of([theirs, effect('PATCH')], adopts('hash', { ...STATE, base: 'x' })))).toEqual(touched)
  })

  test('an action that took effect twice', () => {
    const line = effect('POST', { line: 'c' })
    const of = (all: readonly Effect[], setBack: readonly string[] = []): readonly string[] =>
      found(ending({ effects: new Map([['s2', all]]), setBack: new Set(setBack) }))
    const twice = [expect.stringMatching(/^nothing is executed twice: .*"c".* twice/)]
    expect(of([line, { ...line }])).toEqual(twice)
    expect(of([line, effect('PUT'), { ...line }])).toEqual(twice)
    // Who has lost a part of what it had on disk may do again what it has put away, and nothing on top of itself.
    expect(of([line, effect('PUT'), { ...line }], ['s2'])).toEqual([])
    expect(of([line, effect('PATCH'), { ...line }], ['s2'])).toEqual(twice)
  })

  test('a key that took effect twice, was released twice, stands twice, was taken with another body, or is told of another', () => {
    const line = { line: 'a', key: 'k' }
    const keyed = (number: number, value = line, site = 's1'): Operation => ({
      ...operation(8 + number, site, number, 'add', value, ALL),
      idempotency: { principal: '', key: 'k' },
    })
    const asked = (token: string, at: number) => ({
      do: 'add' as const,
      site: 's1',
      name: NAME,
      key: 'k',
      token,
      dot: dot('s1', at),
    })
    const of = (more: Partial<Ending> & { readonly replicas?: readonly Partial<Replica>[] }): string[] => {
      const end = ending(more)
      end.ledger.note(keyed(3), new Uint8Array([3]))
      end.ledger.asked.push(asked('a', 3))
      end.ledger.keyed.push(asked('a', 3))
      return found(end).filter(text => text.startsWith('once'))
    }
    expect(of({ effects: new Map([['s1', [effect('POST', line)]]]) })).toEqual([])
    const twice = [effect('POST', line), effect('PATCH'), effect('POST', line)]
    const wrong = 'once per key: k (a) took effect 2 times at n of s1'
    expect(of({ effects: new Map([['s1', twice]]) })).toEqual([
      `${wrong}, on top of itself`,
      `${wrong}, for 1 operations`,
    ])
    expect(of({ effects: new Map([['s1', twice]]), setBack: new Set(['s1']) })).toEqual([])
    // What came between says all, so that only their number counts.
    const apart = [effect('POST', line), effect('PUT'), effect('POST', line)]
    expect(of({ effects: new Map([['s1', apart]]) })).toEqual([`${wrong}, for 1 operations`])
    const resource = { ...STATE, lines: [line, line] }
    expect(of({ replicas: [{ resource }] })).toEqual(['once per key: n of s1 shows k (a) 2 times'])
    const other = { line: 'b', key: 'k' }
    expect(of({ effects: new Map([['s1', [effect('POST', line), effect('POST', other)]]]) })).toEqual([])
    const end = ending()
    for (const number of [3, 4]) end.ledger.note(keyed(number), new Uint8Array([number]))
    const knew = { ...keyed(5, other, 's2'), context: contextOf([CREATE, keyed(4)].map(one => one.dot)) }
    end.ledger.note(knew, new Uint8Array([5]))
    end.ledger.keyed.push(asked('a', 3), asked('b', 3))
    const told = found(end).filter(text => text.startsWith('once'))
    expect(told).toEqual([
      'once per key: s1 released k (a) of n more than once',
      'once per key: s2 released k (b) of n, and knew k (a)',
      'once per key: s2 released k (b) of n, and knew k (a)',
      'once per key: s1 answered k (b) of n with k (a)',
    ])
  })

  test('two operations of one request, and one of them landed late: what could not be known is excused behind a whole body too', () => {
    const line = { line: 'a', key: 'k' }
    const post = (at: number) => ({ ...effect('POST', line), at })
    const put = (at: number) => ({ ...effect('PUT'), at })
    const late = { ...post(5_000), late: { sentAt: 1_000 } }
    const from = (origins: readonly string[], all: readonly Effect[], ...looked: readonly number[]): string[] => {
      const end = ending({
        effects: new Map([['s1', all]]),
        looks: new Map([['s1', looked.map(at => ({ at, path: '/items/n' }))]]),
      })
      for (const site of origins) {
        const one = { ...operation(11, site, 3, 'add', line, ALL), idempotency: { principal: '', key: 'k' } }
        end.ledger.note(one, new Uint8Array([3]))
      }
      const asked = { do: 'add' as const, site: 's1', name: NAME, key: 'k', token: 'a', dot: dot('s1', 3) }
      end.ledger.asked.push(asked)
      end.ledger.keyed.push(asked)
      return found(end).filter(text => text.startsWith('once'))
    }
    const of = (all: readonly Effect[], ...looked: readonly number[]): string[] => from(['s1', 's2'], all, ...looked)
    const onTop = [expect.stringMatching(/^once per key: k \(a\) took effect \d times at n of s1, on top of itself/)]
    expect(of([post(3_000), put(3_500), post(4_000), late], 2_980)).toEqual([])
    // Nobody has looked since it was sent; it is not the body that excuses it.
    expect(of([post(3_000), put(3_500), post(4_000), late])).toEqual(expect.arrayContaining(onTop))
    // Without a body in between the two are on top of each other, whatever lands.
    expect(of([post(3_000), post(4_000), late], 2_980)).toEqual(onTop)
    // It had landed, and was there to be seen.
    expect(of([post(3_000), put(3_500), late, post(8_000)], 2_980, 7_980)).toEqual(expect.arrayContaining(onTop))
    // One operation alone is not carried out behind the body that has seen it.
    expect(from(['s1'], [post(3_000), put(3_500), post(4_000), late], 2_980)).toEqual(expect.arrayContaining(onTop))
  })

  test('a PUT, a creation or a DELETE that is done again by a site that knew it by its key', () => {
    const request = { do: 'replace' as const, site: 's2', name: NAME, key: 'k', token: 'b' }
    const idempotency = { principal: '', key: 'k' }
    const first = { ...operation(8, 's1', 3, 'replace', { base: 'b' }, ALL), idempotency }
    const over = operation(9, 's1', 4, 'replace', { base: 'c' }, [...ALL, first])
    const again = dot('s2', 2)
    const of = (
      held: readonly Operation[],
      more: Partial<typeof request> = {},
      changes: Partial<Ending> = {},
    ): string[] => {
      const end = ending(changes)
      end.ledger.note(first, new Uint8Array([3]))
      const asked = { ...request, ...more }
      end.ledger.asked.push(asked)
      end.ledger.keyed.push({ ...asked, dot: again })
      end.ledger.releasedWithKey.push({ ...asked, dot: again, held: holding('s2', held), released: [first.dot] })
      return found(end).filter(text => text.startsWith('nothing is done again'))
    }
    const told = 'nothing is done again: s2 was asked to replace n with k (b), knew s1/3 by it, and released s2/2'
    expect(of([...ALL, first])).toEqual([told])
    // It is forgotten there, and its key is not.
    expect(of([...ALL, first, over])).toEqual([told])
    expect(of(ALL)).toEqual([])
    expect(of([...ALL, first], { token: 'c' })).toEqual([])
    expect(of([...ALL, first], { key: 'other' })).toEqual([])
    expect(of([...ALL, first], {}, { setBack: new Set(['s2']) })).toEqual([])
  })

  test('what a client has changed and an agent has said away', () => {
    const state = (value: JsonObject) => operation(9, 's1', 5, 'state', value, ALL)
    const of = (said: Operation, resource: JsonObject, admits?: string): string[] => {
      const replicas = ['s1', 's2'].map(site => ({ replicant: holding(site, [...ALL, said]), resource, admits }))
      const end = ending({ replicas })
      end.ledger.note(said, new Uint8Array([5]))
      return found(end).filter(text => text.startsWith('nothing is lost by a state'))
    }
    expect(of(state(STATE), STATE)).toEqual([])
    const { last: _, ...less } = STATE
    expect(of(state(less), less)).toEqual(
      ['s1', 's2'].map(site => `nothing is lost by a state: n of ${site} has lost last`),
    )
    expect(of(state(less), less, 'diverged')).toEqual([])
  })

  test('two operations with one dot', () => {
    const twice = ending()
    twice.ledger.note(operation(9, 's2', 1, 'merge', { other: true }, [CREATE]), new Uint8Array([2]))
    expect(found(twice)).toEqual([expect.stringMatching(/^dots are never reused: /)])
  })

  test('a site that stays diverged where a member agrees, or all stay so', () => {
    const of = (different: Parameters<typeof ending>[0]): string[] =>
      PATIENT_CHECKERS.flatMap(({ look }) => look(ending(different))).map(text => text.replace(/ says .*\), and/, ','))
    expect(of({})).toEqual([])
    expect(of({ replicas: [{ admits: 'diverged' }] })).toEqual(['n: s1, s2 agree'])
    expect(of({ replicas: [{ admits: 'diverged' }, { admits: 'diverged' }] })).toEqual([
      'n: s1, so do all others',
      'n: s2, so do all others',
    ])
    for (const admits of ['uncertain', 'unbound'])
      expect(of({ replicas: [{ admits: 'diverged' }, { admits }] }), admits).toEqual([])
  })

  test('a site that is diverged for what nobody can know is excused', () => {
    const of = (
      last: Operation,
      different: Partial<Ending> = {},
      reason?: string,
      other: Partial<Replica> = {},
    ): string[] => {
      const replicas = ['s1', 's2'].map(site => ({ replicant: holding(site, [...ALL, last]), reason }))
      const [first, second] = replicas
      const all = [
        { ...first, admits: 'diverged' },
        { ...second, ...other },
      ]
      return PATIENT_CHECKERS.flatMap(({ look }) => look(ending({ ...different, replicas: all })))
    }
    const large: Operation = {
      ...operation(9, 's2', 2, 'replace', {}, ALL),
      payload: { method: 'PUT', path: '/items/n', headers: [], body: { hash: 'h', length: 100_000 } },
    }
    expect(of(large)).toEqual([])
    expect(of(large, { heldBodies: new Map([['s2', ['h']]]) })).toHaveLength(1)
    expect(of(large, { heldBodies: new Map([['s3', ['h']]]) })).toEqual([])
    const hidden = operation(9, 's2', 2, 'merge', { other: 'x' }, ALL)
    const unclear = 'no member shows /other, which was written, so nobody can say what it is by now'
    expect(of(hidden, {}, unclear)).toEqual([])
    expect(of(hidden)).toHaveLength(1)
    const both = { admits: 'diverged', resource: { ...STATE, other: 'x' } }
    expect(of(hidden, {}, unclear, both)).toEqual([])
    expect(of(hidden, {}, unclear, { ...both, admits: undefined })).toHaveLength(1)
    const shown = operation(9, 's2', 2, 'merge', { last: 'x' }, ALL)
    expect(of(shown, {}, unclear)).toHaveLength(1)
    const outsider = { ...effect('PUT'), byOutsider: true }
    const over = (next: Effect): string[] => of(shown, { effects: new Map([['s2', [outsider, next]]]) })
    expect(over(effect('PATCH'))).toEqual([])
    expect(over(effect('PUT'))).toHaveLength(1)
  })
})
