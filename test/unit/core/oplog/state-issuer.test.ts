/**
 * Who says anew what a resource is: nobody as long as some member may agree, and then one that all members choose alike, whatever order
 * they know of each other in. Shown for members, standings and lives that are drawn at random.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newLife } from '../../../../src/core/oplog/life.ts'
import {
  MAX_OPERATIONS_PAST_RESET,
  NO_MATRICES,
  OPERATIONS_PAST_TURN,
  SHORTENED_AFTER_MS,
  contextOf,
  idOf,
  isShortener,
  lifeKey,
  stateIssuer,
  type Acknowledgements,
  type Life,
  type Operation,
  type Standing,
} from '../../../../src/core/oplog/index.ts'

const SITES = ['a', 'b', 'c', 'd']

function operation(site: string, number: number, type: string): Operation {
  const dot = { site, incarnation: '1-0', number }
  const create = { site: 'a', incarnation: '1-0', number: 1 }
  return {
    dot,
    stamp: { ms: number, counter: 0 },
    replicant: { service: 's', kind: 'k', name: 'n' },
    life: { stamp: { ms: 1, counter: 0 }, dot: create },
    type,
    context: [],
  }
}

/** A life with these operations; of the rest nothing is asked here. */
const lifeOf = (live: readonly Operation[]): Life => ({ live }) as unknown as Life
const looksAll = (has: (site: string) => boolean, fits: (site: string) => boolean = () => true): Standing[] =>
  SITES.map(site => ({ site, looks: true, has: has(site), fits: has(site) && fits(site) }))

const standing = (site: string): fc.Arbitrary<Standing> =>
  fc.record({ site: fc.constant(site), looks: fc.boolean(), has: fc.boolean(), fits: fc.boolean() })
const members = fc.subarray(SITES, { minLength: 1 })
const lives = fc
  .array(fc.constantFrom(...SITES), { minLength: 1, maxLength: 5 })
  .map(origins => lifeOf(origins.map((site, place) => operation(site, place + 1, place === 0 ? 'create' : 'merge'))))

describe('the issuer of a state', () => {
  test('is a member that looks and has something, and the same for all who know the same', () => {
    const all = fc.tuple(members, lives, fc.tuple(...SITES.map(standing)), fc.integer())
    fc.assert(
      fc.property(all, ([sites, life, told, turn]) => {
        const issuer = stateIssuer(life, sites, told)
        const turned = told.map((_, place) => told[(place + Math.abs(turn)) % told.length] as Standing)
        expect(stateIssuer(life, sites, turned)).toEqual(issuer)
        const of = (site: string) => told.find(each => each.site === site)
        if (sites.some(site => of(site)?.looks !== true)) expect(issuer).toBeUndefined()
        else if (sites.every(site => of(site)?.has !== true)) expect(issuer).toEqual({ is: 'nobody' })
        else {
          expect(issuer?.is).toBe('issuer')
          const chosen = issuer?.is === 'issuer' ? of(issuer.site) : undefined
          expect(sites).toContain(chosen?.site)
          expect(chosen?.has).toBe(true)
          const someFits = sites.some(site => of(site)?.has === true && of(site)?.fits === true)
          expect(chosen?.fits === true || !someFits).toBe(true)
        }
      }),
    )
  })

  test('is nobody while one member has not told that it looks: it may agree', () => {
    const life = lifeOf([operation('a', 1, 'create')])
    const told = looksAll(() => true)
    expect(stateIssuer(life, SITES, told.slice(1))).toBeUndefined()
    expect(stateIssuer(life, SITES, told)).toEqual({ is: 'issuer', site: 'a' })
  })

  test('is who wrote last, or else the smallest; one that shows what was written before any other', () => {
    const life = lifeOf([operation('a', 1, 'create'), operation('c', 2, 'merge')])
    expect(
      stateIssuer(
        life,
        SITES,
        looksAll(() => true),
      ),
    ).toEqual({ is: 'issuer', site: 'c' })
    expect(
      stateIssuer(
        life,
        SITES,
        looksAll(site => site !== 'c'),
      ),
    ).toEqual({ is: 'issuer', site: 'a' })
    const fitting = looksAll(
      () => true,
      site => site === 'b',
    )
    expect(stateIssuer(life, SITES, fitting)).toEqual({ is: 'issuer', site: 'b' })
  })
})

