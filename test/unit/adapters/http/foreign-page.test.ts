/** Which requests an open ingress on loopback takes for those of somebody else's page in a browser here. */
import { expect, test } from 'vitest'
import { isForeignPage } from '../../../../src/adapters/http/foreign-page.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

test.each([
  ['no browser, whatever host it names', { host: 'edge.example:8080', 'user-agent': 'curl/8.14.1' }],
  [
    'a page of this machine',
    { host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
  ],
  [
    'a page on another port of this machine',
    { host: 'localhost:8080', origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
  ],
  ['an address that somebody typed', { host: '127.0.0.1:8080', 'sec-fetch-site': 'none', 'user-agent': FIREFOX }],
  ['an address of version 6', { host: '[::1]:8080', origin: 'http://[::1]:8080', 'user-agent': FIREFOX }],
  ['a name without a dot, as in containers', { host: 'cheops:8080', 'user-agent': FIREFOX }],
  ['a name below localhost', { host: 'app.localhost:8080', 'user-agent': FIREFOX }],
])('taken: %s', (_, headers) => {
  expect(isForeignPage(headers, false)).toBe(false)
})

test.each([
  ['a page of another site', { host: 'localhost:8080', 'sec-fetch-site': 'cross-site' }],
  [
    'a name that was made to lead here',
    { host: 'evil.example:8080', origin: 'http://evil.example:8080', 'sec-fetch-site': 'same-origin' },
  ],
  ['the same, read without an origin', { host: 'evil.example:8080', 'user-agent': FIREFOX }],
  ['the same, by its link', { host: 'evil.example:8080', referer: 'http://evil.example:8080/page' }],
  [
    'a form of another page, where the browser says no more',
    { host: '192.168.1.5:8080', origin: 'http://evil.example' },
  ],
  ['a page that says not where it is from', { host: '127.0.0.1:8080', origin: 'null' }],
  ['no host at all', { origin: 'http://evil.example' }],
])('refused: %s', (_, headers) => {
  expect(isForeignPage(headers, false)).toBe(true)
})

test('a host name of a service is no foreign name', () => {
  expect(isForeignPage({ host: 'shop.example', origin: 'http://shop.example', 'user-agent': FIREFOX }, true)).toBe(
    false,
  )
})
