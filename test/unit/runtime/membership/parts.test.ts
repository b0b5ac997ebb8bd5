/**
 * Parts of the membership that can be seen by themselves: which of several connections is used, how attempts are spaced,
 * the own record's numbers, what an operator is told. How they work together is shown by the simulation.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHeartbeatCodec } from '../../../../protocols/heartbeat/codec.ts'
import { compareIncarnations } from '../../../../src/core/membership/incarnation.ts'
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS, nextAttemptInMs } from '../../../../src/runtime/membership/backoff.ts'
import { chooseConnection, SAME_TIME_MS } from '../../../../src/runtime/membership/connection-choice.ts'
import { Lifetime } from '../../../../src/runtime/membership/lifetime.ts'
import { Links } from '../../../../src/runtime/membership/links.ts'
import { OwnRecord } from '../../../../src/runtime/membership/own-record.ts'
import { Problems } from '../../../../src/runtime/membership/problems.ts'
import { SeededRandom } from '../../../../sims/world/seeded-random.ts'
import { VirtualKeys } from '../../../../sims/world/virtual-keys.ts'
import { VirtualTime } from '../../../../sims/world/virtual-time.ts'
import type { SiteRecord } from '../../../../src/core/membership/record.ts'
import type { Clock } from '../../../../src/ports/clock.ts'
import type { PeerConnection } from '../../../../src/ports/peer-network.ts'
import type { OpenedConnection } from '../../../../src/runtime/membership/connection-choice.ts'

describe('the connection that is used', () => {
  const opened = fc.record({
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    relayed: fc.boolean(),
    openedAt: fc.integer({ min: 0, max: 5_000 }),
  })
  const seenBy = (
    self: string,
    peerId: string,
    list: readonly { direction: string; relayed: boolean; openedAt: number }[],
  ) =>
    list.map(({ direction, relayed, openedAt }, i): OpenedConnection => ({
      openedAt,
      connection: {
        id: String(i),
        peerId,
        relayed,
        address: '',
        direction: (direction === 'outbound') === (self === 'a') ? 'outbound' : 'inbound',
      },
    }))

  test('is the same at both ends when each side dialled once, at about the same time', () => {
    fc.assert(
      fc.property(opened, opened, (first, second) => {
        const list = [
          { ...first, direction: 'outbound' },
          { ...second, direction: 'inbound' },
        ]
        const atA = chooseConnection('a', seenBy('a', 'b', list))
        const atB = chooseConnection('b', seenBy('b', 'a', list))
        expect(atA?.connection.id).toBe(atB?.connection.id)
      }),
    )
  })

  test('is direct rather than relayed, and a much newer one rather than an old one', () => {
    const [old, relayed, newer] = seenBy('a', 'b', [
      { direction: 'outbound', relayed: false, openedAt: 0 },
      { direction: 'outbound', relayed: true, openedAt: 90_000 },
      { direction: 'inbound', relayed: false, openedAt: SAME_TIME_MS + 1 },
    ])
    if (old === undefined || relayed === undefined || newer === undefined) throw new Error('three were made')
    expect(chooseConnection('a', [old, relayed])).toBe(old)
    expect(chooseConnection('a', [old, newer])).toBe(newer)
    expect(chooseConnection('a', [])).toBeUndefined()
  })

  test('is one that was greeted and that answers, if there is any', () => {
    const links = new Links('a')
    const connection = (id: string): PeerConnection => ({
      id,
      peerId: 'b',
      direction: 'outbound',
      relayed: false,
      address: '',
    })
    const [one, two] = [links.open(connection('1'), 0), links.open(connection('2'), 60_000)]
    expect(links.best('b')).toBeUndefined()
    one.greeted = true
    expect(links.best('b')).toBe(one)
    two.greeted = true
    expect(links.best('b')).toBe(two)
    two.failing = true
    expect(links.best('b')).toBe(one)
    one.failing = true
    expect(links.best('b')).toBe(two)
    expect(links.closed(two.connection)).toBe(false)
    expect(links.closed(one.connection)).toBe(true)
    expect(links.closed(one.connection)).toBe(false)
  })
})

test('attempts come less and less often, never later than the cap, and never in step', () => {
  const random = new SeededRandom(1)
  fc.assert(
    fc.property(fc.nat(1_000), failures => {
      const delay = nextAttemptInMs(failures, random)
      expect(delay).toBeLessThanOrEqual(BACKOFF_CAP_MS)
      expect(delay).toBeGreaterThanOrEqual(BACKOFF_BASE_MS / 2)
    }),
  )
  expect(new Set(Array.from({ length: 20 }, () => nextAttemptInMs(9, random))).size).toBe(20)
})

describe('the own record', () => {
  const codec = createHeartbeatCodec(new VirtualKeys().make('key', 1n))
  const description = { mesh: 'm', site: 's', peerId: 'key', labels: {}, version: '1' }
  const clockAt = (now: number): Clock => ({
    now: () => now,
    monotonic: () => 0,
    after: () => ({ cancel: () => undefined }),
  })

  test('is made only when there is something new to say', () => {
    const own = new OwnRecord(description, undefined, codec, clockAt(1_000), new SeededRandom(1))
    const first = own.next(['/ip4/1.2.3.4/tcp/1'], [])
    expect(first?.record).toMatchObject({ number: 1_000n })
    expect(own.next(['/ip4/1.2.3.4/tcp/1'], [])).toBeUndefined()
    expect(own.next(['/ip4/1.2.3.4/tcp/2'], [])?.record.number).toBe(1_001n)
    expect(own.next(['/ip4/1.2.3.4/tcp/2'], [{ name: 'a', application: 'b' }])?.record.number).toBe(1_002n)
  })

  test('has numbers and incarnations that only grow, whatever the clock, the store and the mesh say', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('restart' as const), now: fc.nat(2 ** 31), loseStore: fc.boolean() }),
      fc.record({ kind: fc.constant('change' as const), port: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant('ahead' as const), by: fc.nat(1_000) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const random = new SeededRandom(2)
        let own = new OwnRecord(description, undefined, codec, clockAt(1_000), random)
        let last: SiteRecord | undefined
        for (const one of steps) {
          if (one.kind === 'restart') own = new OwnRecord(description, last, codec, clockAt(one.now), random)
          if (one.kind === 'ahead' && last !== undefined) {
            own.raiseAbove(
              last.number + BigInt(one.by),
              `${Number(last.incarnation.split('-')[0]) + one.by}-ffffffffffffffff`,
            )
          }
          const next = own.next([`/ip4/1.2.3.4/tcp/${one.kind === 'change' ? one.port : 1}`], [])?.record
          if (next === undefined) continue
          if (last !== undefined) {
            expect(next.number).toBeGreaterThan(last.number)
            expect(compareIncarnations(next.incarnation, last.incarnation)).toBeGreaterThanOrEqual(0)
            if (one.kind === 'restart') expect(next.incarnation).not.toBe(last.incarnation)
          }
          last = next
        }
      }),
    )
  })
})

test('problems are told once each, end, and are bounded', () => {
  const problems = new Problems()
  problems.report('name-taken', 'paris', 'first', 1)
  problems.report('name-taken', 'paris', 'second', 2)
  expect(problems.list(1_000)).toMatchObject([
    { id: 'name-taken', subject: 'paris', detail: 'second', since: 1, seenAt: 2 },
  ])
  expect(problems.list(1_000)[0]?.hint).not.toBe('')
  problems.clear('name-taken', 'paris')
  expect(problems.list(1_000)).toEqual([])
  for (let i = 0; i < 1_000; i++) problems.report('bad-record', `s${i}`, '', i)
  expect(problems.list(1_000).length).toBe(256)
  expect(problems.list(1_000).at(-1)?.subject).toBe('s999')
})

test('the end of a lifetime cancels its timers, waits for its work and takes no more', async () => {
  const time = new VirtualTime()
  const clock: Clock = { now: () => time.now, monotonic: () => time.now, after: (ms, fn) => time.after(ms, fn) }
  const errors: unknown[] = []
  const life = new Lifetime(clock, error => errors.push(error))
  const done: string[] = []
  life.after(100, () => done.push('timer'))
  life.after(10, () => done.push('early timer'))
  life.run(() => Promise.reject(new Error('failed')))
  await time.run(50)
  const work = Promise.withResolvers<void>()
  life.run(() => work.promise)
  const ended = life.end().then(() => done.push('ended'))
  life.after(1, () => done.push('late timer'))
  life.run(() => Promise.resolve(void done.push('late work')))
  await time.run(500)
  expect(done).toEqual(['early timer'])
  work.resolve()
  await ended
  expect(done).toEqual(['early timer', 'ended'])
  expect(errors).toHaveLength(1)
})
