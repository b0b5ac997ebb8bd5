/**
 * Bounds of reads under `&`, with members that answer as the test says: what is too large or too slow streams or is named, what members
 * may say together has a bound, and so has what one agent compares at a time. The document of all answers, as absolute examples.
 */
import { describe, expect, test } from 'vitest'
import { loadGlue } from '../../../src/glue/index.ts'
import { checkDefinition } from '../../../src/glue/check.ts'
import type { GlueDefinition } from '../../../src/glue/definition.ts'
import { interpret } from '../../../src/glue/interpreter.ts'
import { headerValue } from '../../../src/core/resource/http-head.ts'
import { CheopsError } from '../../../src/errors.ts'
import type { ApplicationAnswer } from '../../../src/ports/application.ts'
import type { Exchange } from '../../../src/ports/exchange.ts'
import type { Glue } from '../../../src/ports/glue.ts'
import type { Membership } from '../../../src/ports/membership.ts'
import { ClientContexts } from '../../../src/runtime/client-contexts.ts'
import {
  MAX_COMPARED_BYTES,
  MAX_COMPARED_BYTES_TOGETHER,
  MAX_COMPARED_TOGETHER,
  MEMBER_ANSWER_MS,
  MemberReads,
  OWN_ANSWER_MS,
} from '../../../src/runtime/member-reads.ts'
import { acceptOfParts, multiBody, wantsMulti } from '../../../src/runtime/multi-answer.ts'
import type { Asked, Parts } from '../../../src/runtime/parts.ts'
import type { Fields } from '../../../src/runtime/replication/drift/written-fields.ts'
import { MAX_ITEMS_LOOKED_UP, type WrittenReplicas } from '../../../src/runtime/written-comparison.ts'

const glue = await loadGlue('rest')
const CONTEXT = { scope: '{inventory: here & there}', hops: 1 }
const exchange = (path: string, rawHeaders: readonly string[] = []) =>
  ({
    head: { method: 'GET', target: path, rawHeaders },
    path,
    service: 'inventory',
    hasBody: false,
    links: () => undefined,
  }) as unknown as Exchange
const answer = (status: number, body: unknown, more: Partial<ApplicationAnswer> = {}): ApplicationAnswer => ({
  status,
  reason: '',
  rawHeaders: ['Content-Type', 'application/json'],
  body: new TextEncoder().encode(JSON.stringify(body)),
  isComplete: true,
  ...more,
})

/** Reads at the site `here`. */
function readsWith(
  ask: (site: string, asked: Asked) => Promise<ApplicationAnswer>,
  down: readonly string[] = [],
  replicas: WrittenReplicas = { written: async () => undefined },
  driver: Glue = glue,
) {
  const membership = {
    self: 'here',
    site: (name: string) => ({ liveness: down.includes(name) ? 'down' : 'alive', rttMs: 1 }),
  } as unknown as Membership
  const replication = { settled: async () => 'settled' as const, seen: async () => [] }
  const contexts = new ClientContexts({ site: 'here', replication, glue: () => driver })
  const parts = { ask: (_: unknown, site: string, __: unknown, asked: Asked) => ask(site, asked) } as unknown as Parts
  return new MemberReads({ membership, parts, contexts, replicas, glue: () => driver })
}
interface JsonPage {
  readonly items: readonly unknown[]
  readonly next?: string
}

const MEMBERS = ['here', 'there']
const tooLarge = () => Promise.reject(new CheopsError('ERR_APPLICATION_ANSWER_TOO_LARGE', 'too large'))

test('what is too large here streams; what is too large there is named', async () => {
  const large = readsWith(async site => (site === 'here' ? tooLarge() : answer(200, {})))
  const streamed = { is: 'stream', answerHeaders: ['Cheops-Sites', 'here;s=unread, there;s=unread'] }
  expect(await large.read(exchange('/items/x'), MEMBERS, CONTEXT)).toEqual(streamed)
  const slow = readsWith(() => Promise.reject(new CheopsError('ERR_APPLICATION_TIMEOUT', 'too slow')))
  expect(await slow.read(exchange('/items/x'), MEMBERS, CONTEXT)).toEqual(streamed)

  const other = await readsWith(async site => (site === 'there' ? tooLarge() : answer(200, { id: 'x' }))).read(
    exchange('/items/x'),
    MEMBERS,
    CONTEXT,
  )
  const rawHeaders = expect.arrayContaining(['here;s=agrees;c=200, there;s=unread;e=ERR_APPLICATION_ANSWER_TOO_LARGE'])
  expect(other).toMatchObject({ is: 'answer', answer: { status: 200, rawHeaders } })
})

