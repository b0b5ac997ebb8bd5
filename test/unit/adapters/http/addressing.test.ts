/**
 * Which service a request is for: the four ways in and their order, the scope in the URL however a client encodes it, and
 * that a prefix and what stands behind it are together what the client wrote.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressOf } from '../../../../src/adapters/http/addressing.ts'
import type { Address, ServiceNames } from '../../../../src/adapters/http/addressing.ts'
import { CheopsError } from '../../../../src/errors.ts'

const ENDPOINTS = new Map([
  ['127.0.0.1:9001', [{ service: 'inventory', basePath: '' }]],
  ['[::1]:9001', [{ service: 'orders', basePath: '' }]],
  [
    'app:9002',
    [
      { service: 'orders', basePath: '/v1/orders' },
      { service: 'inventory', basePath: '/v1' },
    ],
  ],
])

const names: ServiceNames = {
  isService: name => ['inventory', 'orders'].includes(name),
  serviceOfHost: host => ({ 'inventory.example': 'inventory', orders: 'orders', '2001:db8::1': 'orders' })[host],
  servicesOfAuthority: authority => ENDPOINTS.get(authority) ?? [],
  nearest: name => (name === 'inventry' ? 'inventory' : undefined),
}

function find(target: string, host: string | undefined = 'agent:8079', listener?: string): Address {
  return addressOf({ method: 'GET', target, rawHeaders: [], host }, listener, names)
}

function failure(target: string, host?: string): { code: string; message: string } {
  try {
    find(target, host)
  } catch (error) {
    if (error instanceof CheopsError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('no error')
}

describe('the four ways in', () => {
  test.each([
    ['path', '/inventory/items?x=1', 'agent:8079', undefined, 'inventory', '/items?x=1', '/inventory'],
    ['path', '/inventory', 'agent:8079', undefined, 'inventory', '/', '/inventory'],
    ['path', '/inventory?x', 'agent:8079', undefined, 'inventory', '/?x', '/inventory'],
    ['path', '/inventory//items', 'agent:8079', undefined, 'inventory', '//items', '/inventory'],
    ['path', '/%69nventory/items', 'agent:8079', undefined, 'inventory', '/items', '/%69nventory'],
    ['path', '/inventory/', undefined, undefined, 'inventory', '/', '/inventory'],
    ['host', '/items', 'inventory.example', undefined, 'inventory', '/items', ''],
    ['host', '/items', 'Inventory.EXAMPLE:8079', undefined, 'inventory', '/items', ''],
    ['host', '/items', '127.0.0.1:9001', undefined, 'inventory', '/items', ''],
    ['host', '/items', '[::1]:9001', undefined, 'orders', '/items', ''],
    ['host', '/items', '[2001:DB8::1]:80', undefined, 'orders', '/items', ''],
    ['host', '/items', '[2001:db8::1]', undefined, 'orders', '/items', ''],
    ['host', '/inventory/x', 'orders', undefined, 'orders', '/inventory/x', ''],
    ['proxy', 'http://orders/x?y', 'agent', undefined, 'orders', '/x?y', 'http://orders'],
    ['proxy', 'HTTP://Orders:80/x', 'agent', undefined, 'orders', '/x', 'HTTP://Orders:80'],
    ['proxy', 'http://127.0.0.1:9001', 'agent', undefined, 'inventory', '/', 'http://127.0.0.1:9001'],
    ['proxy', 'http://[::1]:9001?q', 'agent', undefined, 'orders', '/?q', 'http://[::1]:9001'],
    ['listener', '/inventory/x', 'inventory.example', 'orders', 'orders', '/inventory/x', ''],
    ['listener', 'http://inventory.example/x', 'h', 'orders', 'orders', '/x', 'http://inventory.example'],
    ['listener', '*', 'h', 'orders', 'orders', '*', ''],
  ])('%s: %s (Host %s, listener %s)', (way, target, host, listener, service, path, prefix) => {
    expect(find(target, host, listener)).toEqual({
      way,
      service,
      path,
      prefix,
      authority: /^http:\/\/([^/?]+)/i.exec(target)?.[1],
      scope: undefined,
      parameters: new Map(),
    })
  })

  test.each([
    ['/nothing/x', /"nothing"/],
    ['/', /names no service/],
    ['//inventory/x', /names no service/],
    ['*', /names no service/],
    ['/inventry/x', /did you mean "inventory"\?/],
    ['http://elsewhere/inventory/x', /"elsewhere"/],
    ['/__proto__/x', /"__proto__"/],
  ])('nothing answers to %s', (target, message) => {
    expect(failure(target)).toEqual({ code: 'ERR_SERVICE_UNKNOWN', message: expect.stringMatching(message) as string })
  })

  test.each(['/%ff/x', '/%/x', '/~%ff/inventory/x'])('refused: %s', target => {
    expect(failure(target).code).toBe('ERR_REQUEST_PATH')
  })
})

describe('the scope in the URL', () => {
  test.each([
    ['/~site1/inventory/items', 'site1', '/~site1/inventory'],
    ['/%7Esite1/inventory/items', 'site1', '/%7Esite1/inventory'],
    ['/~%7BA%3A%20Site1%20%26%20Site2%7D/inventory/items', '{A: Site1 & Site2}', undefined],
    // What kubectl makes of it, and what WHATWG URL leaves alone.
    ['/~%7BA:%20Site1%20&%20Site2%7D/inventory/items', '{A: Site1 & Site2}', undefined],
    ['/~{A:%20Site1%20&%20Site2}/inventory/items', '{A: Site1 & Site2}', undefined],
    ['/~{A:Site1||Site2}/inventory/items', '{A:Site1||Site2}', undefined],
    ['/~site1%20%25%20site2/inventory/items', 'site1 % site2', undefined],
    ['/~/inventory/items', '', undefined],
  ])('%s', (target, scope, prefix) => {
    const address = find(target)
    expect(address).toMatchObject({ scope, service: 'inventory', path: '/items' })
    expect(address.prefix).toBe(prefix ?? target.slice(0, -'/items'.length))
  })

  test('stands before the path on every way in', () => {
    expect(find('/~site1/items', 'inventory.example')).toMatchObject({
      scope: 'site1',
      path: '/items',
      prefix: '/~site1',
    })
    expect(find('/~site1/items', 'h', 'orders')).toMatchObject({ scope: 'site1', path: '/items', prefix: '/~site1' })
    expect(find('http://orders/~site1/items')).toMatchObject({ scope: 'site1', prefix: 'http://orders/~site1' })
    expect(find('/~site1', 'inventory.example')).toMatchObject({ scope: 'site1', path: '/' })
    expect(find('/~site1?x', 'inventory.example')).toMatchObject({ scope: 'site1', path: '/?x' })
  })

  test('only at the front', () => {
    expect(find('/inventory/~site1/items')).toMatchObject({ scope: undefined, path: '/~site1/items' })
    expect(find('/%7/x', 'inventory.example')).toMatchObject({ scope: undefined, path: '/%7/x' })
  })

  test.each([
    ['/~s;level=strong;wait=5;require=all/inventory/', { level: 'strong', wait: '5', require: 'all' }],
    ['/~s%3Blevel%3Dstrong/inventory/', { level: 'strong' }],
    ['/~s; level = strong ;flag/inventory/', { level: 'strong', flag: '' }],
    ['/~s;a=b=c/inventory/', { a: 'b=c' }],
    ['/~s;__proto__=x/inventory/', { ['__proto__']: 'x' }],
  ])('its parameters: %s', (target, parameters) => {
    const address = find(target)
    expect(address.scope).toBe('s')
    expect([...address.parameters]).toEqual(Object.entries(parameters))
  })

  test('however it is encoded, it is the same scope, and prefix and path are what the client wrote', () => {
    const encode = (text: string, which: readonly boolean[]): string =>
      Array.from(text)
        .map((char, i) =>
          which[i % which.length] === true || /[/?%;#\\\s]/.test(char) ? encodeURIComponent(char) : char,
        )
        .join('')
    const scope = fc.stringMatching(/^[A-Za-z0-9{}:&|%@=*(), -]{1,40}$/)
    fc.assert(
      fc.property(scope, fc.array(fc.boolean(), { minLength: 1 }), fc.webPath(), (text, which, path) => {
        const target = `/~${encode(text, which)}/inventory${path}`
        const address = find(target)
        expect(address.scope).toBe(text)
        expect(address.service).toBe('inventory')
        expect(address.prefix + (path.startsWith('/') ? address.path : address.path.slice(1))).toBe(target)
      }),
    )
  })
})

test('no target makes it throw anything but an error with a code', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('/', '~', '%', '%7e', ';', '=', '?', 'http://', '[', ']', ':', '@', 'inventory'),
  )
  fc.assert(
    fc.property(fc.array(piece), fc.option(fc.string(), { nil: undefined }), (pieces, host) => {
      try {
        find(pieces.join(''), host)
      } catch (error) {
        expect(error).toBeInstanceOf(CheopsError)
      }
    }),
  )
})

test.each([
  ['http://app:9002/v1/items?x=1', 'inventory', '/items?x=1', 'http://app:9002/v1'],
  ['http://app:9002/v1', 'inventory', '/', 'http://app:9002/v1'],
  ['http://app:9002/v1?x', 'inventory', '/?x', 'http://app:9002/v1'],
  ['http://app:9002/v1/orders/7', 'orders', '/7', 'http://app:9002/v1/orders'],
  ['http://app:9002/v1/ordersx', 'inventory', '/ordersx', 'http://app:9002/v1'],
  ['http://app:9002/~site2/v1/items', 'inventory', '/items', 'http://app:9002/~site2/v1'],
])('a URL of the application itself, %s, has the base path of its endpoint once', (target, service, path, prefix) => {
  const head = { method: 'GET', target, rawHeaders: [], host: undefined }
  expect(addressOf(head, undefined, names)).toMatchObject({ service, path, prefix, way: 'proxy' })
})

test('what is below no endpoint of that authority is nobody’s', () => {
  const head = { method: 'GET', target: 'http://app:9002/v2/items', rawHeaders: [], host: undefined }
  expect(() => addressOf(head, undefined, names)).toThrow(/no service answers to the host "app:9002"/)
})
