/**
 * What `cheops glue check --against` does to an application that other things stand in: it takes nothing of these for its probe, leaves no probe
 * without a word, and advises nothing that is wrong. How: a plain application on loopback that answers one thing in another way.
 */
import { describe, expect, it, test } from 'vitest'
import { alike } from '../../../src/glue/probe-name.ts'
import { checkKind, idOf, listen, tryOn, type Asked, type Item, type Reply } from './against-fixture.ts'

const CLIENT = 'id: {at: /id, from: client}'
const isCreate = ({ method, id }: Asked) => method === 'POST' && id === undefined
const contents = (items: ReadonlyMap<string, Item>) => Object.fromEntries(items)

describe('what was there stays as it was', () => {
  const theirs = { invoice: { id: 'invoice', text: 'of the user' } }
  /** POST replaces what is there. */
  const upsert = (asked: Asked): Reply | undefined =>
    isCreate(asked) && idOf(asked.body) !== undefined
      ? [200, asked.items.set(idOf(asked.body) ?? '', asked.body) && asked.body]
      : undefined

  it.each(['', 'id: {at: /id, from: server}\n    ', 'id: {at: [/key, /id], from: either}\n    ', `${CLIENT}\n    `])(
    'where the example says its ID, and a POST replaces (%j)',
    async ids => {
      const { items, found } = await tryOn(`${ids}example: {id: invoice, text: probe}`, upsert, theirs)
      expect([contents(items), found]).toEqual([theirs, []])
    },
  )

  it('where a PUT stores by the ID in its body', async () => {
    const byBody = ({ method, id, body, items }: Asked): Reply | undefined =>
      method === 'PUT' && id !== undefined ? [201, items.set(idOf(body) ?? id, body).get(id)] : undefined
    const { items } = await tryOn('create: {method: PUT}\n    example: {id: invoice, text: probe}', byBody, theirs)
    expect(contents(items)).toEqual(theirs)
  })

  it('where a PUT of what is shown is refused, and one of the example stores by the ID in its body', async () => {
    const odd = ({ method, id, body, items }: Asked): Reply | undefined => {
      const item = items.get(id ?? '')
      if (method === 'GET' && item !== undefined) return [200, { key: id, text: item['text'], size: 3 }]
      if (method !== 'PUT') return undefined
      return 'size' in body ? [422] : [200, items.set(idOf(body) ?? '', body) && body]
    }
    const kind = 'id: {at: [/key, /id], from: either}\n    example: {id: invoice, text: probe}'
    const { items } = await tryOn(kind, odd, theirs)
    expect(items.get('invoice')).toEqual(theirs.invoice)
  })

  const named = { '7': { id: '7', name: 'probe', text: 'of the user' } }
  const finds =
    (status: number) =>
    (asked: Asked): Reply | undefined =>
      isCreate(asked) && asked.body['name'] === 'probe' ? [status, asked.items.get('7')] : undefined

  it.each([
    [200, 'id: {at: /id, from: server}'],
    [201, 'id: {at: /id, from: server}'],
    [200, CLIENT],
  ])('where a POST is answered with what is there already (%i, %s)', async (status, ids) => {
    const { items, found, requests } = await tryOn(`${ids}\n    example: {name: probe}`, finds(status), named)
    expect(contents(items)).toEqual(named)
    expect(found).toEqual([
      expect.stringMatching(
        `^error kinds.item.example: a create is answered ${status} with what was there before \\("7"\\): .*give the example values that nobody has$`,
      ),
    ])
    expect(requests.filter(request => /PUT|PATCH|DELETE/.test(request))).toEqual([])
  })

  it.each([
    ['no list can be read', (): Reply => [405]],
    // The first page is full: what comes stands on it, or on another.
    ['the list is in parts', ({ items }: Asked): Reply => [200, [...items.values()].slice(0, 1)]],
    ['the list has no IDs', ({ items }: Asked): Reply => [200, [...items.values()].map(() => ({ name: 'probe' }))]],
  ])('where nobody can tell what a POST has found or made: %s', async (_, list) => {
    const before = { '1': { id: '1', name: 'first' }, ...named }
    const odd = (asked: Asked): Reply | undefined =>
      asked.id === undefined && asked.method === 'GET' ? list(asked) : finds(200)(asked)
    const { items, found } = await tryOn('id: {at: /id, from: server}\n    example: {name: probe}', odd, before)
    expect(contents(items)).toEqual(before)
    expect(found).toContainEqual(
      expect.stringMatching(/^error kinds.item.create: nobody can tell .*\(not 201\).*: DELETE http:\S+\/items\/7$/),
    )
  })

  /** The first page is full: what comes stands on another. */
  const firstPage = ({ method, id, items }: Asked): Reply | undefined =>
    method === 'GET' && id === undefined ? [200, [...items.values()].slice(0, 1)] : undefined

  it('where a POST is answered 201 with what stands on a later page of the list', async () => {
    const before = { '1': { id: '1', name: 'first' }, ...named }
    const odd = (asked: Asked): Reply | undefined => firstPage(asked) ?? finds(201)(asked)
    const { items, found, requests } = await tryOn(
      'id: {at: /id, from: server}\n    example: {name: probe}',
      odd,
      before,
    )
    expect(contents(items)).toEqual(before)
    expect(requests.filter(request => /PUT|PATCH|DELETE/.test(request))).toEqual([])
    expect(found).toEqual([
      expect.stringMatching(/^error .*answered 201, as a second one is with the same ID, .*\/items\/7$/),
    ])
  })

  it.each([
    ['makes another', () => true],
    ['is refused, since there is one', (items: ReadonlyMap<string, Item>) => items.size < 2],
  ])('and what a POST has made is taken away again, where a second one %s', async (_, mayMake) => {
    const before = { '1': { id: '1', name: 'first' } }
    let last = 1
    const odd = (asked: Asked): Reply | undefined => {
      if (!isCreate(asked)) return firstPage(asked)
      if (!mayMake(asked.items)) return [409]
      const id = String(++last)
      return [201, asked.items.set(id, { ...asked.body, id }).get(id)]
    }
    const { items, found, requests } = await tryOn(
      'id: {at: /id, from: server}\n    example: {name: probe}',
      odd,
      before,
    )
    expect([contents(items), found.filter(text => !text.includes('in the list'))]).toEqual([before, []])
    expect(requests).toContain('PUT /items/2')
  })

  it('where an ID leads elsewhere', async () => {
    const odd = (asked: Asked): Reply | undefined => (isCreate(asked) ? [201, { id: '..' }] : undefined)
    const { found, requests } = await tryOn('id: {at: /id, from: server}', odd)
    expect(found).toEqual([expect.stringMatching(/"\.\." for an ID, which leads elsewhere; a probe may be left at/)])
    expect(requests.join()).not.toContain('DELETE')
  })

  it('where the application gives an ID again once it is free, and a delete is in doubt', async () => {
    let deletes = 0
    const odd = ({ method, id, items }: Asked): Reply | undefined => {
      if (method !== 'DELETE' || id !== 'server-7' || deletes++ > 0) return undefined
      items.set('server-7', { id: 'server-7', text: 'of another user' })
      return [504]
    }
    const { items, found } = await tryOn('id: {at: /id, from: server}', odd)
    expect(contents(items)).toEqual({ 'server-7': { id: 'server-7', text: 'of another user' } })
    expect(found).toContainEqual(expect.stringContaining('the probe could not be removed; delete it yourself: DELETE'))
  })

  it('where the application gives an ID again once it is free: whether PUT makes is tried by another', async () => {
    const odd = ({ method, id, body, items }: Asked): Reply | undefined => {
      if (method === 'PUT' && id !== undefined && !items.has(id)) return [201, items.set(id, body).get(id)]
      return undefined
    }
    const { items, found, requests } = await tryOn('example: {name: probe}', odd)
    expect(requests.filter(request => request.startsWith('PUT')).slice(-1)).toEqual([
      expect.stringMatching(/^PUT \/items\/cheops-probe-/),
    ])
    expect([items.size, found]).toEqual([0, [expect.stringContaining('a PUT makes what is not there')]])
  })
})

