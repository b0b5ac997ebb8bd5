/**
 * Applications that nobody has thought of when Cheops was written, each with a style of its own, and at most the few lines of glue that a user
 * would write: each resource is created at one site, replaced at the other, changed at the first, both read, deleted, and is the same at
 * both at each step, past Cheops, and no site says that it differs. How: two agents as processes, each with one instance of each
 * application. Needs `npm run build`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { KeyValues } from './applications/key-values.ts'
import type { OnceTickets } from './applications/once-tickets.ts'
import { APPLICATIONS, type StrangeApplication } from './applications/strange.ts'
import { ProcessMesh } from './process-mesh.ts'

const SCOPE = { 'Cheops-Scope': 'a & b' }
const WAIT = { Prefer: 'wait=20' }
const SITES = ['a', 'b'] as const

const running = new Map<string, readonly StrangeApplication[]>()
let folder: string
let mesh: ProcessMesh

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-strange-'))
  const services: Record<string, { name: string; endpoint: string; glue?: string }[]> = { a: [], b: [] }
  for (const [name, [start, text]] of Object.entries(APPLICATIONS)) {
    const glue = path.join(folder, `${name}.yaml`)
    if (text !== undefined) await writeFile(glue, text)
    const instances = SITES.map(start)
    running.set(name, instances)
    for (const [place, site] of SITES.entries()) {
      const endpoint = (await instances[place]?.listen()) ?? ''
      // An operator has forgotten it at the other site.
      const hasGlue = text !== undefined && (name !== 'half' || site === 'a')
      services[site]?.push({ name, endpoint, ...(hasGlue && { glue }) })
    }
  }
  mesh = await ProcessMesh.start(SITES, { a: { services: services['a'] ?? [] }, b: { services: services['b'] ?? [] } })
})
afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const application of [...running.values()].flat()) await application[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const have = (service: string, name: string) => running.get(service)?.map(application => application.item(name))
const both = (item: unknown) => [item, item]

interface Sent {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

async function ask(site: string, service: string, method: string, target: string, { body, headers = {} }: Sent = {}) {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const answer = await fetch(`${mesh.url(site, service)}${target}`, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': type }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** A request that must succeed at both. */
async function atBoth(site: string, service: string, method: string, target: string, sent: Sent = {}) {
  const answer = await ask(site, service, method, target, { ...sent, headers: { ...WAIT, ...sent.headers } })
  const told = `${method} ${target}: ${answer.status} ${answer.text}`
  expect(answer.status, told).toBeLessThan(300)
  expect(answer.headers.get('Cheops-Sites'), told).toMatch(/^a;s=applied\S*, b;s=applied\S*$/)
  return answer
}

/** As an operator sees it, when nothing is under way any more. */
async function standsWell(service: string, name: string): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const site of SITES) {
        const { items } = (await mesh.command(site, 'replicant', 'ls')) as { items: readonly Listed[] }
        const found = items.find(item => item.service === service && item.name === name)
        expect(found, `${service} ${name} at ${site}`).toMatchObject({ state: 'agrees', conflicts: 0 })
      }
    },
    { timeout: 20_000, interval: 500 },
  )
}

interface Listed {
  readonly service: string
  readonly name: string
  readonly state: string
  readonly conflicts: number
}

describe.each(['strict', 'strict-glue'])(
  '%s: what is changed on a precondition only, and is answered without a body',
  service => {
    const conditional = async (site: string): Promise<Record<string, string>> => ({
      'If-Match': (await ask(site, service, 'GET', '/documents/x')).headers.get('ETag') ?? 'none',
    })

    test('members meet the precondition of their own application, and clients that of theirs', async () => {
      await atBoth('a', service, 'POST', '/documents', { body: { id: 'x', n: 1 }, headers: SCOPE })
      expect(have(service, 'x')).toEqual(both({ id: 'x', n: 1 }))
      await atBoth('b', service, 'PUT', '/documents/x', { body: { n: 2 }, headers: await conditional('b') })
      expect(have(service, 'x')).toEqual(both({ id: 'x', n: 2 }))
      await atBoth('a', service, 'PATCH', '/documents/x', { body: { m: 3 }, headers: await conditional('a') })
      expect(have(service, 'x')).toEqual(both({ id: 'x', n: 2, m: 3 }))
      const stale = await ask('b', service, 'PUT', '/documents/x', { body: { n: 9 }, headers: await conditional('a') })
      expect([stale.status, stale.headers.get('Cheops-Outcome')]).toEqual([412, 'void'])
      expect((await ask('a', service, 'PUT', '/documents/x', { body: { n: 9 } })).status).toBe(428)
      await standsWell(service, 'x')
      await atBoth('b', service, 'DELETE', '/documents/x', { headers: await conditional('b') })
      expect(have(service, 'x')).toEqual(both(undefined))
    })
  },
)

