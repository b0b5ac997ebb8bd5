/** Bounds of looking for what is not here: what is asked of the mesh, how often, and of whom. Sites and the mesh answer as the test says. */
import { expect, test } from 'vitest'
import { loadGlue } from '../../../src/glue/index.ts'
import type { LookupPolicy } from '../../../src/config.ts'
import { CheopsError } from '../../../src/errors.ts'
import type { Exchange, RelayResult } from '../../../src/ports/exchange.ts'
import type { Membership } from '../../../src/ports/membership.ts'
import { MAX_BUCKETS_ASKED, ReplicantLookup } from '../../../src/runtime/replicant-lookup.ts'

const glue = await loadGlue('rest')
/** What a site's application answers; with a code, its agent. */
interface Answered {
  readonly status: number
  readonly code: string | undefined
}

const exchange = (path: string, method = 'GET', rawHeaders: readonly string[] = [], client = '192.0.2.1') =>
  ({
    head: { method, target: path, rawHeaders },
    path,
    service: 'inventory',
    client,
    hasBody: false,
  }) as unknown as Exchange
const NOT_HERE = { kind: 'declined', status: 404 } as const
const FOUND = { kind: 'answered', status: 200, complete: true } as const

/** What a test sets. */
interface Setting {
  readonly found: readonly string[]
  /** Who tells in which buckets it has names; and who has, or had, told this one. */
  readonly telling: readonly string[]
  readonly told: readonly string[]
  readonly services: readonly string[]
  readonly down: readonly string[]
  readonly isKnown: boolean
  /** Who has what this site's application has lost. */
  readonly lostAt: readonly string[]
  readonly policy: LookupPolicy
}

function lookupWith({
  found = ['site2'],
  telling = [],
  told = [],
  services = ['inventory'],
  down = [],
  isKnown = false,
  lostAt = [],
  policy = 'anonymous',
}: Partial<Setting> = {}) {
  const asked: number[] = []
  const heard: number[] = []
  const dropped = new Set<string>()
  /** Headers of answers that no client gets. */
  const kept = new Set<string>()
  let now = 0
  const sites = ['site1', 'site2', 'site3'].map(name => ({
    name,
    peerId: `peer of ${name}`,
    liveness: down.includes(name) ? 'down' : 'alive',
    services,
  }))
  const membership = {
    self: 'site1',
    sites: () => sites,
    site: (name: string) => sites.find(site => site.name === name),
    catalog: () => ({ self: 'site1', sites }),
  } as unknown as Membership
  const lookup = new ReplicantLookup({
    membership,
    heard: {
      holders: bucket => {
        heard.push(bucket)
        return told
      },
      isTelling: site => telling.includes(site),
    },
    buckets: {
      find: async bucket => {
        asked.push(bucket)
        return found.map(name => `peer of ${name}`)
      },
    },
    isKnown: async () => isKnown,
    lostAt: async () => lostAt,
    glue: () => glue,
    lookupOf: () => policy,
    now: () => now,
  })
  const pass = (ms: number): void => void (now += ms)
  const read = async (
    path: string,
    there: Record<string, RelayResult | Answered> = { site2: FOUND },
    here: RelayResult = NOT_HERE,
    rawHeaders: readonly string[] = [],
    client?: string,
  ) => {
    const tried: string[] = []
    const answer = await lookup.read(
      exchange(path, 'GET', rawHeaders, client),
      // As an exchange does: what is accepted is passed on, and the client has its answer.
      async accept =>
        here.kind === 'declined' && accept?.({ status: here.status, reason: '', rawHeaders: [] }) !== false
          ? { kind: 'answered', status: here.status, complete: true }
          : here,
      async (site, { accept, dropHeaders, dropAnswerHeaders = [] }) => {
        tried.push(site)
        for (const name of dropAnswerHeaders) kept.add(name)
        for (const name of dropHeaders) dropped.add(name)
        const answer = there[site] ?? NOT_HERE
        if ('kind' in answer) return answer
        const { status, code } = answer
        const isTaken =
          accept?.({ status, reason: '', rawHeaders: code === undefined ? [] : ['Cheops-Error', code] }) !== false
        return isTaken ? FOUND : NOT_HERE
      },
    )
    return { answer, tried }
  }
  return { lookup, asked, heard, dropped, kept, pass, read }
}

test('what is here, is known here, is no single resource or is nowhere else is not looked for', async () => {
  const { asked, read } = lookupWith()
  expect((await read('/items/x', {}, FOUND)).answer).toEqual({ result: FOUND, site: 'site1' })
  const [ownAnswer, site] = [{ kind: 'answered', status: 404, complete: true }, 'site1']
  expect((await read('/items')).answer).toEqual({ result: ownAnswer, site })
  expect(asked).toEqual([])
  const known = lookupWith({ isKnown: true })
  expect(await known.read('/items/x')).toEqual({ answer: undefined, tried: [] })
  const alone = lookupWith({ services: [] })
  expect(await alone.read('/items/x')).toEqual({ answer: undefined, tried: [] })
  expect([...known.asked, ...alone.asked]).toEqual([])
})