test.each([
  ['/items?watch=true', []],
  ['/items/x?a=1&follow', []],
  ['/items?wait=true&waitIndex=7', []],
  ['/items?feed=continuous', []],
  ['/items', ['Accept', 'application/json', 'Accept', 'text/event-stream']],
])(
  '%s with %j goes on for as long as something changes: this site streams, and nobody is asked',
  async (path, headers) => {
    const nobody = readsWith(site => Promise.reject(new Error(`${site} was asked`)))
    const streamed = { is: 'stream', answerHeaders: ['Cheops-Sites', 'here;s=unread, there;s=unread'] }
    expect(await nobody.read(exchange(path, headers), MEMBERS, CONTEXT)).toEqual(streamed)
  },
)

test.each([
  '/items?watch=false',
  '/items?wait=30',
  '/items?wait=1',
  '/items?feed=normal',
  '/items?follow=redirects',
  '/watch/x',
])('%s is a read like any other', async path => {
  const all = readsWith(async () => answer(200, []))
  expect(await all.read(exchange(path), MEMBERS, CONTEXT)).toMatchObject({ is: 'answer' })
})

test('who asks for all members is not streamed what one of them has, whatever the query says', async () => {
  const reads = readsWith(async () => answer(200, { id: 'x' }), ['there'])
  const asked = exchange('/items/x?watch=1', ['Cheops-Require', 'all'])
  await expect(reads.read(asked, MEMBERS, CONTEXT)).rejects.toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
})

test.each([
  ['/items/x', 403, 'failed', '299 cheops "without there, whose application answers 403"'],
  ['/items/x', 500, 'failed', '299 cheops "without there, whose application answers 500"'],
  ['/items', 401, 'failed', '299 cheops "without there, whose application answers 401"'],
  ['/items/x', 404, 'differs', '299 cheops "there shows something else"'],
])('of %s a member that answers %i is %s', async (path, status, state, warning) => {
  const reads = readsWith(async site => (site === 'here' ? answer(200, [{ id: 'x' }]) : answer(status, { error: 1 })))
  const read = await reads.read(exchange(path), MEMBERS, CONTEXT)
  const { rawHeaders } = (read as Extract<typeof read, { is: 'answer' }>).answer
  expect(headerValue(rawHeaders, 'cheops-sites')).toContain(`there;s=${state};c=${String(status)}`)
  expect(headerValue(rawHeaders, 'warning')).toBe(warning)
  expect(headerValue(rawHeaders, 'cheops-partial')).toBe(state === 'failed' ? 'there' : undefined)
})

test('what no member lets its client see is the same at all', async () => {
  const read = await readsWith(async () => answer(403, { error: 1 })).read(exchange('/items/x'), MEMBERS, CONTEXT)
  const rawHeaders = expect.arrayContaining(['here;s=agrees;c=403, there;s=agrees;c=403'])
  expect(read).toMatchObject({ is: 'answer', answer: { status: 403, rawHeaders } })
})

test('all members together have a bound, and a time', async () => {
  const asked: Asked[] = []
  const reads = readsWith(async (_, how) => {
    asked.push(how)
    return answer(200, {})
  })
  await reads.read(
    exchange('/items/x', ['If-None-Match', '"1"', 'Range', 'bytes=0-1', 'Authorization', 'b']),
    MEMBERS,
    CONTEXT,
  )
  expect(asked.map(({ maxAnswerBytes, timeoutMs }) => [maxAnswerBytes, timeoutMs])).toEqual([
    [MAX_COMPARED_BYTES, OWN_ANSWER_MS],
    [MAX_COMPARED_BYTES, MEMBER_ANSWER_MS],
  ])
  // What holds for one site's copy only is not asked of others.
  expect(asked[0]?.rawHeaders).toEqual(['Authorization', 'b', 'Accept', 'application/json'])
  asked.length = 0
  const many = ['here', ...Array.from({ length: 255 }, (_, n) => `s${n}`)]
  await reads.read(exchange('/items/x', ['Prefer', 'wait=2']), many, CONTEXT)
  expect(asked.reduce((sum, { maxAnswerBytes }) => sum + maxAnswerBytes, 0)).toBeLessThanOrEqual(
    MAX_COMPARED_BYTES_TOGETHER,
  )
  expect(asked.at(-1)?.timeoutMs).toBe(2000)
})