test('an application that stores something else than it was sent, with times and numbers of its own, does not differ by them', async () => {
  await atBoth('a', 'shop', 'POST', '/products', {
    body: { id: 'x', code: 'ab', title: ' T ', price: 1.5 },
    headers: SCOPE,
  })
  expect(have('shop', 'x')).toEqual(both({ code: 'AB', title: 'T', price: '1.50' }))
  await atBoth('b', 'shop', 'PUT', '/products/x', { body: { code: 'cd', price: 2, lost: 1, tags: ['b', 'a', 'b'] } })
  expect(have('shop', 'x')).toEqual(both({ code: 'CD', price: '2.00', tags: ['a', 'b'] }))
  await atBoth('a', 'shop', 'PATCH', '/products/x', { body: { price: '3' } })
  expect(have('shop', 'x')).toEqual(both({ code: 'CD', price: '3.00', tags: ['a', 'b'] }))
  await standsWell('shop', 'x')
  const read = await ask('a', 'shop', 'GET', '/products/x', { headers: SCOPE })
  expect(read.headers.get('Cheops-Sites')).toBe('a;s=agrees;c=200, b;s=agrees;c=200')
  await atBoth('b', 'shop', 'DELETE', '/products/x')
  expect(have('shop', 'x')).toEqual(both(undefined))
})

test('what Cheops cannot make out without glue runs at one site, and says so', async () => {
  const made = await ask('a', 'prefixed', 'POST', '/api/v1/labels', { body: { title: 'x' }, headers: SCOPE })
  expect(made.status).toBe(201)
  expect(made.headers.get('Warning')).toBe(
    '299 cheops "at a only: What stands below a resource is not replicated unless the glue names it as an operation."',
  )
  expect(have('prefixed', 'x')).toEqual([{ title: 'x' }, undefined])
})

test('named by its title, changed by PATCH only, below a prefix', async () => {
  await atBoth('a', 'labels', 'POST', '/api/v1/labels', { body: { title: 'wet paint', n: 1 }, headers: SCOPE })
  const refused = await ask('b', 'labels', 'PUT', '/api/v1/labels/wet%20paint', { body: { n: 2 } })
  expect([refused.status, refused.headers.get('Cheops-Outcome')]).toEqual([405, 'void'])
  await atBoth('b', 'labels', 'PATCH', '/api/v1/labels/wet%20paint', { body: { m: 2 } })
  expect(have('labels', 'wet paint')).toEqual(both({ title: 'wet paint', n: 1, m: 2 }))
  const listed = await ask('a', 'labels', 'GET', '/api/v1/labels', { headers: SCOPE })
  expect(JSON.parse(listed.text)).toMatchObject({ labels: [{ title: 'wet paint', cheops: { sites: ['a', 'b'] } }] })
  await standsWell('labels', 'wet paint')
  await atBoth('b', 'labels', 'DELETE', '/api/v1/labels/wet%20paint')
  expect(have('labels', 'wet paint')).toEqual(both(undefined))
})