test('what is known here and lost is asked of those that have it, the mesh aside', async () => {
  const { asked, read } = lookupWith({ isKnown: true, lostAt: ['site2', 'site3'], down: ['site2'] })
  expect(await read('/items/x', { site3: FOUND })).toEqual({
    answer: { result: FOUND, site: 'site3' },
    tried: ['site3'],
  })
  expect(asked).toEqual([])
})

test.each([
  { what: 'is down', down: ['site2'], lostAt: ['site2'] },
  { what: 'is no site of the mesh any more', down: [], lostAt: ['site9'] },
])(
  'what is lost here is not taken for what does not exist, where the one that has it $what',
  async ({ down, lostAt }) => {
    const { read } = lookupWith({ isKnown: true, lostAt, down })
    await expect(read('/items/x')).rejects.toMatchObject({ code: 'ERR_LOOKUP_INCOMPLETE' })
  },
)

test('what is lost here and at another member is asked of the third', async () => {
  const { read } = lookupWith({ isKnown: true, lostAt: ['site2', 'site3'] })
  const lostToo = { site2: { status: 404, code: undefined }, site3: FOUND }
  expect(await read('/items/x', lostToo)).toEqual({
    answer: { result: FOUND, site: 'site3' },
    tried: ['site2', 'site3'],
  })
  const lostByAll = { site2: { status: 404, code: undefined }, site3: { status: 404, code: undefined } }
  expect(await read('/items/x', lostByAll)).toEqual({ answer: undefined, tried: ['site2', 'site3'] })
})

test('what is lost here, and was deleted everywhere else meanwhile, does not exist', async () => {
  const { read } = lookupWith({ isKnown: true, lostAt: ['site2', 'site3'] })
  expect(await read('/items/x', {})).toEqual({ answer: undefined, tried: ['site2', 'site3'] })
})

test('who has announced it is asked, one after the other', async () => {
  const { read } = lookupWith({ found: ['site2', 'site3', 'stranger'] })
  expect(await read('/items/x', { site3: FOUND })).toEqual({
    answer: { result: FOUND, site: 'site3' },
    tried: ['site2', 'site3'],
  })
  expect(await read('/items/x', {})).toEqual({ answer: undefined, tried: ['site2', 'site3'] })
})

const unreachable = { kind: 'failed', error: new CheopsError('ERR_SITE_UNREACHABLE', 'away') } as const
const incomplete = (...sites: string[]) =>
  expect.objectContaining({ code: 'ERR_LOOKUP_INCOMPLETE', meta: { sites } }) as Error

test('where all tell what they have the mesh is not asked; what one that tells nothing has told before counts', async () => {
  const all = lookupWith({ telling: ['site2', 'site3'], told: ['site3'], found: ['site2'] })
  expect(await all.read('/items/x', { site3: FOUND })).toEqual({
    answer: { result: FOUND, site: 'site3' },
    tried: ['site3'],
  })
  const none = lookupWith({ telling: ['site2', 'site3'] })
  expect(await none.read('/items/x')).toEqual({ answer: undefined, tried: [] })
  expect([all.asked, none.asked]).toEqual([[], []])
  expect(new Set([...all.heard, ...none.heard]).size).toBe(1)
  const some = lookupWith({ telling: ['site3'], told: ['site2'], found: [], down: ['site2'] })
  expect((await some.read('/items/x')).tried).toEqual(['site3'])
  expect(some.asked).toEqual(some.heard)
  const silent = lookupWith({ telling: [], told: ['site2', 'site3'], found: [], down: ['site2', 'site3'] })
  await expect(silent.read('/items/x')).rejects.toThrow(incomplete('site2', 'site3'))
})

test('what two share may be at those that cannot be asked; what one may have, and no other knows, is nowhere', async () => {
  const both = lookupWith({ found: ['site2', 'site3'] })
  expect((await both.read('/items/x', { site2: unreachable, site3: FOUND })).answer?.site).toBe('site3')
  await expect(both.read('/items/x', { site2: unreachable, site3: unreachable })).rejects.toThrow(
    incomplete('site2', 'site3'),
  )
  expect((await both.read('/items/x', { site2: unreachable })).answer).toBeUndefined()
  const down = lookupWith({ down: ['site2'] })
  expect(await down.read('/items/x')).toEqual({ answer: undefined, tried: ['site3'] })
  const allDown = lookupWith({ found: ['site2', 'site3'], down: ['site2', 'site3'] })
  await expect(allDown.read('/items/x')).rejects.toThrow(incomplete('site2', 'site3'))
  const otherDown = lookupWith({ down: ['site2', 'site3'] })
  await expect(otherDown.read('/items/x')).rejects.toThrow(incomplete('site2'))
})