test('one that is down is not asked', async () => {
  const asked: string[] = []
  const reads = readsWith(
    async site => {
      asked.push(site)
      return answer(200, [])
    },
    ['there'],
  )
  const read = await reads.read(exchange('/items'), MEMBERS, CONTEXT)
  expect(asked).toEqual(['here'])
  expect(read).toMatchObject({ answer: { rawHeaders: expect.arrayContaining(['Cheops-Partial', 'there']) } })
})

describe('lists of which nobody can tell the items', () => {
  const listsOf = async (
    lists: Readonly<Record<string, unknown>>,
    members = Object.keys(lists),
    rawHeaders: string[] = [],
  ) => {
    const reads = readsWith(async site => answer(200, lists[site]))
    const read = await reads.read(exchange('/items', rawHeaders), members, CONTEXT)
    if (read.is !== 'answer') throw new Error('it streams')
    const header = (name: string) => headerValue(read.answer.rawHeaders, name)
    const shown = JSON.parse(new TextDecoder().decode(read.answer.body)) as unknown
    return { shown, sites: header('cheops-sites'), partial: header('cheops-partial'), warning: header('warning') }
  }
  const [a, b] = [{ a: { n: 1 } }, { b: { n: 2 } }]

  test('are not said to be in the answer, which is one of them', async () => {
    expect(await listsOf({ here: a, there: b, third: a })).toEqual({
      shown: a,
      sites: 'here;s=listed;c=200, there;s=unread;c=200, third;s=agrees;c=200',
      partial: 'there',
      warning: expect.stringMatching(/without what there has: .*list\.items/),
    })
  })

  test('that are the same leave nothing out', async () => {
    const all = { shown: a, sites: 'here;s=listed;c=200, there;s=agrees;c=200' }
    expect(await listsOf({ here: a, there: a })).toEqual({ ...all, partial: undefined, warning: undefined })
  })

  test('beside one that is a list are unread', async () => {
    expect(await listsOf({ here: [], there: b })).toMatchObject({
      shown: [],
      sites: 'here;s=listed;c=200, there;s=unread;c=200',
      partial: 'there',
      warning: expect.stringContaining('list.items'),
    })
  })

  test('stand beside each other where all answers are asked for', async () => {
    const multi = ['Accept', 'application/vnd.cheops.multi+json']
    expect(await listsOf({ here: a, there: b }, ['here', 'there'], multi)).toMatchObject({
      shown: {
        sites: [
          { state: 'listed', body: a },
          { state: 'listed', body: b },
        ],
      },
      partial: undefined,
    })
  })
})

test('who asks for all members is not answered without one that refuses, also with a status of success', async () => {
  const text = `glue: 1
application: a
kinds: {item: {collection: /items, resource: "/items/{id}", create: {method: PUT}, errors: [{at: /ok, is: false, status: 403}]}}`
  const driver = interpret(checkDefinition(text).definition as GlueDefinition)
  const refused = answer(200, { ok: false })
  const refuses = readsWith(async site => (site === 'here' ? answer(200, { id: 'x' }) : refused), [], undefined, driver)
  const all = exchange('/items/x', ['Cheops-Require', 'all'])
  await expect(refuses.read(all, MEMBERS, CONTEXT)).rejects.toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  const read = await refuses.read(exchange('/items/x'), MEMBERS, CONTEXT)
  if (read.is !== 'answer') throw new Error('it streams')
  expect(headerValue(read.answer.rawHeaders, 'cheops-sites')).toBe('here;s=agrees;c=200, there;s=failed;c=200')
  expect(headerValue(read.answer.rawHeaders, 'warning')).toContain('without there, whose application answers 403')
  // Where nobody shows it, that is what all of them show.
  const nobody = readsWith(async () => refused, [], undefined, driver)
  expect(await nobody.read(all, MEMBERS, CONTEXT)).toMatchObject({ is: 'answer' })
})

