/**
 * Who says anew what a resource is: nobody as long as some member may agree, and then one that all members choose alike, whatever order
 * they know of each other in. Shown for members, standings and lives that are drawn at random.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  MAX_OPERATIONS_PAST_RESET,
  NO_MATRICES,
  shortenerOf,
  stateIssuer,
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
  const changes = (count: number, last: string): Operation[] => [
    operation('a', 1, 'create'),
    ...Array.from({ length: count }, (_, place) => operation(place === count - 1 ? last : 'a', place + 2, 'merge')),
  ]

  test('nobody up to the bound, then who wrote last, or else the smallest member', () => {
    const due = MAX_OPERATIONS_PAST_RESET + 1
    expect(shortenerOf(lifeOf(changes(MAX_OPERATIONS_PAST_RESET, 'b')), SITES, NO_MATRICES)).toBeUndefined()
    expect(shortenerOf(lifeOf(changes(due, 'b')), SITES, NO_MATRICES)).toBe('b')
    expect(shortenerOf(lifeOf(changes(due, 'gone')), SITES, NO_MATRICES)).toBe('a')
  })
})
