/**
 * Shows that the tour can fail: each kind of expectation refuses what does not meet it, a read is asked again until its
 * time is over, what changes something is sent once only, and a failed step neither passes nor ends the tour. How:
 * answers made by hand, and a server on loopback in the place of an agent.
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { curl, type Answer } from '../../../../sims/demo/client.ts'
import { compare, runTour, type World } from '../../../../sims/demo/run-tour.ts'
import { tour, type Expectation, type Step } from '../../../../sims/demo/steps.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
  server?.closeAllConnections()
  server = undefined
})

const worldOf = async (listener: RequestListener, events: Partial<World> = {}): Promise<World> => {
  const created = createServer(listener)
  server = created
  await new Promise<void>(resolve => created.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(created.address() as AddressInfo).port}`
  return { url: () => url, act: async () => 'done', command: async () => ({ code: 0, output: '' }), ...events }
}

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  body,
  headers,
})
const problem = { 'content-type': 'application/problem+json' }

describe('an expectation', () => {
  test.each<[string, Expectation, Answer]>([
    ['status', { status: 201 }, answer(201, {})],
    ['site', { status: 200, site: 'site2' }, answer(200, {}, { 'cheops-site': 'site2' })],
    ['code', { status: 503, code: 'ERR_X' }, answer(503, { code: 'ERR_X' }, problem)],
    ['words', { status: 200, mentions: 'bolt' }, answer(200, { id: 'bolt' })],
    ['length', { status: 200, length: 2 }, answer(200, [1, 2])],
    ['members', { status: 200, body: { a: { b: 1 } } }, answer(200, { a: { b: 1, c: 2 }, d: 3 })],
  ])('that holds: %s', (_, expected, got) => {
    expect(compare(expected, got)).toEqual([])
  })

  test.each<[string, Expectation, Answer, string]>([
    ['status', { status: 201 }, answer(200, {}), 'status 200, expected 201'],
    ['no site', { status: 200, site: 'site2' }, answer(200, {}), 'Cheops-Site is missing, expected site2'],
    ['code', { status: 503, code: 'ERR_X' }, answer(503, { code: 'ERR_Y' }, problem), 'code is "ERR_Y"'],
    ['no problem', { status: 503, code: 'ERR_X' }, answer(503, { code: 'ERR_X' }), 'Content-Type is missing'],
    ['words', { status: 200, mentions: 'bolt' }, answer(200, 'nut'), 'does not mention "bolt"'],
    ['length', { status: 200, length: 2 }, answer(200, [1]), 'has 1 entries, expected 2'],
    ['no list', { status: 200, length: 2 }, answer(200, {}), 'has missing entries'],
    ['member', { status: 200, body: { a: { b: 1 } } }, answer(200, { a: { b: 2 } }), '/a/b is 2, expected 1'],
    ['no member', { status: 200, body: { a: 1 } }, answer(200, {}), '/a is missing, expected 1'],
    ['no object', { status: 200, body: { a: 1 } }, answer(200, 'a'), 'the body is "a"'],
  ])('that does not hold: %s', (_, expected, got, sentence) => {
    expect(compare(expected, got).join('; ')).toContain(sentence)
  })
})

const once = (method: 'GET' | 'POST', withinMs?: number): Step => ({
  kind: 'ask',
  title: method,
  exchanges: [{ ask: { at: 'site1', service: 'inventory', method, path: '/items' }, expect: { status: 200 } }],
  ...(withinMs === undefined ? {} : { withinMs }),
})

describe('a tour', () => {
  test('asks again until the answer is right', async () => {
    let asked = 0
    const world = await worldOf((_, res) => res.writeHead(++asked < 3 ? 503 : 200).end('{}'))
    expect(await runTour([once('GET', 10_000)], world)).toMatchObject([{ ok: true, exchanges: [{ wrong: [] }] }])
    expect(asked).toBe(3)
  })

  test('asks once where nothing is waited for, and sends what changes something once in any case', async () => {
    let asked = 0
    const world = await worldOf((_, res) => res.writeHead((++asked, 503)).end('{}'))
    const results = await runTour([once('GET'), once('POST', 10_000)], world)
    expect(results.map(({ ok }) => ok)).toEqual([false, false])
    expect(asked).toBe(2)
  })

  test('is failed by an answer that breaks off, and says so', async () => {
    const world = await worldOf(
      (_, res) => void res.writeHead(200, { 'content-length': 10 }).write('{', () => res.destroy()),
    )
    const [result] = await runTour([once('GET')], world)
    expect(result).toMatchObject({ ok: false, exchanges: [{ answer: undefined }] })
    expect(result?.exchanges[0]?.wrong[0]).toContain('no answer')
  })

  test('goes on after a step that failed, and tells each as it ends', async () => {
    const world = await worldOf((_, res) => res.end('{}'), {
      act: async (_, site) => {
        throw new Error(`${site} will not go`)
      },
    })
    const told: unknown[] = []
    const steps: Step[] = [{ kind: 'kill', title: 'down', site: 'site2' }, once('GET')]
    const results = await runTour(steps, world, { onStep: ({ ok, note }, number) => told.push([number, ok, note]) })
    expect(results.map(({ ok }) => ok)).toEqual([false, true])
    expect(told).toEqual([
      [1, false, 'site2 will not go'],
      [2, true, undefined],
    ])
  })

  test('types commands, with what the one before has said, and again until they say what they must', async () => {
    const typed: string[] = []
    const world = await worldOf((_, res) => res.end('{}'), {
      command: async (site, argv) => {
        typed.push(`${site}: ${argv.join(' ')}`)
        return { code: 0, output: typed.length < 3 ? 'nothing' : `lost ${typed.length}` }
      },
    })
    const command = { kind: 'command', site: 'site1', mentions: 'lost' } as const
    const results = await runTour(
      [
        { ...command, title: 'ls', argv: ['ls'], withinMs: 10_000 },
        { ...command, title: 'body', argv: said => ['body', said] },
      ],
      world,
    )
    expect(results.map(({ ok }) => ok)).toEqual([true, true])
    expect(typed).toEqual(['site1: ls', 'site1: ls', 'site1: ls', 'site1: body lost 3'])
  })

  test.each([
    ['what it prints', async () => ({ code: 0, output: 'nothing' }), 'it does not mention "lost"'],
    ['how it ends', async () => ({ code: 1, output: 'lost' }), 'exit code 1, expected 0'],
    ['that it does not run', () => Promise.reject(new Error('ENOENT')), 'it did not run: ENOENT'],
  ] as const)('is failed by a command, for %s', async (_, command, sentence) => {
    const world = await worldOf((_, res) => res.end('{}'), { command })
    const step = { kind: 'command', title: 'ls', site: 'site1', argv: ['ls'], mentions: 'lost' } as const
    expect(await runTour([step], world)).toMatchObject([{ ok: false, command: { wrong: [sentence] } }])
  })

  test('ends when it is told to', async () => {
    const end = new AbortController()
    const world = await worldOf((_, res) => res.end('{}'))
    const running = runTour([once('GET'), once('GET')], world, { signal: end.signal, onStep: () => end.abort() })
    await expect(running).rejects.toThrow('aborted')
  })
})

test('the steps name only the sites that they were made for, and wait only for reads', () => {
  const steps = tour(['site1', 'site2', 'site3'], { cut: true, kill: true })
  const asking = steps.filter(step => step.kind === 'ask')
  const exchanges = asking.flatMap(step => step.exchanges)
  expect(new Set(exchanges.map(({ ask }) => ask.at))).toEqual(new Set(['site1', 'site2', 'site3']))
  const waiting = asking.filter(step => step.withinMs !== undefined).flatMap(step => step.exchanges)
  expect(new Set(waiting.map(({ ask }) => ask.method))).toEqual(new Set(['GET']))
  // A status alone is too little to know who answered.
  expect(exchanges.filter(({ expect: expected }) => Object.keys(expected).length < 2)).toEqual([])
})

test('a request can be pasted into a shell', () => {
  const ask = { at: 'site1', service: 'orders', method: 'POST', path: '/orders' } as const
  expect(curl('http://localhost:1/orders', { ...ask, scope: '{a: b}', body: { id: "o'hara" } })).toBe(
    String.raw`curl -s -H 'Cheops-Scope: {a: b}' http://localhost:1/orders/orders -d '{"id":"o'\''hara"}'`,
  )
  expect(curl('http://localhost:1/orders', { ...ask, method: 'DELETE' })).toBe(
    'curl -s -X DELETE http://localhost:1/orders/orders',
  )
})