test('what is shown in a frame is compared without it, and shown with it', async () => {
  const text =
    'glue: 1\napplication: a\nkinds: {item: {collection: /items, resource: "/items/{id}", content: /data, server-set: [/at]}}'
  const driver = interpret(checkDefinition(text).definition as GlueDefinition)
  const shown = (n: number, at: number) => ({ data: { n, at }, meta: { at } })
  const sitesOf = async (there: unknown) => {
    const ask = async (site: string) => answer(200, site === 'here' ? shown(1, 1) : there)
    const read = await readsWith(ask, [], undefined, driver).read(exchange('/items/x'), MEMBERS, CONTEXT)
    if (read.is !== 'answer') throw new Error('it streams')
    expect(JSON.parse(new TextDecoder().decode(read.answer.body))).toEqual(shown(1, 1))
    return headerValue(read.answer.rawHeaders, 'cheops-sites')
  }
  expect(await sitesOf(shown(1, 2))).toBe('here;s=agrees;c=200, there;s=agrees;c=200')
  expect(await sitesOf(shown(2, 2))).toBe('here;s=agrees;c=200, there;s=differs;c=200')
})

test('so many reads are compared at a time; the next one streams', async () => {
  const { promise, resolve } = Promise.withResolvers<ApplicationAnswer>()
  const reads = readsWith(() => promise)
  const underWay = Array.from({ length: MAX_COMPARED_TOGETHER }, () =>
    reads.read(exchange('/items/x'), MEMBERS, CONTEXT),
  )
  expect(await reads.read(exchange('/items/x'), MEMBERS, CONTEXT)).toMatchObject({ is: 'stream' })
  resolve(answer(200, {}))
  expect(await Promise.all(underWay)).toHaveLength(MAX_COMPARED_TOGETHER)
  expect(await reads.read(exchange('/items/x'), MEMBERS, CONTEXT)).toMatchObject({ is: 'answer' })
})

test('what names no resource runs here, and streams', async () => {
  const reads = readsWith(() => Promise.reject(new Error('nobody is to be asked')))
  for (const path of ['/', '/items/x/log'])
    expect(await reads.read(exchange(path), MEMBERS, CONTEXT)).toEqual({ is: 'stream', answerHeaders: [] })
})

test('a required member that is missing refuses the read', async () => {
  const reads = readsWith(async () => answer(200, {}), ['there'])
  const all = exchange('/items/x', ['Cheops-Require', 'all'])
  await expect(reads.read(all, MEMBERS, CONTEXT)).rejects.toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  for (const require of ['one', 'quorum']) {
    const read = reads.read(exchange('/items/x', ['Cheops-Require', require]), ['here', 'there', 'yonder'], CONTEXT)
    expect(await read).toMatchObject({ is: 'answer' })
  }
})

test.each([
  [['Accept', 'application/vnd.cheops.multi+json'], true, 'application/json'],
  [['Accept', 'text/html, Application/vnd.cheops.multi+json;q=1, */*'], true, 'text/html, */*'],
  [['Accept', 'application/json'], false, 'application/json'],
  [[], false, 'application/json'],
])('%j', (rawHeaders, multi, accept) => {
  expect([wantsMulti(rawHeaders), acceptOfParts(rawHeaders)]).toEqual([multi, accept])
})

test('a body stands as JSON, as text or as bytes; of the headers what describes it', () => {
  const part = (site: string, bytes: Uint8Array, type: string) => ({
    site,
    state: 'agrees',
    answer: { status: 200, rawHeaders: ['Content-Type', type, 'Set-Cookie', 'secret=1'], body: bytes },
    error: undefined,
  })
  const text = new TextEncoder()
  const document = multiBody(
    [
      part('a', text.encode('{"n":1}'), 'application/json'),
      part('b', text.encode('héllo'), 'text/plain'),
      part('c', Uint8Array.of(0xff, 0xfe), 'image/png'),
      {
        site: 'd',
        state: 'unreachable',
        answer: undefined,
        error: { code: 'ERR_SITE_UNREACHABLE', message: 'd is down.' },
      },
    ],
    ({ answer: said }) => glue.parseBody(said?.rawHeaders ?? [], said?.body ?? new Uint8Array()),
  )
  expect(JSON.parse(new TextDecoder().decode(document))).toEqual({
    sites: [
      { site: 'a', state: 'agrees', status: 200, headers: { 'content-type': 'application/json' }, body: { n: 1 } },
      { site: 'b', state: 'agrees', status: 200, headers: { 'content-type': 'text/plain' }, text: 'héllo' },
      { site: 'c', state: 'agrees', status: 200, headers: { 'content-type': 'image/png' }, base64: '//4=' },
      { site: 'd', state: 'unreachable', error: { code: 'ERR_SITE_UNREACHABLE', detail: 'd is down.' } },
    ],
  })
})