it('goes on where a create that is answered 200 stands in the list since', async () => {
  const before = { '1': { id: '1' }, '2': { id: '2' } }
  const odd = (asked: Asked): Reply | undefined =>
    isCreate(asked) ? [200, asked.items.set('3', { ...asked.body, id: '3' }).get('3')] : undefined
  const { items, found, requests } = await tryOn('id: {at: /id, from: server}', odd, before)
  expect([found, contents(items)]).toEqual([[], before])
  expect(requests).toContain('PUT /items/3')
})

it('draws an ID of the form of the example where no other is taken', async () => {
  const odd = (asked: Asked): Reply | undefined =>
    isCreate(asked) && !/^[a-z0-9]{15}$/.test(idOf(asked.body) ?? '') ? [400, { id: 'not in form' }] : undefined
  const kind = 'id: {at: /id, from: either}\n    example: {id: probe0123456789, title: probe}'
  const { items, found, requests } = await tryOn(kind, odd, { probe0123456789: { id: 'probe0123456789' } })
  expect([found, [...items.keys()]]).toEqual([[], ['probe0123456789']])
  expect(requests).toContainEqual(expect.stringMatching(/^DELETE \/items\/[probe]{5}\d{10}$/))
  const short = await tryOn('id: {at: /id, from: client}\n    example: {id: probe}', odd)
  expect(short.found).toEqual([expect.stringMatching(/so "cheops-probe-\w{8}" stood for it$/)])
})

