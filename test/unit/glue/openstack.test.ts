/**
 * The OpenStack glue: answers as Keystone 22 and Glance 25 of Debian 12 gave them (shortened) are rewritten so that every
 * link leads back to the agent with the scope; everything else is left alone; errors look like the services' own.
 */
import { describe, expect, it } from 'vitest'
import type { RequestHead, ResponseHead } from '../../../src/core/resource/http-head.ts'
import { CheopsError } from '../../../src/errors.ts'
import { loadGlue } from '../../../src/glue/index.ts'
import type { LinkContext } from '../../../src/ports/glue.ts'

const glue = await loadGlue('openstack')

const AGENT = 'http://127.0.0.1:8079/~%7Bimage%3A%20site2%7D'

/** The agent of site1: Keystone at 5000, Glance at 9292; a client that came with a scope. */
function links(service: string, endpoints: Record<string, string> = ENDPOINTS): LinkContext {
  const known = ['identity', 'image']
  return {
    service,
    base: `${AGENT}/${service}`,
    baseOf: name => (known.includes(name) ? `${AGENT}/${name}` : undefined),
    endpoints,
  }
}
const ENDPOINTS = { identity: 'http://127.0.0.1:5000', image: 'http://127.0.0.1:9292/' }

function head(method: string, target: string, rawHeaders: string[] = []): RequestHead {
  return { method, target, rawHeaders }
}

function answer(status: number, rawHeaders: string[] = ['Content-Type', 'application/json']): ResponseHead {
  return { status, reason: '', rawHeaders }
}

function rewriteJson(method: string, path: string, status: number, context: LinkContext, body: unknown): unknown {
  const rewrite = glue.rewrite(head(method, path), path, answer(status), context)
  if (rewrite === undefined) return undefined
  return JSON.parse(new TextDecoder().decode(rewrite.body(new TextEncoder().encode(JSON.stringify(body)))))
}