/** As members of a mesh whose applications set fields by themselves; of `written` operations have set `n` and the name. */
describe('what each application sets by itself', () => {
  const written: Fields = {
    members: new Map([
      ['id', 'all'],
      ['n', 'all'],
    ] as const),
  }
  const asked: string[] = []
  const replicas = {
    written: async ({ name }: { readonly name: string }) => {
      asked.push(name)
      return name.startsWith('replicated') ? written : undefined
    },
  }
  const read = async (path: string, shown: Readonly<Record<string, unknown>>) => {
    asked.length = 0
    const found = await readsWith(async site => answer(200, shown[site]), [], replicas).read(
      exchange(path),
      MEMBERS,
      CONTEXT,
    )
    if (found.is !== 'answer') throw new Error('it streams')
    return found.answer
  }
  const states = (rawHeaders: readonly string[]) => headerValue(rawHeaders, 'cheops-sites')?.match(/\w+;s=\w+/g)

  test.each([
    ['replicated', 1, 'agrees', ['replicated']],
    ['replicated', 2, 'differs', ['replicated']],
    ['another', 1, 'differs', ['another']],
  ])('%s with n: %i there %s', async (name, n, state, lookedUp) => {
    const { rawHeaders } = await read(`/items/${name}`, {
      here: { id: name, n: 1, firstSeen: 'a', by: 'here' },
      there: { id: name, n, firstSeen: 'b', by: 'there' },
    })
    expect(states(rawHeaders)).toEqual(['here;s=agrees', `there;s=${state}`])
    expect(asked).toEqual(lookedUp)
  })

  test('is no reason to list an item twice, where it is replicated here', async () => {
    const items = (by: string, n: number) => [
      { id: 'replicated', n: 1, by },
      { id: 'replicated-too', n, by },
      { id: 'replicated-same', n: 1 },
      { id: 'another', n: 1, by },
      // A summary of what was not set.
      { id: 'replicated-short', by },
    ]
    const { body } = await read('/items?limit=9', {
      here: { items: items('here', 1) },
      there: { items: items('there', 2) },
    })
    const listed = (
      JSON.parse(new TextDecoder().decode(body)) as { items: { id: string; cheops: { sites: string[] } }[] }
    ).items
    expect(listed.map(({ id, cheops }) => [id, ...cheops.sites].join(' ')).toSorted()).toEqual([
      'another here',
      'another there',
      'replicated here there',
      'replicated-same here there',
      'replicated-short here',
      'replicated-short there',
      'replicated-too here',
      'replicated-too there',
    ])
    // What is the same everywhere is not looked up.
    expect(asked.toSorted()).toEqual(['another', 'replicated', 'replicated-short', 'replicated-too'])
  })

  test('is looked up for so many items of a list', async () => {
    const items = (by: string) =>
      Array.from({ length: MAX_ITEMS_LOOKED_UP + 10 }, (_, n) => ({ id: `replicated${n}`, n, by }))
    const { body } = await read('/items', { here: items('here'), there: items('there') })
    expect(asked).toHaveLength(MAX_ITEMS_LOOKED_UP)
    expect(JSON.parse(new TextDecoder().decode(body))).toHaveLength(MAX_ITEMS_LOOKED_UP + 20)
  })
})