test('an ID of the same form', () => {
  expect(alike('3f2b8c1e-7d4a-4b6f-9e21-0c5d8a7b6e4f')).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-/)
  expect(alike('507f1f77bcf86cd799439011')).toMatch(/^\d{3}[a-f]\d[a-f]\d\d[a-f]{3}\d\d[a-f]{2}\d{9}$/)
  expect(alike('probe0123456789.example.')).toMatch(/^[probe]{5}\d{10}\.example\.$/)
  // Somebody may have these.
  for (const id of ['invoice', '7', '1111111111', 'été']) expect(alike(id)).toBeUndefined()
})

describe('no probe is left without a word', () => {
  it('where a PUT makes, and a delete wants a precondition', async () => {
    const odd = ({ method, id, body, headers, items }: Asked): Reply | undefined => {
      if (method === 'GET' && id !== undefined && items.has(id)) return [200, items.get(id), { etag: '"v1"' }]
      if (method === 'PUT' && id !== undefined && !items.has(id)) return [201, items.set(id, body).get(id)]
      return id !== undefined && items.has(id) && headers['if-match'] === undefined && method !== 'GET'
        ? [428]
        : undefined
    }
    const { items } = await tryOn(`${CLIENT}\n    conditions: if-match`, odd)
    expect([...items.keys()]).toEqual([])
  })

  it.each([
    [500, CLIENT],
    [504, CLIENT],
    [503, 'create: {method: PUT}'],
  ])('where a create is made and answered %i (%s)', async (status, kind) => {
    const odd = ({ method, id, body, items }: Asked): Reply | undefined => {
      if (method !== (kind === CLIENT ? 'POST' : 'PUT')) return undefined
      items.set(id ?? idOf(body) ?? '', body)
      return [status]
    }
    const { items, found } = await tryOn(kind, odd)
    expect(items.size).toBe(0)
    expect(found).toEqual([expect.stringContaining(`a create was answered ${status}`)])
  })

  it('where a create is made and not answered, late or not at all', async () => {
    let made = 0
    const odd = (asked: Asked): Reply | 'nothing' | undefined => {
      if (!isCreate(asked)) return undefined
      const { items, body } = asked
      if (made++ === 0) setTimeout(() => items.set(idOf(body) ?? '', body), 400)
      return 'nothing'
    }
    const late = await tryOn(CLIENT, odd, {}, { timeoutMs: 200 })
    expect([late.items.size, late.found]).toEqual([0, [expect.stringMatching(/POST \/items: no answer/)]])
    const never = await tryOn(`${CLIENT}\n    settle-within: 0`, odd, {}, { timeoutMs: 200 })
    expect(never.found).toContainEqual(
      expect.stringMatching(
        /^warning .*answered nothing is carried out yet: a probe may be left at \S+\/cheops-probe-/,
      ),
    )
  })

  it('where a create by an ID of the application is answered 500', async () => {
    const odd = (asked: Asked): Reply | undefined => {
      if (isCreate(asked)) asked.items.set('7', { id: '7' })
      return isCreate(asked) ? [500] : undefined
    }
    const { found, items } = await tryOn('id: {at: /id, from: server}', odd)
    expect(items.size).toBe(1)
    expect(found).toContainEqual(
      expect.stringMatching(/^warning kinds.item.create: a probe may be left at \S+\/items$/),
    )
  })

  it.each(['POST', 'PUT', 'DELETE'])('where it is interrupted while a %s is under way', async under => {
    const interrupt = new AbortController()
    const odd = ({ method }: Asked): Reply | undefined => {
      if (method === under) interrupt.abort()
      return undefined
    }
    const { items, found, requests } = await tryOn(CLIENT, odd, {}, { interrupted: interrupt.signal })
    expect([...items.keys()]).toEqual([])
    expect(found.at(-1)).toMatch(/^error : interrupted: not all was tried/)
    const after = requests.slice(requests.findIndex(request => request.startsWith(under)) + 1)
    expect(after.filter(request => /POST|PUT|PATCH/.test(request))).toEqual([])
  })

  const SERVER = 'id: {at: /id, from: server}'
  it.each([
    ['a POST', isCreate],
    ['the first look at it', ({ method, id }: Asked) => method === 'GET' && id === 'n1'],
    ['the list', ({ method, id, items }: Asked) => method === 'GET' && id === undefined && items.has('n1')],
  ])(
    'where the application has chosen its ID, and it is interrupted while %s is under way',
    async (_under, isUnder) => {
      const interrupt = new AbortController()
      const odd = (asked: Asked): Reply | undefined => {
        if (isUnder(asked)) interrupt.abort()
        return isCreate(asked) ? [201, asked.items.set('n1', { ...asked.body, id: 'n1' }).get('n1')] : undefined
      }
      const theirs = { other: { id: 'other' } }
      const { items, found, requests } = await tryOn(SERVER, odd, theirs, { interrupted: interrupt.signal })
      expect(contents(items)).toEqual(theirs)
      expect(found).toEqual([expect.stringMatching(/^error : interrupted: not all was tried/)])
      expect(requests.filter(request => /POST|PUT|PATCH/.test(request))).toHaveLength(1)
    },
  )

  it('but leaves alone, interrupted or not, what nobody can tell to be a probe', async () => {
    const interrupt = new AbortController()
    const odd = (asked: Asked): Reply | undefined => {
      // No list.
      if (asked.method === 'GET' && asked.id === undefined) return [403]
      if (!isCreate(asked)) return undefined
      interrupt.abort()
      return [201, asked.items.set('n1', { ...asked.body, id: 'n1' }).get('n1')]
    }
    const { items, found } = await tryOn(SERVER, odd, {}, { interrupted: interrupt.signal })
    expect([...items.keys()]).toEqual(['n1'])
    expect(found).toContainEqual(expect.stringMatching(/it was left as it is, .*DELETE \S+\/items\/n1$/))
  })

  it('where a PUT makes and is answered 500', async () => {
    const odd = ({ method, id, body, items }: Asked): Reply | undefined =>
      method === 'PUT' && id !== undefined && !items.has(id) ? (items.set(id, body), [500]) : undefined
    const { items } = await tryOn(CLIENT, odd)
    expect(items.size).toBe(0)
  })

  it('where what was created is not found where the definition says', async () => {
    const odd = (asked: Asked): Reply | undefined => {
      if (isCreate(asked)) return [201, asked.items.set('elsewhere', asked.body) && undefined]
      return asked.id === undefined ? undefined : [404]
    }
    const { found } = await tryOn(`${CLIENT}\n    settle-within: 0`, odd)
    expect(found).toContainEqual(
      expect.stringMatching(/^warning .*answered 201 was not found at .*: a probe may be left at \S+\/items$/),
    )
  })

  it.each(['http://', '//'])('where a Location is none (%s), and does not throw', async location => {
    const sent = ({ method, id }: Asked): Reply | undefined =>
      method === 'GET' && id !== undefined ? [301, undefined, { location }] : undefined
    expect((await tryOn(CLIENT, sent)).items.size).toBe(0)
    const made = (asked: Asked): Reply | undefined =>
      isCreate(asked) ? (asked.items.set('z', asked.body), [201, {}, { location }]) : undefined
    const { found } = await tryOn('id: {at: /id, from: server}', made)
    expect(found).toEqual([expect.stringMatching(/no ID at "\/id" and no Location; a probe may be left at/)])
  })
})

