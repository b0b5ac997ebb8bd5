/**
 * The site table: which records and beats are believed. Examples for each refusal, and properties over any order in which
 * records arrive: the highest number of the first key wins, everywhere the same.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareIncarnations, isIncarnation, openIncarnation } from '../../../../src/core/membership/incarnation.ts'
import {
  acceptBeat,
  acceptRecord,
  createSiteTable,
  forgetSite,
  hasLeft,
  MAX_INTRODUCED_SITES,
  MAX_SITES,
  MAX_UNMET_SITES,
  meetSite,
  setOwnRecord,
  siteOfKey,
} from '../../../../src/core/membership/site-table.ts'
import type { Beat, SignedRecord, SiteRecord } from '../../../../src/core/membership/record.ts'
import type { SiteTable } from '../../../../src/core/membership/site-table.ts'

const run = (n: number): string => `${1_700_000_000_000 + n}-00000000000000aa`

function signed(fields: Partial<SiteRecord> = {}): SignedRecord {
  const record: SiteRecord = {
    mesh: 'm',
    site: 'paris',
    peerId: 'key-of-paris',
    addresses: [],
    services: [],
    labels: {},
    version: '1',
    incarnation: run(0),
    number: 1n,
    ...fields,
  }
  const text = JSON.stringify(record, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
  return { record, bytes: new TextEncoder().encode(text) }
}

function beat(fields: Partial<Beat> = {}): Beat {
  return {
    incarnation: run(0),
    number: 1n,
    recordNumber: 1n,
    sentAt: 0,
    intervalMs: 1_000,
    rttMs: {},
    cannotDial: [],
    loadPercent: 0,
    leaves: false,
    ...fields,
  }
}

function table(...records: SignedRecord[]): SiteTable {
  const own = signed({ site: 'home', peerId: 'key-of-home', number: 10n })
  const empty = setOwnRecord(createSiteTable('m', { site: 'home', peerId: 'key-of-home' }), own)
  return records.reduce((state, record) => acceptRecord(state, record).table, empty)
}

const verdictOf = (state: SiteTable, record: SignedRecord) => acceptRecord(state, record).verdict

describe('records', () => {
  test('a new one, a newer one, the same one, an older one', () => {
    const state = table(signed({ number: 5n }))
    expect(verdictOf(table(), signed())).toEqual({ kind: 'new' })
    expect(verdictOf(state, signed({ number: 6n }))).toEqual({ kind: 'newer' })
    expect(verdictOf(state, signed({ number: 5n }))).toEqual({ kind: 'same' })
    expect(verdictOf(state, signed({ number: 4n }))).toEqual({ kind: 'older' })
  })

  test.each([
    ['wrong-mesh', signed({ mesh: 'other' })],
    ['bad-name', signed({ site: 'a/b' })],
    ['name-taken', signed({ peerId: 'thief', number: 99n })],
    ['own-name', signed({ site: 'home', peerId: 'thief', number: 99n })],
    ['key-has-name', signed({ site: 'lyon', number: 99n })],
    ['two-records', signed({ number: 5n, version: '2' })],
  ])('%s is refused and changes nothing', (code, record) => {
    const state = table(signed({ number: 5n }))
    const { table: after, verdict } = acceptRecord(state, record)
    expect(verdict).toMatchObject({ kind: 'refused', code })
    expect(after).toBe(state)
  })

  test('the table has a bound', () => {
    let state = table()
    for (let i = 1; i < MAX_SITES; i++) {
      state = acceptRecord(state, signed({ site: `s${i}`, peerId: `k${i}` })).table
    }
    expect(state.sites.size).toBe(MAX_SITES)
    expect(verdictOf(state, signed({ site: 'more', peerId: 'more' }))).toMatchObject({ code: 'table-full' })
    expect(verdictOf(state, signed({ site: 's1', peerId: 'k1', number: 2n }))).toEqual({ kind: 'newer' })
  })

  test('a higher number of an earlier run is no news', () => {
    const state = table(signed({ incarnation: run(5), number: 5n }))
    expect(verdictOf(state, signed({ incarnation: run(3), number: 9n }))).toEqual({ kind: 'older' })
  })

  test.each([
    ['a higher number', signed({ site: 'home', peerId: 'key-of-home', number: 11n })],
    ['a later run', signed({ site: 'home', peerId: 'key-of-home', number: 3n, incarnation: run(7) })],
    ['other content', signed({ site: 'home', peerId: 'key-of-home', number: 10n, version: '7' })],
  ])('an own record that this run did not make, with %s, asks for another above it', (_what, record) => {
    expect(verdictOf(table(), record)).toMatchObject({ kind: 'own-ahead', number: record.record.number })
  })

  test('in whatever order records arrive, the highest number of the first key stays', () => {
    const records = fc.array(
      fc.record({ site: fc.constantFrom('a', 'b'), key: fc.constantFrom('k1', 'k2', 'k3'), number: fc.bigInt(1n, 9n) }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(records, list => {
        let state = table()
        const owners = new Map<string, string>()
        const highest = new Map<string, bigint>()
        for (const { site, key, number } of list) {
          const before = state.sites.get(site)?.signed.record.number ?? 0n
          state = acceptRecord(state, signed({ site, peerId: key, number })).table
          const taken = [...owners].some(([name, owner]) => owner === key && name !== site)
          if (!owners.has(site) && !taken) owners.set(site, key)
          if (owners.get(site) === key && number > (highest.get(site) ?? 0n)) highest.set(site, number)
          expect(state.sites.get(site)?.signed.record.number ?? 0n).toBeGreaterThanOrEqual(before)
        }
        for (const [site, key] of owners) {
          expect(state.sites.get(site)?.signed.record).toMatchObject({ peerId: key, number: highest.get(site) })
          expect(siteOfKey(state, key)).toBe(site)
        }
      }),
    )
  })
})

describe('sites that were not met', () => {
  const introduced = (state: SiteTable, by: string, count: number, prefix = by): SiteTable =>
    Array.from({ length: count }, (_, i) => signed({ site: `${prefix}${i}`, peerId: `key-of-${prefix}${i}` })).reduce(
      (before, record) => acceptRecord(before, record, by).table,
      state,
    )
  const met = (state: SiteTable, site: string) => acceptRecord(state, signed({ site, peerId: `key-of-${site}` }))
  const full = (): SiteTable => {
    let state = table()
    for (let i = 0; state.sites.size + MAX_UNMET_SITES < MAX_SITES; i++) state = met(state, `met${i}`).table
    for (const by of ['x', 'y', 'z']) state = introduced(state, by, MAX_INTRODUCED_SITES)
    expect(state.sites.size).toBe(MAX_SITES)
    return state
  }

  test('are bounded for each who introduces them; meeting one makes room for another', () => {
    const state = introduced(table(), 'x', MAX_INTRODUCED_SITES + 50)
    expect(state.sites.size).toBe(1 + MAX_INTRODUCED_SITES)
    const more = signed({ site: 'more', peerId: 'more' })
    expect(acceptRecord(state, more, 'x').verdict).toMatchObject({ kind: 'refused', code: 'table-full' })
    expect(acceptRecord(state, more, 'y').verdict).toEqual({ kind: 'new' })
    expect(acceptRecord(meetSite(state, 'x7'), more, 'x').verdict).toEqual({ kind: 'new' })
    expect(acceptRecord(state, signed({ site: 'x7', peerId: 'key-of-x7', number: 2n }), 'x').verdict).toEqual({
      kind: 'newer',
    })
  })

  test('are bounded in all, whoever introduces them', () => {
    let state = table()
    for (let i = 0; i < 100; i++) state = introduced(state, `p${i}-`, 20)
    expect(state.sites.size).toBe(1 + MAX_UNMET_SITES)
  })

  test('make room for one that is met: rather one that was never heard than one whose beats come', () => {
    const state = full()
    const heard = acceptBeat(state, 'key-of-x0', beat()).table
    expect(met(state, 'real')).toMatchObject({ verdict: { kind: 'new' }, displaced: ['x0'] })
    expect(met(heard, 'real')).toMatchObject({ verdict: { kind: 'new' }, displaced: ['x1'] })
    const after = met(heard, 'real').table
    expect(after.sites.size).toBe(MAX_SITES)
    expect(after.names.has('key-of-x1')).toBe(false)
    expect(siteOfKey(after, 'key-of-real')).toBe('real')
  })

  test('never displace anybody, and one that was met makes room for nobody', () => {
    let state = full()
    expect(acceptRecord(state, signed({ site: 'more', peerId: 'more' }), 'w').verdict).toMatchObject({
      code: 'table-full',
    })
    for (const site of state.sites.keys()) state = meetSite(state, site)
    expect(met(state, 'real').verdict).toMatchObject({ code: 'table-full' })
  })

  test('have their name until somebody shows another key for it over a connection of its own, unless they were heard', () => {
    const squatted = acceptRecord(table(), signed({ peerId: 'squatter' }), 'x').table
    const real = signed({ peerId: 'key-of-paris' })
    expect(acceptRecord(squatted, real, 'x').verdict).toMatchObject({ code: 'name-taken' })
    const after = acceptRecord(squatted, real)
    expect(after).toMatchObject({ verdict: { kind: 'new' }, displaced: ['paris'] })
    expect(siteOfKey(after.table, 'squatter')).toBeUndefined()
    expect(siteOfKey(after.table, 'key-of-paris')).toBe('paris')
    expect(acceptRecord(acceptBeat(squatted, 'squatter', beat()).table, real).verdict).toMatchObject({
      code: 'name-taken',
    })
    expect(acceptRecord(meetSite(squatted, 'paris'), real).verdict).toMatchObject({ code: 'name-taken' })
  })

  test('a site that is forgotten gives its name and its key back; the own one is never forgotten', () => {
    const state = forgetSite(table(signed()), 'paris')
    expect(state.sites.has('paris')).toBe(false)
    expect(verdictOf(state, signed({ peerId: 'new-key' }))).toEqual({ kind: 'new' })
    expect(verdictOf(state, signed({ site: 'lyon' }))).toEqual({ kind: 'new' })
    expect(forgetSite(state, 'home')).toBe(state)
  })
})

describe('beats', () => {
  const state = table(signed({ number: 5n, incarnation: run(3) }))
  const heard = (beats: readonly Beat[]): SiteTable =>
    beats.reduce((current, one) => acceptBeat(current, 'key-of-paris', one).table, state)

  test('are heard in order, and each only once', () => {
    const after = heard([beat({ incarnation: run(3), number: 7n })])
    const verdict = (number: bigint) =>
      acceptBeat(after, 'key-of-paris', beat({ incarnation: run(3), number, recordNumber: 5n })).verdict
    expect(verdict(8n)).toEqual({ kind: 'heard', site: 'paris', recordMissing: false, restarted: false })
    expect(verdict(7n)).toEqual({ kind: 'replayed', site: 'paris' })
    expect(verdict(6n)).toEqual({ kind: 'replayed', site: 'paris' })
  })

  test('of an earlier run are replays, of a later one a restart whose record is missing', () => {
    const verdict = (incarnation: string) =>
      acceptBeat(heard([beat({ incarnation: run(3), number: 7n })]), 'key-of-paris', beat({ incarnation })).verdict
    expect(verdict(run(2))).toEqual({ kind: 'replayed', site: 'paris' })
    expect(verdict(run(4))).toMatchObject({ kind: 'heard', restarted: true, recordMissing: true })
  })

  test('may say that the agent stops: that holds until a later run is known, by its record or by a beat', () => {
    const left = acceptBeat(table(signed()), 'key-of-paris', beat({ number: 4n, leaves: true })).table
    const isAway = (state: SiteTable): boolean => {
      const entry = state.sites.get('paris')
      return entry !== undefined && hasLeft(entry)
    }
    expect(isAway(left)).toBe(true)
    // The same again, and one that was late.
    for (const number of [4n, 3n]) {
      const { table: then, verdict } = acceptBeat(left, 'key-of-paris', beat({ number, leaves: number === 4n }))
      expect(verdict.kind).toBe('replayed')
      expect(isAway(then)).toBe(true)
    }
    // Another record of the run that has ended.
    expect(isAway(acceptRecord(left, signed({ number: 2n })).table)).toBe(true)
    const returned = acceptRecord(left, signed({ number: 2n, incarnation: run(1) })).table
    expect(isAway(returned)).toBe(false)
    expect(isAway(acceptBeat(left, 'key-of-paris', beat({ incarnation: run(1) })).table)).toBe(false)
    // What the run before has said is worth nothing any more.
    const late = acceptBeat(returned, 'key-of-paris', beat({ number: 5n, leaves: true }))
    expect(late.verdict.kind).toBe('replayed')
    expect(isAway(late.table)).toBe(false)
  })

  test('tell of newer records', () => {
    const { verdict } = acceptBeat(state, 'key-of-paris', beat({ incarnation: run(3), recordNumber: 6n }))
    expect(verdict).toMatchObject({ kind: 'heard', recordMissing: true })
  })

  test('of an unknown key and of the own key change nothing', () => {
    expect(acceptBeat(state, 'stranger', beat()).verdict).toEqual({ kind: 'unknown' })
    expect(acceptBeat(state, 'key-of-home', beat())).toMatchObject({ table: state, verdict: { kind: 'own' } })
  })

  test('no sequence of beats is ever accepted twice', () => {
    const beats = fc.array(fc.record({ run: fc.nat(4), number: fc.bigInt(1n, 5n) }), { maxLength: 60 })
    fc.assert(
      fc.property(beats, list => {
        let current = state
        const accepted = new Set<string>()
        for (const one of list) {
          const event = beat({ incarnation: run(one.run), number: one.number })
          const { table: next, verdict } = acceptBeat(current, 'key-of-paris', event)
          if (verdict.kind === 'heard') {
            const id = `${event.incarnation} ${event.number}`
            expect(accepted.has(id)).toBe(false)
            accepted.add(id)
          }
          current = next
        }
      }),
    )
  })
})

describe('incarnations', () => {
  const incarnation = fc
    .tuple(fc.nat(2 ** 31), fc.uint8Array({ minLength: 8, maxLength: 8 }))
    .map(([startedAt, random]) => openIncarnation(startedAt, random))

  test('are ordered totally', () => {
    fc.assert(
      fc.property(incarnation, incarnation, incarnation, (a, b, c) => {
        expect(isIncarnation(a)).toBe(true)
        expect(Math.sign(compareIncarnations(a, b))).toBe(-Math.sign(compareIncarnations(b, a)) + 0)
        expect(compareIncarnations(a, b) === 0).toBe(a === b)
        if (compareIncarnations(a, b) <= 0 && compareIncarnations(b, c) <= 0) {
          expect(compareIncarnations(a, c)).toBeLessThanOrEqual(0)
        }
      }),
    )
  })

  test('a new one is above any that is known, whatever the clock says', () => {
    fc.assert(
      fc.property(incarnation, fc.nat(2 ** 31), fc.uint8Array({ minLength: 8, maxLength: 8 }), (above, now, random) => {
        expect(compareIncarnations(openIncarnation(now, random, above), above)).toBeGreaterThan(0)
      }),
    )
  })

  test.each([
    '',
    '1-',
    '1-00',
    '01-00000000000000aa',
    '1-00000000000000AA',
    '-1-00000000000000aa',
    '1-00000000000000aa ',
  ])('%j is none', text => {
    expect(isIncarnation(text)).toBe(false)
  })
})