test('HTTP/1.0 without lengths, slow, a connection for each answer', async () => {
  await atBoth('a', 'parts', 'POST', '/parts', { body: { id: 'x', n: 1 }, headers: SCOPE })
  await atBoth('b', 'parts', 'PUT', '/parts/x', { body: { n: 2 } })
  expect(have('parts', 'x')).toEqual(both({ id: 'x', n: 2 }))
  const read = await ask('a', 'parts', 'GET', '/parts/x', { headers: SCOPE })
  expect(read.headers.get('Cheops-Sites')).toBe('a;s=agrees;c=200, b;s=agrees;c=200')
  await standsWell('parts', 'x')
  await atBoth('b', 'parts', 'DELETE', '/parts/x')
  expect(have('parts', 'x')).toEqual(both(undefined))
})

test('an application that answers 200 where it means 404 is not replicated before its glue says so: nothing is done, and what to write is said', async () => {
  const made = await ask('a', 'guests', 'POST', '/guests', { body: { id: 'x', n: 1 }, headers: { ...SCOPE, ...WAIT } })
  const problem = JSON.parse(made.text) as { detail: string }
  expect(problem).toMatchObject({ status: 422, code: 'ERR_GLUE_ABSENCE' })
  expect(problem.detail).toContain('errors: [{at: /error, is: "not found", status: 404}]')
  expect(have('guests', 'x')).toEqual([undefined, undefined])
  const put = await ask('b', 'guests', 'PUT', '/guests/x', { body: { n: 2 }, headers: SCOPE })
  expect(JSON.parse(put.text)).toMatchObject({ status: 422, code: 'ERR_GLUE_ABSENCE' })
  expect(have('guests', 'x')).toEqual([undefined, undefined])
})

test('with that in its glue it is replicated like any other', async () => {
  await atBoth('a', 'guests-glue', 'POST', '/guests', { body: { id: 'x', n: 1 }, headers: SCOPE })
  expect(have('guests-glue', 'x')).toEqual(both({ id: 'x', n: 1 }))
  await atBoth('b', 'guests-glue', 'PUT', '/guests/x', { body: { n: 2 } })
  expect(have('guests-glue', 'x')).toEqual(both({ id: 'x', n: 2 }))
  await standsWell('guests-glue', 'x')
  // Its refusals are 200 too: they are void, and the client has the application's own words.
  for (const [method, target, headers] of [
    ['PUT', '/guests/x', {}],
    ['POST', '/guests', SCOPE],
  ] as const) {
    const refused = await ask('a', 'guests-glue', method, target, { body: { id: 'x', beds: 0 }, headers })
    expect([refused.status, refused.headers.get('Cheops-Outcome')]).toEqual([200, 'void'])
    expect(JSON.parse(refused.text)).toMatchObject({ ok: false })
  }
  const read = await ask('a', 'guests-glue', 'GET', '/guests/x', { headers: SCOPE })
  expect(read.headers.get('Cheops-Sites')).toBe('a;s=agrees;c=200, b;s=agrees;c=200')
  await atBoth('b', 'guests-glue', 'DELETE', '/guests/x')
  expect(have('guests-glue', 'x')).toEqual(both(undefined))
})

test('null with 200 for what is not there: refused with what to write, and replicated with it', async () => {
  const made = await ask('a', 'leaves', 'PUT', '/leaves/x', { body: { n: 1 }, headers: SCOPE })
  expect(JSON.parse(made.text)).toMatchObject({ status: 422, code: 'ERR_GLUE_ABSENCE' })
  expect(made.text).toContain('errors: [{at: \\"\\", is: null, read: true, status: 404}]')
  expect(have('leaves', 'x')).toEqual([undefined, undefined])

  await atBoth('a', 'leaves-glue', 'PUT', '/leaves/x', { body: { n: 1 }, headers: SCOPE })
  await atBoth('b', 'leaves-glue', 'PUT', '/leaves/x', { body: { n: 2 } })
  expect(have('leaves-glue', 'x')).toEqual(both({ n: 2 }))
  await standsWell('leaves-glue', 'x')
  await atBoth('a', 'leaves-glue', 'DELETE', '/leaves/x')
  expect(have('leaves-glue', 'x')).toEqual(both(undefined))
})

