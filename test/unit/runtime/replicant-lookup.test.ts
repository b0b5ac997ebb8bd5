/** Bounds of looking for what is not here: what is asked of the mesh, how often, and of whom. Sites and the mesh answer as the test says. */
import { expect, test } from 'vitest'
import { loadGlue } from '../../../src/glue/index.ts'
import { CheopsError } from '../../../src/errors.ts'
import type { Exchange, RelayResult } from '../../../src/ports/exchange.ts'
import type { Membership } from '../../../src/ports/membership.ts'
import { MAX_BUCKETS_ASKED, ReplicantLookup } from '../../../src/runtime/replicant-lookup.ts'

const glue = await loadGlue('rest')
const exchange = (path: string, method = 'GET') =>
  ({
    head: { method, target: path, rawHeaders: [] },
    path,
    service: 'inventory',
    hasBody: false,
  }) as unknown as Exchange
const NOT_HERE = { kind: 'declined', status: 404 } as const
const FOUND = { kind: 'answered', status: 200, complete: true } as const

function lookupWith({ found = ['site2'], services = ['inventory'], down = [] as string[], isKnown = false } = {}) {
  const asked: number[] = []
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
    buckets: {
      announce: async () => {},
      find: async bucket => {
        asked.push(bucket)
        return found.map(name => `peer of ${name}`)
      },
    },
    isKnown: async () => isKnown,
    glue: () => glue,
    now: () => now,
  })
  const pass = (ms: number): void => void (now += ms)
  const read = async (
    path: string,
    there: Record<string, RelayResult> = { site2: FOUND },
    here: RelayResult = NOT_HERE,
  ) => {
    const tried: string[] = []
    const answer = await lookup.read(
      exchange(path),
      async () => here,
      async site => {
        tried.push(site)
        return there[site] ?? NOT_HERE
      },
    )
    return { answer, tried }
  }
  return { lookup, asked, pass, read }
}

test('what is here, is known here, is no single resource or is nowhere else is not looked for', async () => {
  const { asked, read } = lookupWith()
  expect((await read('/items/x', {}, FOUND)).answer).toEqual({ result: FOUND, site: 'site1' })
  expect((await read('/items')).answer).toBeUndefined()
  expect(asked).toEqual([])
  const known = lookupWith({ isKnown: true })
  expect(await known.read('/items/x')).toEqual({ answer: undefined, tried: [] })
  const alone = lookupWith({ services: [] })
  expect(await alone.read('/items/x')).toEqual({ answer: undefined, tried: [] })
  expect([...known.asked, ...alone.asked]).toEqual([])
})

test('who has announced it is asked, one after the other', async () => {
  const { read } = lookupWith({ found: ['site2', 'site3', 'stranger'] })
  expect(await read('/items/x', { site3: FOUND })).toEqual({
    answer: { result: FOUND, site: 'site3' },
    tried: ['site2', 'site3'],
  })
  expect(await read('/items/x', {})).toEqual({ answer: undefined, tried: ['site2', 'site3'] })
})

test('one that cannot be asked makes it a failure, unless another has it', async () => {
  const unreachable = { kind: 'failed', error: new CheopsError('ERR_SITE_UNREACHABLE', 'away') } as const
  const { read } = lookupWith({ found: ['site2', 'site3'] })
  expect((await read('/items/x', { site2: unreachable, site3: FOUND })).answer?.site).toBe('site3')
  await expect(read('/items/x', { site2: unreachable })).rejects.toMatchObject({ code: 'ERR_LOOKUP_INCOMPLETE' })
  const down = lookupWith({ down: ['site2'] })
  await expect(down.read('/items/x')).rejects.toMatchObject({
    code: 'ERR_LOOKUP_INCOMPLETE',
    meta: { sites: ['site2'] },
  })
})

test('the mesh is asked once in a while for one name, and for so many at a time', async () => {
  const { asked, pass, read } = lookupWith({ found: [] })
  for (let n = 0; n < 5; n++) await read('/items/x')
  expect(asked).toHaveLength(1)
  pass(3_000)
  await read('/items/x')
  expect(asked).toHaveLength(2)
  pass(3_000)
  const many = async (): Promise<void> => {
    for (let n = 0; n < 10 * MAX_BUCKETS_ASKED; n++) await read(`/items/${n}`)
  }
  await expect(many()).rejects.toMatchObject({ code: 'ERR_SITE_BUSY' })
  expect(asked).toHaveLength(2 + MAX_BUCKETS_ASKED)
  pass(3_000)
  expect((await read('/items/y')).answer).toBeUndefined()
})