test('who tells this site nothing may know it', async () => {
  const { read } = lookupWith({ down: ['site2'] })
  const closed = { status: 403, code: 'ERR_FORWARD_NOT_EXPOSED' }
  await expect(read('/items/x', { site3: closed })).rejects.toThrow(incomplete('site2'))
})

test('nothing that says who reads leaves the site, unless the service says so', async () => {
  const rawHeaders = [
    'Authorization',
    'Bearer s',
    'Cookie',
    'a=b',
    'X-Api-Key',
    'k',
    'Accept',
    'application/json',
    'baggage',
    'user=1',
  ]
  const { read, dropped } = lookupWith()
  await read('/items/x', { site2: FOUND }, NOT_HERE, rawHeaders)
  for (const name of ['authorization', 'cookie', 'x-api-key', 'baggage']) expect([...dropped], name).toContain(name)
  expect([...dropped]).not.toContain('accept')
  expect(await read('/items/x?api_key=s', { site2: FOUND })).toEqual({ answer: undefined, tried: [] })
  expect((await read('/items/x?fields=n', { site2: FOUND })).tried).toEqual(['site2'])
  const open = lookupWith({ policy: 'credentials' })
  expect((await open.read('/items/x?accessToken=s', { site2: FOUND }, NOT_HERE, rawHeaders)).tried).toEqual(['site2'])
  expect([...open.dropped]).not.toContain('authorization')
  expect(await lookupWith({ policy: 'never' }).read('/items/x')).toEqual({ answer: undefined, tried: [] })
})

test('what is shown only to who says who he is, is neither missing nor answered with what nobody was asked for', async () => {
  for (const status of [401, 403]) {
    const refused = { status, code: undefined }
    await expect(lookupWith().read('/items/x', { site2: refused })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_LOOKUP_CREDENTIALS', meta: { sites: ['site2'] } }) as Error,
    )
    const own = await lookupWith({ policy: 'credentials' }).read('/items/x', { site2: refused })
    expect(own.answer?.site).toBe('site2')
  }
})

test('who has it leads nobody elsewhere: a client would follow with its credentials', async () => {
  for (const policy of ['anonymous', 'credentials'] as const)
    for (const status of [301, 302, 303, 307, 308]) {
      const { read } = lookupWith({ policy })
      await expect(
        read('/items/x', { site2: { status, code: undefined } }),
        `${policy} ${status}`,
      ).rejects.toMatchObject({
        code: 'ERR_LOOKUP_CREDENTIALS',
      })
    }
  const { read, kept } = lookupWith()
  expect((await read('/items/x', { site2: { status: 304, code: undefined } })).answer?.site).toBe('site2')
  for (const name of ['location', 'set-cookie', 'refresh']) expect([...kept], name).toContain(name)
})

test('the mesh is asked once in a while for one name, and for so many at a time, of which one client cannot take all', async () => {
  const { asked, pass, read } = lookupWith({ found: [] })
  for (let n = 0; n < 5; n++) await read('/items/x')
  expect(asked).toHaveLength(1)
  pass(3_000)
  await read('/items/x')
  expect(asked).toHaveLength(2)
  pass(3_000)
  /** Reads what nobody has until no more is asked for this client; how often the mesh was asked for it. */
  const readAll = async (client: string): Promise<number> => {
    const before = asked.length
    const many = async (): Promise<void> => {
      for (let n = 0; n < 10 * MAX_BUCKETS_ASKED; n++) await read(`/items/${client}-${n}`, {}, NOT_HERE, [], client)
    }
    await expect(many(), client).rejects.toMatchObject({ code: 'ERR_SITE_BUSY' })
    return asked.length - before
  }
  const shares: number[] = []
  for (const client of ['greedy', 'second', 'third', 'fourth']) shares.push(await readAll(client))
  const free = [2, 4, 8, 16].map(part => MAX_BUCKETS_ASKED / part)
  expect(shares, 'half of what is free each time').toEqual(free)
  // What was asked for another client is known to all; each has its share anew when that is forgotten.
  expect((await read('/items/greedy-0', {}, NOT_HERE, [], 'fourth')).answer).toBeUndefined()
  expect(asked.length - 2).toBeLessThanOrEqual(MAX_BUCKETS_ASKED)
  pass(3_000)
  expect(await readAll('fourth')).toBe(shares[0])
})
