/**
 * The continuation of a merged list: what it asks of each site, for applications that give tokens and for those that give links. Absolute examples,
 * and as a property that each site gets back just what it has given.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileGlue } from '../../../src/glue/compile.ts'
import { composedNext, continuationIn, MAX_CONTINUATION_CHARACTERS } from '../../../src/glue/continuation.ts'

const kindWith = (list: object) => {
  const kind = compileGlue({
    glue: 1,
    application: 'a',
    kinds: { k: { collection: '/k', resource: '/k/{id}', list } },
  }).kinds.get('k')
  if (kind === undefined) throw new Error('it is defined')
  return kind
}
const tokens = kindWith({ items: '/items', next: '/metadata/continue', token: 'continue' })
const links = kindWith({ items: '/items', next: '/next' })
const NONE = new Map<string, string>()

/** What each site is asked for the page behind one of which these are the continuations. */
function askedBehind(
  kind: typeof tokens,
  path: string,
  nexts: Readonly<Record<string, unknown>>,
  further: (next: string) => string,
) {
  const { next = '', lost } = composedNext(kind, path, new Map(Object.entries(nexts)), NONE)
  const continuation = continuationIn(kind, further(next))
  const asked =
    continuation.is === 'continues'
      ? [...continuation.sites].map(([site, { path: own }]) => [site, own])
      : continuation.is
  return { asked, lost }
}

test('a token of each site stands where the client has put the composed one', () => {
  const further = (next: string) => `/k?limit=3&continue=${encodeURIComponent(next)}&x=1`
  expect(askedBehind(tokens, '/k?limit=3&x=1', { a: 'to/k=en', b: 7, c: { odd: 1 } }, further)).toEqual({
    asked: [
      ['a', '/k?limit=3&continue=to%2Fk%3Den&x=1'],
      ['b', '/k?limit=3&continue=7&x=1'],
    ],
    lost: ['c'],
  })
})

test('a link of each site is followed by its query, to the same list alone', () => {
  const nexts = {
    a: '/k?after=c&limit=3',
    b: 'http://b.example:80/prefix/k?page=2#x',
    c: '?cursor=7',
    elsewhere: '/secrets?all',
    bare: '/k',
    odd: 7,
  }
  expect(askedBehind(links, '/k?limit=3', nexts, next => next)).toEqual({
    asked: [
      ['a', '/k?after=c&limit=3'],
      ['b', '/k?page=2'],
      ['c', '/k?cursor=7'],
    ],
    lost: ['elsewhere', 'bare', 'odd'],
  })
})

test('what could not be asked for this page is asked for it with the next', () => {
  const { next = '' } = composedNext(tokens, '/k', new Map([['a', 'two']]), new Map([['b', 'one']]))
  const continuation = continuationIn(tokens, `/k?continue=${next}`)
  const owns = continuation.is === 'continues' ? [...continuation.sites].map(([site, { own }]) => [site, own]) : []
  expect(Object.fromEntries(owns)).toEqual({ a: 'two', b: 'one' })
  expect(composedNext(tokens, '/k', new Map(), NONE)).toEqual({ next: undefined, lost: [] })
})

test('more than a URL has room for is said to be lost', () => {
  const long = 'x'.repeat(MAX_CONTINUATION_CHARACTERS)
  expect(
    composedNext(
      tokens,
      '/k',
      new Map([
        ['a', long],
        ['b', 'x'],
      ]),
      NONE,
    ),
  ).toEqual({ next: undefined, lost: ['a', 'b'] })
})

test.each([
  ['/k', 'none'],
  ['/k?continue=abc', 'none'],
  ['/k?other=cheops.abc', 'none'],
  ['/k?continue=cheops.', 'bad'],
  ['/k?continue=cheops.%%%', 'none'],
  ['/k?continue=cheops.e30', 'bad'],
  [`/k?continue=cheops.${Buffer.from('{"a":1}').toString('base64url')}`, 'bad'],
  [`/k?continue=cheops.${Buffer.from('["a"]').toString('base64url')}`, 'bad'],
  [`/k?continue=cheops.${Buffer.from('{"a":"x#y"}').toString('base64url')}`, 'bad'],
  [`/k?continue=cheops.${Buffer.from(JSON.stringify({ a: 'x'.repeat(9000) })).toString('base64url')}`, 'bad'],
])('%s: %s', (path, is) => expect(continuationIn(tokens, path)).toEqual({ is }))

test('each site gets back what it has given', () => {
  const own = fc.stringMatching(/^[\x21-\x22\x24-\x7e]{1,40}$/)
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), own, { minKeys: 1, maxKeys: 9, noNullPrototype: true }),
      nexts => {
        const { next = '' } = composedNext(tokens, '/k', new Map(Object.entries(nexts)), NONE)
        const continuation = continuationIn(tokens, `/k?continue=${encodeURIComponent(next)}`)
        if (continuation.is !== 'continues') throw new Error(continuation.is)
        for (const [site, given] of Object.entries(nexts)) {
          const path = continuation.sites.get(site)?.path ?? ''
          expect(decodeURIComponent(path.slice('/k?continue='.length))).toBe(given)
        }
      },
    ),
  )
})