test('a member whose application shows its front page for everything is failed, and says what to write', async () => {
  const made = await ask('a', 'half-page', 'PUT', '/things/x', { body: { n: 1 }, headers: { ...SCOPE, ...WAIT } })
  expect(made.headers.get('Cheops-Sites')).toBe('a;s=applied;c=201, b;s=failed;e=ERR_GLUE_ABSENCE')
  expect(have('half-page', 'x')).toEqual([{ n: 1 }, undefined])
  const shown = (await mesh.command('b', 'replicant', 'show', 'half-page/things/x')) as {
    state: string
    detail: string
  }
  expect(shown.state).toBe('unbound')
  expect(shown.detail).toContain('errors: [{type: text/html, status: 404}]')
})

describe.each(['members', 'members-glue'])('%s: lists in pages', service => {
  test('each is replicated; a list of several sites says where there is more', async () => {
    for (const name of 'edcba') await atBoth('a', service, 'POST', '/members', { body: { name }, headers: SCOPE })
    const own = JSON.parse((await ask('b', service, 'GET', '/members')).text) as { next: string }
    expect(own).toMatchObject({ items: [{ name: 'a' }, { name: 'b' }, { name: 'c' }], next: '/members?after=c' })
    expect(JSON.parse((await ask('b', service, 'GET', own.next)).text)).toMatchObject({
      items: [{ name: 'd' }, { name: 'e' }],
      next: null,
    })
    const listed = await ask('a', service, 'GET', '/members', { headers: SCOPE })
    const sites = { sites: ['a', 'b'] }
    expect(JSON.parse(listed.text)).toMatchObject({
      items: ['a', 'b', 'c'].map(name => ({ name, cheops: sites })),
    })
    expect(listed.headers.get('Cheops-Partial')).toBeNull()
    const { next } = JSON.parse(listed.text) as { next: string }
    if (service === 'members-glue') {
      expect(next).toMatch(/^\/members\?cheops-continue=cheops\./)
      expect(listed.headers.get('Warning')).toBeNull()
      const further = await ask('b', service, 'GET', next, { headers: SCOPE })
      expect(JSON.parse(further.text)).toEqual({
        items: ['d', 'e'].map(name => ({ name, cheops: { sites: ['b', 'a'] } })),
        // As the application says it of its own last page.
        next: null,
      })
      const bad = await ask('b', service, 'GET', `${next}x%23`, { headers: SCOPE })
      expect(JSON.parse(bad.text)).toMatchObject({ status: 400, code: 'ERR_REQUEST_CONTINUE' })
    } else expect(listed.headers.get('Warning')).toContain('there may be more at each site')
    await atBoth('b', service, 'DELETE', '/members/c')
    expect(have(service, 'c')).toEqual(both(undefined))
  })
})

test('bodies of any kind, created and replaced by PUT, deleted without a 404', async () => {
  const put = (site: string, body: string, type: string, headers = {}) =>
    atBoth(site, 'values', 'PUT', '/values/x', { body, headers: { 'Content-Type': type, ...headers } })
  await put('a', 'hello', 'text/plain', SCOPE)
  expect(have('values', 'x')).toEqual(both('text/plain: hello'))
  await put('b', 'a=1&b=2', 'application/x-www-form-urlencoded')
  expect(have('values', 'x')).toEqual(both('application/x-www-form-urlencoded: a=1&b=2'))
  await put('a', '\u0000\u0001', 'image/png')
  expect(have('values', 'x')).toEqual(both('image/png: \u0000\u0001'))
  await standsWell('values', 'x')
  await atBoth('b', 'values', 'DELETE', '/values/x')
  expect(have('values', 'x')).toEqual(both(undefined))
})