/** With a definition that says where a list goes on, of members that give three items a page. */
describe('lists in pages', () => {
  const paged = interpret({
    glue: 1,
    application: 'paged',
    kinds: {
      item: { collection: '/items', resource: '/items/{id}', list: { items: '/items', next: '/next', token: 'after' } },
    },
  })
  const asked: string[] = []
  const page = (site: string, path: string, items: readonly number[]) => {
    asked.push(`${site} ${path}`)
    const from = Number(new URL(path, 'http://a').searchParams.get('after')?.split('-')[1] ?? 0)
    const rest = items.slice(from)
    return answer(200, {
      items: rest.slice(0, 3).map(n => ({ id: n })),
      next: rest.length > 3 ? `${site}-${from + 3}` : null,
    })
  }
  /** All pages, as a client reads them. */
  async function pages(ask: (site: string, path: string, turn: number) => Promise<ApplicationAnswer>) {
    asked.length = 0
    const found: number[] = []
    let [path, turn] = ['/items?limit=3', 0]
    for (; turn < 9; turn++) {
      const reads = readsWith((site, { instead }) => ask(site, instead?.path ?? path, turn), [], undefined, paged)
      const read = await reads.read(exchange(path), MEMBERS, CONTEXT)
      if (read.is !== 'answer') throw new Error('it streams')
      const { items, next } = JSON.parse(new TextDecoder().decode(read.answer.body)) as {
        items: { id: number }[]
        next: string | null
      }
      found.push(...items.map(({ id }) => id))
      // As the applications say it.
      if (next === null) return found.toSorted((a, b) => a - b)
      path = `/items?limit=3&after=${encodeURIComponent(next)}`
    }
    throw new Error('it does not end')
  }

  test('each site goes on where it has stopped, and is not asked again when it has ended', async () => {
    const items = { here: [1, 2, 3, 4], there: [11, 12, 13, 14, 15, 16, 17] }
    const found = await pages(async (site, path) => page(site, path, site === 'here' ? items.here : items.there))
    expect(found).toEqual([...items.here, ...items.there])
    expect(asked).toEqual([
      'here /items?limit=3',
      'there /items?limit=3',
      'here /items?limit=3&after=here-3',
      'there /items?limit=3&after=there-3',
      'there /items?limit=3&after=there-6',
    ])
  })

  test('one that cannot be asked for its second page is asked for it again', async () => {
    const found = await pages(async (site, path, turn) => {
      if (site === 'there' && turn === 1) throw new CheopsError('ERR_SITE_UNREACHABLE', 'gone for a moment')
      return page(site, path, site === 'here' ? [1, 2, 3, 4, 5, 6, 7] : [11, 12, 13, 14])
    })
    expect(found).toEqual([1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14])
  })

  test('one that refuses its second page is not asked for it again, and the list ends', async () => {
    const text = `glue: 1
application: a
kinds: {item: {collection: /items, resource: "/items/{id}", list: {items: /items, next: /next, token: after}}}`
    const driver = interpret(checkDefinition(text).definition as GlueDefinition)
    const ask = async (site: string, { instead }: Asked) => {
      if (instead === undefined) return answer(200, { items: [{ id: `${site}1` }], next: 'p2' })
      return site === 'there' ? answer(400, { error: 'unknown token' }) : answer(200, { items: [{ id: 'here2' }] })
    }
    const reads = readsWith(ask, [], undefined, driver)
    const page = async (path: string) => {
      const read = await reads.read(exchange(path), MEMBERS, CONTEXT)
      if (read.is !== 'answer') throw new Error('it streams')
      return { status: read.answer.status, shown: JSON.parse(new TextDecoder().decode(read.answer.body)) as JsonPage }
    }
    const first = await page('/items')
    const second = await page(`/items?after=${encodeURIComponent(first.shown.next ?? '')}`)
    expect(second).toMatchObject({ status: 200, shown: { items: [{ id: 'here2' }] } })
    expect(second.shown.next).toBeUndefined()
  })

  test('a continuation that names somebody else is refused, and so is one that nobody has given', async () => {
    const reads = readsWith(async () => answer(200, { items: [] }), [], undefined, paged)
    const of = (sites: object) => `/items?after=cheops.${Buffer.from(JSON.stringify(sites)).toString('base64url')}`
    for (const path of [of({ here: 'x', stranger: 'y' }), of([]), '/items?after=cheops.x'])
      await expect(reads.read(exchange(path), MEMBERS, CONTEXT), path).rejects.toMatchObject({
        code: 'ERR_REQUEST_CONTINUE',
      })
  })

  test('where the definition does not say where a list goes on, a warning says that there may be more', async () => {
    const warningOf = async (body: unknown, link: readonly string[] = []) => {
      const ask = async () => answer(200, body, { rawHeaders: ['Content-Type', 'application/json', ...link] })
      const read = await readsWith(ask).read(exchange('/items'), MEMBERS, CONTEXT)
      return read.is === 'answer' ? headerValue(read.answer.rawHeaders, 'warning') : undefined
    }
    const more = expect.stringContaining('there may be more')
    expect(await warningOf({ items: [], next_page_token: 'x' })).toEqual(more)
    expect(await warningOf([], ['Link', '</items?page=1>; rel="first", </items?page=2>; rel="next"'])).toEqual(more)
    expect(await warningOf({ items: [], next: null, nextOfKin: 'x' })).toBeUndefined()
    expect(await warningOf([], ['Link', '</items?page=0>; rel=prev'])).toBeUndefined()
  })
})