describe('what it advises', () => {
  const shownWith = (more: Item, asked: Asked): Reply | undefined =>
    asked.method === 'GET' && asked.id !== undefined && asked.items.has(asked.id)
      ? [200, { ...asked.items.get(asked.id), ...more }]
      : undefined

  it('does not ask for server-set where only what was written is compared', async () => {
    const odd = (asked: Asked): Reply | undefined =>
      shownWith({ size: 3 }, asked) ?? (asked.method === 'PUT' && 'size' in asked.body ? [422] : undefined)
    const { found } = await tryOn(`${CLIENT}\n    compare: written\n    example: {name: probe}`, odd)
    expect(found).toEqual([])
  })

  it.each([
    [200, 'deletionTimestamp', '2026-01-01T00:00:00Z'],
    [200, 'terminating', true],
    [200, 'to_be_deleted', true],
    [202, 'deleted', true],
  ])('does not take what is on its way to be deleted for deleted (%i, %s)', async (status, field, value) => {
    const odd = ({ method, id, items }: Asked): Reply | undefined =>
      method === 'DELETE' && id !== undefined && items.has(id)
        ? [status, items.set(id, { ...items.get(id), metadata: { [field]: value, finalizers: ['x'] } }).get(id)]
        : undefined
    const { found } = await tryOn(`${CLIENT}\n    settle-within: 0`, odd)
    expect(found).toEqual([
      expect.stringContaining(`(deletion may take a while here; where it stays so, and /metadata/${field} says`),
    ])
  })

  it.each([
    ['{spec: {colour: red}}', '/spec/address'],
    ['{spec: {colour: red, ports: [{port: 1}, {port: 2}]}}', '/spec/ports/-/address'],
  ])('names what is refused below a field of the example, and no other (%s)', async (example, place) => {
    const own = (spec: Item): Item =>
      place === '/spec/address'
        ? { ...spec, address: '10.0.0.1' }
        : { ...spec, ports: (spec['ports'] as Item[]).map(port => ({ ...port, address: 1 })) }
    const odd = (asked: Asked): Reply | undefined => {
      const { method, id, items, body } = asked
      const spec = items.get(id ?? '')?.['spec'] as Item | undefined
      if (spec !== undefined && method === 'GET') return shownWith({ spec: own(spec), phase: 'on', size: 3 }, asked)
      return method === 'PUT' && JSON.stringify(body).includes('address') ? [422] : undefined
    }
    const { found } = await tryOn(`${CLIENT}\n    example: ${example}`, odd)
    expect(found).toEqual([
      `warning kinds.item.server-set: a PUT of what is shown is refused, and taken without ${place}: name in server-set what the application sets by itself, else no replica can be repaired`,
    ])
    const said = await tryOn(`${CLIENT}\n    server-set: [${place}]\n    example: ${example}`, odd)
    expect(said.found).toEqual([])
  })

  it('names no field where none alone is what is refused', async () => {
    const odd = (asked: Asked): Reply | undefined =>
      shownWith({ phase: 'on', size: 3 }, asked) ??
      (asked.method === 'PUT' && 'size' in asked.body && 'phase' in asked.body ? [422] : undefined)
    const { found } = await tryOn(`${CLIENT}\n    example: {name: probe}`, odd)
    expect(found).toEqual([expect.stringContaining('none of the fields besides that were tried alone')])
    expect(found.join()).not.toContain('/phase')
  })
})