describe('made by PUT alone, without glue', () => {
  const PUT_SCOPE = { headers: SCOPE }

  const etag = async (site: string, name: string): Promise<string> =>
    (await ask(site, 'shelf', 'GET', `/things/${name}`)).headers.get('ETag') ?? 'none'

  test('is created at all members, replaced, deleted, and made anew', async () => {
    await atBoth('a', 'shelf', 'PUT', '/things/mug', { body: { color: 'blue' }, ...PUT_SCOPE })
    expect(have('shelf', 'mug')).toEqual(both({ color: 'blue' }))
    await atBoth('b', 'shelf', 'PUT', '/things/mug', { body: { color: 'red', chips: 1 } })
    expect(have('shelf', 'mug')).toEqual(both({ color: 'red', chips: 1 }))
    await standsWell('shelf', 'mug')
    // Slips, times and moves are each instance's own: what was written is the same.
    const read = await ask('a', 'shelf', 'GET', '/things/mug', PUT_SCOPE)
    expect(read.headers.get('Cheops-Sites')).toBe('a;s=agrees;c=200, b;s=agrees;c=200')
    expect(read.headers.get('Warning')).toBeNull()
    const listed = await ask('b', 'shelf', 'GET', '/things', PUT_SCOPE)
    expect(JSON.parse(listed.text)).toMatchObject({ things: [{ name: 'mug', cheops: { sites: ['b', 'a'] } }] })
    const refused = await ask('a', 'shelf', 'PATCH', '/things/mug', { body: { chips: 2 } })
    expect([refused.status, refused.headers.get('Cheops-Outcome')]).toEqual([405, 'void'])
    await atBoth('b', 'shelf', 'DELETE', '/things/mug')
    expect(have('shelf', 'mug')).toEqual(both(undefined))
    await atBoth('b', 'shelf', 'PUT', '/things/mug', { body: { color: 'green' }, ...PUT_SCOPE })
    expect(have('shelf', 'mug')).toEqual(both({ color: 'green' }))
    await standsWell('shelf', 'mug')
  })

  test('one that was away gets what was written last, by PUT too', async () => {
    mesh.cut('a', 'b')
    const at = async (body: unknown, headers = {}) =>
      expect((await ask('a', 'shelf', 'PUT', '/things/plate', { body, headers })).status).toBeLessThan(300)
    await at({ n: 1 }, SCOPE)
    await at({ n: 2 })
    await at({ n: 3 })
    mesh.heal()
    await vi.waitFor(() => expect(have('shelf', 'plate')).toEqual(both({ n: 3 })), { timeout: 40_000 })
    await standsWell('shelf', 'plate')
  })

  test('an application that creates by POST alone refuses, and the other member hears nothing of it', async () => {
    const made = await ask('a', 'shop', 'PUT', '/products/put', { body: { code: 'x' }, headers: { ...SCOPE, ...WAIT } })
    expect([made.status, made.headers.get('Cheops-Outcome')]).toEqual([404, 'void'])
    expect(JSON.parse(made.text)).toEqual({ error: 'unknown' })
    expect(made.headers.get('Cheops-Sites')).toBeNull()
    expect(have('shop', 'put')).toEqual(both(undefined))
    const { items } = (await mesh.command('b', 'replicant', 'ls')) as { items: readonly Listed[] }
    expect(items.filter(({ name }) => name === 'put')).toEqual([])
    // What it does know goes on to work under the same name.
    await atBoth('b', 'shop', 'POST', '/products', { body: { id: 'put', code: 'y' }, headers: SCOPE })
    expect(have('shop', 'put')).toEqual(both({ code: 'Y' }))
  })

  test('what was deleted everywhere is free for what a PUT without a scope makes at one site', async () => {
    await atBoth('a', 'shelf', 'PUT', '/things/bowl', { body: { n: 1 }, ...PUT_SCOPE })
    await atBoth('b', 'shelf', 'DELETE', '/things/bowl')
    const made = await ask('a', 'shelf', 'PUT', '/things/bowl', { body: { n: 2 } })
    expect([made.status, made.headers.get('Cheops-Outcome')]).toEqual([201, null])
    expect(have('shelf', 'bowl')).toEqual([{ n: 2 }, undefined])
  })

  test('what is there at one site alone is not overwritten', async () => {
    await ask('b', 'shelf', 'PUT', '/things/own', { body: { n: 1 } })
    const there = await ask('b', 'shelf', 'PUT', '/things/own', { body: { n: 2 }, headers: SCOPE })
    expect(JSON.parse(there.text)).toMatchObject({ status: 422, code: 'ERR_REPLICANT_UNADOPTED' })
    expect(have('shelf', 'own')).toEqual([undefined, { n: 1 }])
  })

  test('preconditions decide where they are sent, and nowhere else', async () => {
    const none = { 'If-None-Match': '*' }
    await atBoth('a', 'shelf', 'PUT', '/things/vase', { body: { n: 1 }, headers: { ...SCOPE, ...none } })
    expect(have('shelf', 'vase')).toEqual(both({ n: 1 }))
    const again = await ask('b', 'shelf', 'PUT', '/things/vase', { body: { n: 9 }, headers: { ...SCOPE, ...none } })
    expect([again.status, again.headers.get('Cheops-Outcome')]).toEqual([412, 'void'])
    const tags = [await etag('a', 'vase'), await etag('b', 'vase')] as const
    expect(tags[0]).not.toBe(tags[1])
    await atBoth('b', 'shelf', 'PUT', '/things/vase', { body: { n: 2 }, headers: { 'If-Match': tags[1] } })
    expect(have('shelf', 'vase')).toEqual(both({ n: 2 }))
    // That of another site is as wrong here as a stale one.
    for (const headers of [{ 'If-Match': tags[0] }, { 'If-Match': tags[1] }]) {
      const stale = await ask('b', 'shelf', 'DELETE', '/things/vase', { headers })
      expect([stale.status, stale.headers.get('Cheops-Outcome')]).toEqual([412, 'void'])
    }
    const long = new Date(0).toUTCString()
    const old = await ask('a', 'shelf', 'DELETE', '/things/vase', { headers: { 'If-Unmodified-Since': long } })
    expect([old.status, old.headers.get('Cheops-Outcome')]).toEqual([412, 'void'])
    expect(have('shelf', 'vase')).toEqual(both({ n: 2 }))
    const since = (await ask('a', 'shelf', 'GET', '/things/vase')).headers.get('Last-Modified') ?? ''
    await atBoth('a', 'shelf', 'PUT', '/things/vase', { body: { n: 3 }, headers: { 'If-Unmodified-Since': since } })
    expect(have('shelf', 'vase')).toEqual(both({ n: 3 }))
    await atBoth('a', 'shelf', 'DELETE', '/things/vase', { headers: { 'If-Match': await etag('a', 'vase') } })
    expect(have('shelf', 'vase')).toEqual(both(undefined))
    await standsWellOrGone('shelf', 'vase')
  })
})