describe('who shortens a life', () => {
  const NOW = 1_000_000
  const THREE = ['a', 'b', 'c']
  const create = operation('b', 1, 'create')
  /** A life that b has created, with so many changes of c, all written long ago. */
  const changed = (count: number): Life => {
    const merges = Array.from({ length: count }, (_, place) => operation('c', place + 2, 'merge'))
    const live = [create, ...merges].map(each => ({ ...each, life: idOf(create) }))
    return { ...newLife(create), live, knowledge: contextOf(live.map(({ dot }) => dot)) }
  }
  /** What members have acknowledged of it: up to a number of c. */
  const acknowledged = (upTo: Readonly<Record<string, number>>): Acknowledgements =>
    new Map(
      Object.entries(upTo).map(([member, number]) => {
        const knowledge = contextOf([create.dot, { ...create.dot, site: 'c', number }])
        return [member, { knowledge: new Map([[lifeKey(create), knowledge]]), clock: create.stamp }] as const
      }),
    )
  const NOBODY: ReadonlySet<string> = new Set()
  const shorteners = (
    life: Life,
    acknowledgements: Acknowledgements,
    members = THREE,
    nowMs = NOW,
    ungiven = NOBODY,
  ): string =>
    members.filter(site => isShortener(life, { site, members, acknowledgements, ungiven, nowMs }, NO_MATRICES)).join()
  const all = (count: number): Acknowledgements => acknowledged({ a: count + 1, b: count + 1, c: count + 1 })

  test('nobody up to the bound, then who has created it, or else the smallest member; the others in turn where it is not done', () => {
    const due = MAX_OPERATIONS_PAST_RESET + 1
    expect(shorteners(changed(due - 1), all(due - 1))).toBe('')
    expect(shorteners(changed(due), all(due))).toBe('b')
    expect(shorteners(changed(due), all(due), ['a', 'c'])).toBe('a')
    const turn = OPERATIONS_PAST_TURN + 1
    expect(shorteners(changed(turn - 1), all(turn - 1))).toBe('b')
    expect(shorteners(changed(turn), all(turn))).toBe('a,b')
    expect(shorteners(changed(2 * turn), all(2 * turn))).toBe('a,b,c')
  })

  test('only where a majority has acknowledged what is held, or half of the members with the smallest', () => {
    const due = MAX_OPERATIONS_PAST_RESET + 1
    const life = changed(due)
    expect(shorteners(life, acknowledged({ a: due + 1 }))).toBe('b')
    expect(shorteners(life, acknowledged({ a: due, c: due }))).toBe('')
    const two = changed(OPERATIONS_PAST_TURN + 1)
    // Neither has heard of the other.
    expect(shorteners(two, new Map(), ['a', 'b'])).toBe('a')
    expect(shorteners(life, new Map(), ['b'])).toBe('b')
  })

  test('what was written just now need not be acknowledged', () => {
    const due = MAX_OPERATIONS_PAST_RESET + 1
    const fresh = changed(due)
    // The last one has the number, and the time, of its place.
    const at = due + 1 + SHORTENED_AFTER_MS
    expect(shorteners(fresh, acknowledged({ a: due }), THREE, at - 1)).toBe('b')
    expect(shorteners(fresh, acknowledged({ a: due }), THREE, at)).toBe('')
  })

  test('not where a member knows more: that may be a state', () => {
    const due = MAX_OPERATIONS_PAST_RESET + 1
    expect(shorteners(changed(due), acknowledged({ a: due + 1, c: due + 2 }))).toBe('')
  })

  test('who does not give what it has acknowledged neither stops it nor counts for it', () => {
    const due = MAX_OPERATIONS_PAST_RESET + 1
    const life = changed(due)
    const lying = (a: number): Acknowledgements => acknowledged({ a, c: due + 9 })
    expect(shorteners(life, lying(due + 1))).toBe('')
    expect(shorteners(life, lying(due + 1), THREE, NOW, new Set('c'))).toBe('b')
    expect(shorteners(life, lying(due), THREE, NOW, new Set('c'))).toBe('')
    expect(shorteners(life, lying(due + 1), THREE, NOW, new Set('a'))).toBe('')
    // Of two, of which one is believed, half is enough only with the smallest by name.
    const two = changed(OPERATIONS_PAST_TURN + 1)
    expect(shorteners(two, lying(0), ['b', 'c'], NOW, new Set('c'))).toBe('b')
    // It says it itself, and b does not.
    expect(shorteners(two, acknowledged({ a: due + 999 }), ['a', 'b'], NOW, new Set('a'))).toBe('a')
  })

  test('no two sites of which neither holds what the other says, whatever they have acknowledged of each other', () => {
    const counts = fc.integer({ min: MAX_OPERATIONS_PAST_RESET - 5, max: MAX_OPERATIONS_PAST_RESET + 20 })
    fc.assert(
      fc.property(counts, fc.array(counts, { minLength: 3, maxLength: 3 }), (held, [a = 0, b = 0, c = 0]) => {
        const said = shorteners(changed(held), acknowledged({ a: a + 1, b: b + 1, c: c + 1 }))
        expect(['', 'b']).toContain(said)
      }),
    )
  })
})