describe('what a text says', () => {
  /** Takes XML by POST, which replaces by the ID in it. */
  async function xml(kind: string) {
    const items = new Map([['bolt', '<item><id>bolt</id><count>40</count></item>']])
    const type = { 'content-type': 'application/xml' }
    using application = await listen((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const id = /^\/items\/(.+)$/.exec(request.url ?? '')?.[1]
        const name = id ?? /<id>(.*)<\/id>/.exec(text)?.[1] ?? ''
        if (id === undefined && request.method === 'GET') return response.writeHead(200, type).end('<items/>')
        if (id !== undefined && !items.has(id)) return response.writeHead(404).end()
        if (request.method === 'GET') return response.writeHead(200, type).end(items.get(name))
        if (request.method === 'DELETE') return response.writeHead(items.delete(name) ? 204 : 404).end()
        items.set(name, text)
        return response.writeHead(id === undefined ? 201 : 200, { location: `/items/${name}` }).end()
      })
    })
    return { ...(await checkKind(application.url, kind)), items }
  }

  it.each(['client', 'either'])('is not taken for a probe where it may be an ID (from: %s)', async from => {
    const { found, items } = await xml(`id: {at: /id, from: ${from}}\n    example: "<item><id>bolt</id></item>"`)
    expect([...items.keys()]).toEqual(['bolt'])
    expect(found.join('\n')).toMatch(/write \{id\} there.* it was left as it is/)
    expect(found.join('\n')).not.toContain('from: server')
  })

  it('has the name of the probe where the definition says that the ID stands', async () => {
    const { found, items } = await xml('id: {at: /id, from: client}\n    example: "<item><id>{id}</id></item>"')
    expect([...items]).toEqual([['bolt', '<item><id>bolt</id><count>40</count></item>']])
    expect(found.filter(text => text.includes('left'))).toEqual([])
  })
})