/** Nothing of it differs, and nothing waits for anybody. */
async function standsWellOrGone(service: string, name: string): Promise<void> {
  for (const site of SITES) {
    const { items } = (await mesh.command(site, 'replicant', 'ls')) as { items: readonly Listed[] }
    for (const item of items.filter(each => each.service === service && each.name === name))
      expect(item, site).toMatchObject({ state: 'agrees', conflicts: 0 })
  }
}
/** Both sides of a cut write; afterwards the applications come to the same. */
async function acrossCut(writes: (site: string) => Promise<void>, service: string, name: string): Promise<unknown> {
  mesh.cut('a', 'b')
  for (const site of SITES) await writes(site)
  mesh.heal()
  await vi.waitFor(
    async () => {
      for (const site of SITES) {
        const shown = (await mesh.command(site, 'replicant', 'show', `${service}/${name}`)) as { state: string }
        expect(shown.state, `${name} at ${site}: ${JSON.stringify(have(service, name.split('/').at(-1) ?? ''))}`).toBe(
          'agrees',
        )
      }
    },
    { timeout: 40_000, interval: 500 },
  )
  const [one, other] = have(service, decodeURIComponent(name).split('/').at(-1) ?? '') ?? []
  expect(one).toEqual(other)
  return one
}

test('created by PUT and never replaced by it: what both sides of a cut have written is deleted and made anew', async () => {
  await atBoth('a', 'tickets', 'PUT', '/tickets/x', { body: { title: 't' }, headers: SCOPE })
  const again = await ask('b', 'tickets', 'PUT', '/tickets/x', { body: { title: 'other' } })
  expect([again.status, again.headers.get('Cheops-Outcome')]).toEqual([409, 'void'])
  const patched = async (site: string) => {
    const answer = await ask(site, 'tickets', 'PATCH', '/tickets/x', { body: { [site]: 1, last: site } })
    expect(answer.status, answer.text).toBe(200)
  }
  expect(await acrossCut(patched, 'tickets', 'ticket/x')).toEqual({ id: 'x', title: 't', a: 1, b: 1, last: 'b' })
  const created = async (site: string) => {
    const answer = await ask(site, 'tickets', 'PUT', '/tickets/y', { body: { title: site }, headers: SCOPE })
    expect(answer.status, answer.text).toBe(201)
  }
  expect(await acrossCut(created, 'tickets', 'ticket/y')).toEqual({ id: 'y', title: 'b' })
  await atBoth('b', 'tickets', 'DELETE', '/tickets/x')
  expect(have('tickets', 'x')).toEqual(both(undefined))
  // What was changed past Cheops is mended in the same way, as soon as the other has nothing left to do.
  const [, other] = running.get('tickets') as readonly OnceTickets[]
  other?.tickets.set('y', { id: 'y', title: 'painted over' })
  await vi.waitFor(() => mesh.command('b', 'replicant', 'repair', 'tickets/ticket/y'), {
    timeout: 30_000,
    interval: 500,
  })
  expect(have('tickets', 'y')).toEqual(both({ id: 'y', title: 'b' }))
})