describe('version documents', () => {
  const keystone = (href: string) => ({
    versions: {
      values: [
        {
          id: 'v3.14',
          status: 'stable',
          links: [{ rel: 'self', href }],
          'media-types': [{ base: 'application/json' }],
        },
      ],
    },
  })

  it.each([
    ['/', 300],
    ['', 300],
    ['/', 200],
  ])('of Keystone at %j with %i', (path, status) => {
    const rewritten = rewriteJson('GET', path, status, links('identity'), keystone('http://127.0.0.1:5000/v3/'))
    expect(rewritten).toEqual(keystone(`${AGENT}/identity/v3/`))
  })

  it('of one version, with the documentation left where it is', () => {
    const documented = { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/v3/' }
    const body = (href: string) => ({ version: { id: 'v3.14', links: [{ rel: 'self', href }, documented] } })
    for (const path of ['/v3', '/v3/']) {
      expect(rewriteJson('GET', path, 200, links('identity'), body('http://127.0.0.1:5000/v3/'))).toEqual(
        body(`${AGENT}/identity/v3/`),
      )
    }
  })

  it('of Glance', () => {
    const body = (base: string) => ({
      versions: ['v2.15', 'v2.0'].map(id => ({ id, status: 'CURRENT', links: [{ rel: 'self', href: `${base}/v2/` }] })),
    })
    expect(rewriteJson('GET', '/', 300, links('image'), body('http://127.0.0.1:9292'))).toEqual(body(`${AGENT}/image`))
    expect(rewriteJson('GET', '/versions', 200, links('image'), body('http://127.0.0.1:9292'))).toEqual(
      body(`${AGENT}/image`),
    )
  })

  it('of a service at another site, whose endpoint this agent does not know', () => {
    const rewritten = rewriteJson('GET', '/', 300, links('identity', {}), keystone('http://10.2.0.5/identity/v3/'))
    expect(rewritten).toEqual(keystone(`${AGENT}/identity/v3/`))
  })

  it('of Glance at a path that it does not know', () => {
    const body = (base: string) => ({ versions: [{ id: 'v2.15', links: [{ rel: 'self', href: `${base}/v2/` }] }] })
    expect(rewriteJson('GET', '/nowhere', 300, links('image'), body('http://127.0.0.1:9292'))).toEqual(
      body(`${AGENT}/image`),
    )
  })

  it('of a service below a path', () => {
    const context = links('identity', { identity: 'http://127.0.0.1/identity' })
    const rewritten = rewriteJson('GET', '/', 300, context, keystone('http://127.0.0.1/identity/v3/'))
    expect(rewritten).toEqual(keystone(`${AGENT}/identity/v3/`))
  })
})

describe('catalogs', () => {
  const catalog = (identity: string, image: string) => [
    { type: 'identity', name: 'keystone', id: 'a', endpoints: [{ interface: 'public', region: 'one', url: identity }] },
    {
      type: 'image',
      name: 'glance',
      id: 'b',
      endpoints: ['public', 'internal', 'admin'].map(name => ({ interface: name, region: 'one', url: image })),
    },
    {
      type: 'compute',
      name: 'nova',
      id: 'c',
      endpoints: [{ interface: 'public', url: 'http://127.0.0.1:8774/v2.1/%(project_id)s' }],
    },
  ]
  const before = catalog('http://127.0.0.1:5000/v3', 'http://127.0.0.1:9292')
  const after = catalog(`${AGENT}/identity/v3`, `${AGENT}/image`)

  it.each([
    ['POST', '/v3/auth/tokens', 201],
    ['POST', '/v3/auth/tokens?nocatalog=0', 201],
    ['GET', '/v3/auth/tokens', 200],
    ['POST', '/v3/OS-FEDERATION/identity_providers/i/protocols/p/auth', 201],
  ])('in the token of %s %s', (method, path, status) => {
    const token = (entries: unknown) => ({
      token: { methods: ['password'], catalog: entries, user: { name: 'admin' } },
    })
    expect(rewriteJson(method, path, status, links('identity'), token(before))).toEqual(token(after))
  })

  it('in GET /v3/auth/catalog', () => {
    const body = (entries: unknown) => ({ catalog: entries, links: { self: null } })
    expect(rewriteJson('GET', '/v3/auth/catalog', 200, links('identity'), body(before))).toEqual(body(after))
  })

  it('knows a service by its endpoint where the mesh calls it otherwise than the catalog', () => {
    const context: LinkContext = {
      ...links('keystone', { keystone: 'http://127.0.0.1:5000', store: 'http://127.0.0.1:9292' }),
      baseOf: name => (['keystone', 'store'].includes(name) ? `${AGENT}/${name}` : undefined),
    }
    const body = { token: { catalog: before } }
    expect(rewriteJson('POST', '/v3/auth/tokens', 201, context, body)).toEqual({
      token: { catalog: catalog(`${AGENT}/keystone/v3`, `${AGENT}/store`) },
    })
  })

  it('is not taken for another by an endpoint that only begins alike', () => {
    const context = links('identity', { identity: 'http://127.0.0.1/identity', image: 'http://127.0.0.1/ima' })
    const body = (image: string) => ({ token: { catalog: [{ type: 'image', endpoints: [{ url: image }] }] } })
    expect(rewriteJson('POST', '/v3/auth/tokens', 201, context, body('http://127.0.0.1/image'))).toEqual(
      body(`${AGENT}/image`),
    )
  })

  it.each([
    ['POST', '/v3/auth/tokens', 401],
    ['GET', '/v3/services', 200],
    ['GET', '/v3/endpoints', 200],
    ['GET', '/v2/images', 200],
    ['GET', '/v2/images/7/file', 200],
    ['PUT', '/v2/images/7/file', 204],
    ['HEAD', '/v3/auth/tokens', 200],
    ['POST', '/', 200],
  ])('%s %s with %i is left alone', (method, path, status) => {
    expect(glue.rewrite(head(method, path), path, answer(status), links('identity'))).toBeUndefined()
  })

  it.each(['', 'no JSON', '[]', 'null', '{"token":null}', '{"token":{"catalog":[null,{"endpoints":[1]}]}}'])(
    'body %j is no reason to fail',
    text => {
      const rewrite = glue.rewrite(head('POST', '/'), '/v3/auth/tokens', answer(201), links('identity'))
      expect(new TextDecoder().decode(rewrite?.body(new TextEncoder().encode(text)))).toBe(text)
    },
  )
})

describe('Location', () => {
  const locate = (status: number, location: string, path = '/v2/images') => {
    const rawHeaders = ['X-A', '1', 'location', location, 'X-a', '2']
    return glue.rewrite(head('POST', path), path, answer(status, rawHeaders), links('image'))
  }

  it.each([
    [201, 'http://127.0.0.1:9292/v2/images/7', `${AGENT}/image/v2/images/7`],
    [201, 'http://10.0.0.9/image/v2/images/7', `${AGENT}/image/v2/images/7`],
    [201, '/v2/images/7', `${AGENT}/image/v2/images/7`],
    [300, 'http://127.0.0.1:9292/v2/', `${AGENT}/image/v2/`],
    [302, 'http://127.0.0.1:9292/v2/x?a=b', `${AGENT}/image/v2/x?a=b`],
    [302, 'http://127.0.0.1:8079/v2/x', `${AGENT}/image/v2/x`],
  ])('%i %s', (status, location, expected) => {
    const rewrite = locate(status, location)
    expect(rewrite?.rawHeaders).toEqual(['X-A', '1', 'location', expected, 'X-a', '2'])
    const bytes = new Uint8Array([1, 2, 3])
    expect(rewrite?.body(bytes)).toBe(bytes)
  })

  it.each([
    [302, 'https://store.example.org/v2/blob'],
    [302, 'https://login.example.org/'],
    [200, 'http://127.0.0.1:9292/v2/images/7'],
  ])('%i %s leads elsewhere and is left alone', (status, location) => {
    expect(locate(status, location)).toBeUndefined()
  })

  it('is rewritten together with the body of a version document', () => {
    const rawHeaders = ['Location', 'http://127.0.0.1:9292/v2/']
    const rewrite = glue.rewrite(head('GET', '/'), '/', answer(300, rawHeaders), links('image'))
    expect(rewrite?.rawHeaders).toEqual(['Location', `${AGENT}/image/v2/`])
    expect(new TextDecoder().decode(rewrite?.body(new TextEncoder().encode('{"versions": []}')))).toBe(
      '{"versions":[]}',
    )
  })
})

describe('errors of Cheops', () => {
  const down = new CheopsError('ERR_SITE_UNREACHABLE', 'The site "site2" <cannot> be reached.')
  const text = (refusal: { body: Uint8Array } | undefined) => new TextDecoder().decode(refusal?.body)

  it('look like those of Keystone', () => {
    const refusal = glue.refuse(down, head('GET', '/~%7Bidentity%3A%20site2%7D/identity/v3/projects'))
    expect(refusal).toMatchObject({ status: 503, rawHeaders: ['Content-Type', 'application/json'] })
    expect(JSON.parse(text(refusal))).toEqual({
      error: {
        code: 503,
        title: 'Service Unavailable',
        message: expect.stringMatching(
          /^The site "site2" <cannot> be reached\. Nothing was sent.*\(ERR_SITE_UNREACHABLE\)$/,
        ),
      },
    })
  })

  it('look like those of Glance, as JSON where it is asked for', () => {
    for (const target of ['/v2/images', '/image/v2/images/7?x=/v3/', '/~site2/image']) {
      const refusal = glue.refuse(down, head('GET', target, ['Accept', 'application/json']))
      expect(JSON.parse(text(refusal))).toMatchObject({
        code: '503 Service Unavailable',
        title: 'Service Unavailable',
        message: expect.stringContaining('site2'),
      })
    }
  })

  it('look like those of Glance, as HTML else', () => {
    const refusal = glue.refuse(down, head('GET', '/v2/images', ['Accept', '*/*']))
    expect(refusal?.rawHeaders).toEqual(['Content-Type', 'text/html; charset=UTF-8'])
    expect(text(refusal)).toContain('<title>503 Service Unavailable</title>')
    expect(text(refusal)).toContain('The site &quot;site2&quot; &lt;cannot&gt; be reached.')
  })

  it('go by the service where the target does not tell', async () => {
    const image = await loadGlue('openstack', 'image')
    expect(image.refuse(down, head('GET', '/'))?.rawHeaders[1]).toBe('text/html; charset=UTF-8')
    const identity = await loadGlue('openstack', 'identity')
    expect(identity.refuse(down, head('GET', '/v2/tokens'))?.rawHeaders[1]).toBe('application/json')
    expect(glue.refuse(down, head('GET', '/'))?.rawHeaders[1]).toBe('application/json')
  })

  it('are kept for the request after discovery where the client would throw them away', () => {
    const keystoneauth = ['User-Agent', 'openstacksdk/0.101.0 keystoneauth1/5.0.0']
    for (const target of ['/~%7Bimage%3A%20site2%7D/image', '/image/']) {
      const refusal = glue.refuse(down, head('GET', target, keystoneauth))
      expect(refusal?.status).toBe(300)
      expect(JSON.parse(text(refusal))).toMatchObject({ versions: [{ links: [{ rel: 'self', href: 'v2/' }] }] })
    }
    expect(glue.refuse(down, head('GET', '/image/v2/images', keystoneauth))?.status).toBe(503)
    expect(glue.refuse(down, head('POST', '/image', keystoneauth))?.status).toBe(503)
    expect(glue.refuse(down, head('GET', '/identity', keystoneauth))?.status).toBe(503)
    expect(glue.refuse(down, head('GET', '/image'))?.status).toBe(503)
  })
})

describe('the definition', () => {
  it.each([
    ['POST /v2/images', 'image/Image', 'create', undefined, undefined],
    ['PUT /v2/images/7/file', 'image/Image', 'other', '7', 'upload'],
    ['GET /v2/images/7/file', 'image/Image', 'other', '7', 'file'],
    ['PUT /v2/images/7/tags/a', 'image/Image', 'other', '7', 'tag'],
    ['PATCH /v2/images/7', 'image/Image', 'patch', '7', undefined],
    ['GET /v2/images/7/members/p', 'image/Member', 'get', 'p', undefined],
    ['GET /v3/projects', 'identity/Project', 'list', undefined, undefined],
    ['POST /v3/auth/tokens', undefined, 'other', undefined, undefined],
    ['GET /v3', undefined, 'other', undefined, undefined],
  ])('%s', (request, kind, verb, id, operation) => {
    const [method, path] = request.split(' ') as [string, string]
    expect(glue.analyse(head(method, path), path)).toEqual({ kind, verb, id, operation })
  })

  it('correlates the question about a token with the request that brought it', () => {
    expect(glue.correlate[0]).toEqual({ in: 'x-auth-token', out: 'x-subject-token' })
  })
})