describe('what may be left is said', () => {
  it('where the answer has the ID elsewhere, and a deletion of what is not there is answered with success', async () => {
    const { items, found } = await tryOn('id: {at: /name, from: client}\n    example: {name: x}', asked => {
      if (asked.method === 'DELETE') {
        asked.items.delete(asked.id ?? '')
        return [204]
      }
      if (!isCreate(asked)) return undefined
      asked.items.set('u0', asked.body)
      return [201, { ...asked.body, uuid: 'u0' }]
    })
    expect([...items.keys()]).toEqual(['u0'])
    expect(found.join('\n')).toContain('a probe may be left at')
  })

  it('where a create is sent on to what it has made', async () => {
    const { items, found } = await tryOn('id: {at: /id, from: server}\n    example: {name: x}', asked => {
      if (!isCreate(asked)) return undefined
      asked.items.set('5', asked.body)
      return [303, undefined, { location: '/items/5' }]
    })
    expect([...items.keys()]).toEqual(['5'])
    expect(found.join('\n')).toContain('a probe may be left at /items/5')
  })

  it('where a PUT makes one of another ID', async () => {
    const { items, found } = await tryOn('id: {at: /id, from: either}\n    example: {name: x}', asked => {
      if (asked.method !== 'PUT' || asked.items.has(asked.id ?? '')) return undefined
      asked.items.set('s0', { ...asked.body, id: 's0' })
      return [201, asked.items.get('s0')]
    })
    expect([...items.keys()]).toEqual(['s0'])
    expect(found.join('\n')).toContain('a probe may be left at')
  })
})

it('a second create that is in doubt is not said to have the same ID', async () => {
  let posts = 0
  const odd = ({ method, id, items }: Asked): Reply | undefined => {
    if (method === 'GET' && id === undefined) return [200, [...items.values()].slice(0, 1)]
    return method === 'POST' && posts++ > 0 ? [503] : undefined
  }
  const definition = 'id: {at: /id, from: server}\n    example: {name: probe}'
  const { found } = await tryOn(definition, odd, { '1': { id: '1' } })
  expect(found.join('\n')).toContain('nobody can tell whether a create that is answered 201 has made')
})