test('documents with revisions, which each site counts for itself: 409 without the present one', async () => {
  const revised = async (site: string, body: object): Promise<object> => {
    const { _rev } = JSON.parse((await ask(site, 'revised', 'GET', '/db/x')).text) as { _rev: string }
    return { ...body, _rev }
  }
  await atBoth('a', 'revised', 'PUT', '/db/x', { body: { n: 1 }, headers: SCOPE })
  await atBoth('b', 'revised', 'PUT', '/db/x', { body: await revised('b', { n: 2 }) })
  expect(have('revised', 'x')).toEqual(both({ n: 2 }))
  const stale = await ask('a', 'revised', 'PUT', '/db/x', { body: await revised('b', { n: 9 }) })
  expect([stale.status, stale.headers.get('Cheops-Outcome')]).toEqual([409, 'void'])
  const put = async (site: string) => {
    const answer = await ask(site, 'revised', 'PUT', '/db/x', { body: await revised(site, { by: site }) })
    expect(answer.status, answer.text).toBe(201)
  }
  expect(await acrossCut(put, 'revised', 'document/db%2Fx')).toEqual({ by: 'b' })
  const { _rev } = (await revised('b', {})) as { _rev: string }
  await atBoth('b', 'revised', 'DELETE', `/db/x?rev=${_rev}`)
  expect(have('revised', 'x')).toEqual(both(undefined))
})

test('a change of what is replicated that the glue does not know stays at its site, and says so', async () => {
  await atBoth('a', 'tickets', 'PUT', '/tickets/z', { body: { title: 't' }, headers: SCOPE })
  const closed = await ask('a', 'tickets', 'POST', '/tickets/z/close')
  expect(closed.headers.get('Warning')).toBe(
    '299 cheops "at a only: What stands below a resource is not replicated unless the glue names it as an operation."',
  )
  const found = await ask('a', 'tickets', 'PROPFIND', '/tickets/z', { headers: SCOPE })
  expect([found.status, found.headers.get('Warning')]).toEqual([405, null])
  expect((await ask('a', 'tickets', 'POST', '/tickets/none/close')).headers.get('Warning')).toBeNull()
})

test('a site whose definition is another one writes nothing elsewhere, and says so', async () => {
  const headers = { ...SCOPE, ...WAIT, 'Content-Type': 'text/plain' }
  const made = await ask('a', 'half', 'PUT', '/values/x', { body: 'hello', headers })
  expect(made.headers.get('Cheops-Sites')).toBe('a;s=applied;c=201, b;s=failed;e=ERR_REPLICANT_OTHER_GLUE')
  const [, other] = running.get('half') as readonly KeyValues[]
  expect([...(other?.values ?? [])]).toEqual([])
  const shown = await mesh.command('b', 'replicant', 'show', 'half/value/x')
  expect(shown).toMatchObject({ state: 'diverged', reason: expect.stringContaining('PUT /values/x') })
})
