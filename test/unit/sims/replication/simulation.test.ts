/**
 * The simulation of replication: seeds in which everything goes wrong and all members agree afterwards; that a seed replays exactly; that
 * what failed once stays mended; and, for each checker, a bug planted in what the real code is given which that checker must find.
 */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FAIR } from '../../../../sims/scenarios/replication/draw.ts'
import { runSeed, shortened } from '../../../../sims/scenarios/replication/regression.ts'
import { runReplication } from '../../../../sims/scenarios/replication/run.ts'
import { CheopsError } from '../../../../src/errors.ts'
import { REAL_PARTS } from '../../../../sims/world/replication/real-agent.ts'
import type { Plan, Weather } from '../../../../sims/scenarios/replication/draw.ts'
import { withDot, type Dot } from '../../../../src/core/oplog/index.ts'
import type { ApplicationAnswer } from '../../../../src/ports/application.ts'
import type { Regression } from '../../../../sims/scenarios/replication/regression.ts'
import type { ReplicationPlant } from '../../../../sims/world/replication/replication-world.ts'

const SEEDS = 40
const REGRESSIONS = join(import.meta.dirname, '../../../../sims/regressions')
const WRITES = new Set(['PUT', 'PATCH', 'POST', 'DELETE'])

test(`${SEEDS} seeds come to rest as they should`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await runSeed(seed, REAL_PARTS)
    expect(violations, `npm run sim -- --only replication --from ${seed} --seeds 1 --story`).toEqual([])
  }
}, 120_000)

test.each(globSync('replication-*.json', { cwd: REGRESSIONS }).toSorted())('does not fail again: %s', async file => {
  const { seed, plan, found } = JSON.parse(await readFile(join(REGRESSIONS, file), 'utf8')) as Regression
  expect((await runReplication(seed, plan, REAL_PARTS)).violations, found).toEqual([])
})

test('a seed replays exactly', async () => {
  const weather = { ...FAIR, application: true, machine: true, drift: true }
  const first = await runSeed(77, REAL_PARTS, {}, weather)
  expect(await runSeed(77, REAL_PARTS, {}, weather)).toEqual(first)
})

describe('a planted bug is found', () => {
  /** The first violation of which the checker tells. */
  const found = async (checker: string, plant: ReplicationPlant, weather?: Weather): Promise<string> => {
    for (let seed = 1; seed <= 100; seed++) {
      const { violations } = await runSeed(seed, REAL_PARTS, plant, weather)
      const told = violations.find(text => text.startsWith(`${checker}: `))
      if (told !== undefined) return told.slice(checker.length + 2)
    }
    return 'nothing'
  }

  /** One site takes operations of a type for forged. */
  const suspicious = (type: string): ReplicationPlant => ({
    seal: (seal, site) => ({
      ...seal,
      open: sealed => {
        const operation = seal.open(sealed)
        if (site === 's1' && operation.type === type) throw new CheopsError('ERR_SYNC_SIGNATURE', 'planted')
        return operation
      },
    }),
  })

  test('a site that does not take some operations', async () => {
    expect(await found('same operations', suspicious('merge'))).toMatch(/^n\d: s\d knows/)
  })

  test('a site that does not forget what a replace has done away with', async () => {
    const plant: ReplicationPlant = {
      seal: (seal, site) => ({
        ...seal,
        open: sealed => {
          const operation = seal.open(sealed)
          return site === 's1' && operation.type === 'replace' ? { ...operation, type: 'merge' } : operation
        },
      }),
    }
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's2', name: 'n1', members: ['s1', 's2'], token: 'a' },
        { at: 10_000, do: 'merge', site: 's2', name: 'n1', token: 'b' },
        { at: 20_000, do: 'replace', site: 's2', name: 'n1', token: 'c' },
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/pruned equals unpruned: n1: the schedule of s1/)
  })

  test('a site that does not read by which matrix an operation is decided', async () => {
    const plant: ReplicationPlant = {
      seal: (seal, site) => ({
        ...seal,
        open: sealed => {
          const { matrix, ...operation } = seal.open(sealed)
          return site === 's1' || matrix === undefined ? operation : { ...operation, matrix }
        },
      }),
    }
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      variants: { s1: 'plain', s2: 'latest' },
      steps: [
        { at: 0, do: 'create', site: 's2', name: 'n1', members: ['s1', 's2'], token: 'a' },
        { at: 10_000, do: 'add', site: 's2', name: 'n1', token: 'b' },
        { at: 20_000, do: 'add', site: 's2', name: 'n1', token: 'c' },
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/pruned equals unpruned: n1: the schedule of s1/)
  })

  test('an agent that overwrites what is somebody else’s', async () => {
    const plant: ReplicationPlant = {
      application: application => ({
        request: async request => {
          const answer = await application.request(request)
          if (request.method !== 'GET' || answer.status !== 200) return answer
          // Whatever is there is deleted by whoever looks at it.
          await application.request({ ...request, method: 'DELETE' })
          return { ...answer, status: 404 }
        },
      }),
    }
    expect(await found('nothing of others is touched', plant, { ...FAIR, adoption: true })).toMatch(
      /^DELETE of a\d at s\d at .* which was somebody else's$/,
    )
  })

  test('an application that says that it has done what it has not', async () => {
    const plant: ReplicationPlant = {
      application: (application, site) => ({
        request: request =>
          application.request(
            site === 's2' && request.method === 'PATCH' ? { ...request, method: 'GET', body: undefined } : request,
          ),
      }),
    }
    // Between members it would be found and repaired.
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's2', name: 'n1', members: ['s2'], token: 'a' },
        { at: 10_000, do: 'merge', site: 's2', name: 'n1', token: 'b' },
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/same state: n1: s2 has/)
  })

  test('a disk that acknowledges what it has not written', async () => {
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's1', name: 'n1', members: ['s1', 's2'], token: 'a' },
        { at: 30_000, do: 'isolate', site: 's1', forMs: 5_000 },
        { at: 31_000, do: 'merge', site: 's1', name: 'n1', token: 'b' },
        { at: 32_000, do: 'kill', site: 's1', forMs: 1_000 },
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, { disk: { lies: true } })
    expect(violations.join('\n')).toMatch(/nothing acknowledged is lost: s1 acknowledged .* merge n1/)
  })

  test('an agent that deletes and creates where it should replace', async () => {
    const plant: ReplicationPlant = {
      application: application => ({
        request: async request => {
          if (request.method !== 'PUT') return application.request(request)
          await application.request({ ...request, method: 'DELETE', headers: [], body: undefined })
          const { path, body } = request
          return application.request({
            ...request,
            method: 'POST',
            path: path.slice(0, path.lastIndexOf('/')),
            headers: [],
            body,
          })
        },
      }),
    }
    expect(await found('nothing is deleted that no operation deleted', plant)).toMatch(/^n\d was deleted/)
    // A deletion before covers only what was there before.
    const members = ['s1', 's2']
    const plan: Plan = {
      sites: members,
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's1', name: 'n1', members, token: 'a' },
        { at: 8_000, do: 'delete', site: 's1', name: 'n1' },
        { at: 16_000, do: 'create', site: 's1', name: 'n1', members, token: 'b' },
        { at: 24_000, do: 'replace', site: 's1', name: 'n1', token: 'c' },
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/nothing is deleted that no operation deleted: n1 was deleted at s2 at 25\./)
  })

  test('a site that takes what has lost for seen', async () => {
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's2', name: 'n1', members: ['s1', 's2'], token: 'a' },
        { at: 10_000, do: 'isolate', site: 's1', forMs: 10_000 },
        { at: 12_000, do: 'replace', site: 's1', name: 'n1', token: 'b' },
        { at: 14_000, do: 'replace', site: 's2', name: 'n1', token: 'c' },
      ],
    }
    const lost: Dot[] = []
    const plant: ReplicationPlant = {
      seal: (seal, site) => ({
        ...seal,
        encode: operation => {
          if (site === 's1' && operation.type === 'replace') lost.push(operation.dot)
          return seal.encode(operation)
        },
        open: sealed => {
          const operation = seal.open(sealed)
          if (site !== 's1' || operation.type !== 'replace') return operation
          return { ...operation, context: lost.reduce((seen, dot) => withDot(seen, dot), operation.context) }
        },
      }),
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/same conflicts: n1: s2 shows .* replaced; s1 shows nothing/)
  })

  test('a fault that nobody has thought of', async () => {
    const plant: ReplicationPlant = {
      application: (application, site) => ({
        request: request => (site === 's1' ? Promise.reject(new TypeError('planted')) : application.request(request)),
      }),
    }
    expect(await found('no defects', plant)).toMatch(/^s1 failed: .*planted/)
  })

  test('a site that never takes the state of another one', async () => {
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's2', name: 'n1', members: ['s1', 's2'], token: 'a' },
        { at: 10_000, do: 'outsider', site: 's1', name: 'n1', token: 'b' },
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const plant: ReplicationPlant = {
      application: (application, site) => ({
        request: async request =>
          application.request(site === 's1' && request.method === 'PUT' ? { ...request, path: '/items/n2' } : request),
      }),
    }
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations).toEqual([expect.stringMatching(/^nobody stays diverged: n1: s1 .*, and s2 agree$/)])
  })

  test('an agent that sends everything twice', async () => {
    const plant: ReplicationPlant = {
      application: application => ({
        request: async request => {
          if (WRITES.has(request.method) && request.path.endsWith('/lines')) await application.request(request)
          return application.request(request)
        },
      }),
    }
    expect(await found('nothing is executed twice', plant)).toMatch(/was added twice/)
  })

  test('an agent that sends again what was missing when it looked a while ago', async () => {
    const file = join(REGRESSIONS, 'replication-late-write-and-action.json')
    const { seed, plan } = JSON.parse(await readFile(file, 'utf8')) as Regression
    // What it reads is as old as may be, as long as nothing else was answered since.
    let last: ApplicationAnswer | undefined
    const plant: ReplicationPlant = {
      application: (application, site) => ({
        request: async request => {
          if (site !== 's1') return application.request(request)
          if (request.method === 'GET') return (last ??= await application.request(request))
          const answer = await application.request(request)
          last = undefined
          return answer
        },
      }),
    }
    expect((await runReplication(seed, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(seed, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/nothing is executed twice: .* was added twice to \/items\/n1 of s1/)
  })

  test('an origin that does not tell the keys of requests', async () => {
    const plant: ReplicationPlant = {
      seal: seal => ({
        ...seal,
        encode: ({ idempotency, ...operation }) => {
          expect(idempotency?.principal ?? '').toBe('')
          return seal.encode(operation)
        },
      }),
    }
    expect(await found('once per key', plant, { ...FAIR, keys: true })).toMatch(
      /^(k\d \(k\d-[ab]\) took effect 2 times at n\d of s\d|n\d of s\d shows k\d \(k\d-[ab]\) 2 times)/,
    )
  })

  test('a site that does not learn with which keys others have replaced, created and deleted', async () => {
    const isWhole = (type: string): boolean => ['create', 'replace', 'delete'].includes(type)
    const plant: ReplicationPlant = {
      seal: seal => ({
        ...seal,
        open: sealed => {
          const { idempotency, ...operation } = seal.open(sealed)
          return idempotency === undefined || isWhole(operation.type) ? operation : { ...operation, idempotency }
        },
      }),
    }
    expect(await found('nothing is done again', plant, { ...FAIR, resets: true })).toMatch(
      /^s\d was asked to (create|replace|delete) n\d with r\d \(.*\), knew s\d\/\d+ by it, and released s\d\/\d+$/,
    )
  })

  test('an agent that says less of a resource than was written', async () => {
    const body = { bytes: new TextEncoder().encode('{"id":"n1"}') }
    const plant: ReplicationPlant = {
      seal: seal => ({
        ...seal,
        encode: ({ payload, ...operation }) => {
          const said = payload === undefined || operation.type !== 'state' ? payload : { ...payload, body }
          return seal.encode({ ...operation, ...(said && { payload: said }) })
        },
      }),
    }
    const merges = Array.from({ length: 105 }, (_, i) => i + 1).map(
      i => ({ at: i * 200, do: 'merge', site: 's1', name: 'n1', token: `t${i}` }) as const,
    )
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's1', name: 'n1', members: ['s1', 's2'], token: 'a' },
        // Who has carried out what it is made of is sent nothing.
        { at: 150, do: 'isolate', site: 's2', forMs: 30_000 },
        ...merges,
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/nothing is lost by a state: n1 of s2 has lost t1, /)
  }, 60_000)

  test('a member that passes on to a former one what others write', async () => {
    const { codec } = REAL_PARTS
    let passedOn: Uint8Array | undefined
    const isOperation = (entry: Uint8Array): boolean => codec.decodeEntry(entry).kind === 'operation'
    const plant: ReplicationPlant = {
      network: (network, site) => ({
        ...network,
        open: async (other, signal) => {
          const channel = await network.open(other, signal)
          if (site !== 's1') return channel
          const send: typeof channel.send = async message => {
            if (message.kind !== 'entries') return channel.send(message)
            if (other === 's2') passedOn = message.entries.find(isOperation) ?? passedOn
            if (other !== 's3' || passedOn === undefined) return channel.send(message)
            return channel.send({ ...message, entries: message.entries.map(() => passedOn ?? new Uint8Array()) })
          }
          return { ...channel, send, messages: channel.messages, closed: channel.closed, silentMs: 0 }
        },
      }),
    }
    const members = ['s1', 's2', 's3']
    const plan: Plan = {
      sites: members,
      names: ['n1', 'n2'],
      steps: [
        { at: 0, do: 'create', site: 's2', name: 'n1', members, token: 'a' },
        { at: 1_000, do: 'create', site: 's2', name: 'n2', members, token: 'b' },
        { at: 10_000, do: 'members', site: 's2', name: 'n1', added: [], removed: ['s3'] },
        { at: 20_000, do: 'merge', site: 's1', name: 'n1', token: 'c' },
        { at: 30_000, do: 'merge', site: 's3', name: 'n2', token: 'd' },
      ],
    }
    expect((await runReplication(1, plan, REAL_PARTS)).violations).toEqual([])
    const { violations } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations.join('\n')).toMatch(/nothing is told to former members: s1 tells s3 the merge .* of n1/)
    // Who was removed does not keep what it is told all the same.
    expect(violations.join('\n')).not.toContain('nothing is held by former members')
  })

  test('sites that tell each other the same without end, twice as much each time', async () => {
    const plan: Plan = {
      sites: ['s1', 's2'],
      names: ['n1'],
      steps: [
        { at: 0, do: 'create', site: 's1', name: 'n1', members: ['s1', 's2'], token: 'a' },
        { at: 10_000, do: 'merge', site: 's1', name: 'n1', token: 'b' },
      ],
    }
    const maxHappenings = 5_000
    const plant: ReplicationPlant = {
      maxHappenings,
      network: (network, site) => ({
        ...network,
        open: async (other, signal) => {
          const channel = await network.open(other, signal)
          const send: typeof channel.send = async message => {
            await channel.send(message)
            if (site !== 's1' || message.kind !== 'entries') return
            for (const again of [send(message), send(message)]) again.catch(() => undefined)
          }
          return { ...channel, send, messages: channel.messages, closed: channel.closed, silentMs: 0 }
        },
      }),
    }
    expect((await runReplication(1, plan, REAL_PARTS, { maxHappenings })).violations).toEqual([])
    const { violations, story } = await runReplication(1, plan, REAL_PARTS, plant)
    expect(violations).toEqual([
      expect.stringMatching(
        /^no end: 5000 things have happened by \d+\.\d{3} s, and there is no end; (s\d to s\d \d+ messages, ){2}s1 \d+ requests/,
      ),
    ])
    expect(story.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^a client at s1 creates n1/))
  })

  test('an agent that writes to its disk without end, in one moment', async () => {
    const plant: ReplicationPlant = {
      store: (store, site) => ({
        ...store,
        get isFull() {
          return store.isFull
        },
        commit: async writes => {
          let failure: Error | undefined
          while (site === 's1' && failure === undefined) {
            store
              .commit(writes)
              .catch((error: unknown) => (failure = error instanceof Error ? error : new Error(String(error))))
            await Promise.resolve()
          }
          if (failure !== undefined) throw failure
          return store.commit(writes)
        },
      }),
    }
    expect(await found('no defects', plant)).toMatch(/^s1 failed: .*writes to it, without end/)
  })

  test('an origin whose counter stands still', async () => {
    const plant: ReplicationPlant = {
      seal: seal => ({
        ...seal,
        encode: operation =>
          seal.encode(
            operation.type === 'create' ? operation : { ...operation, dot: { ...operation.dot, number: 999 } },
          ),
      }),
    }
    expect(await found('dots are never reused', plant)).toMatch(/ is \w+ of n\d at .* and \w+ of n\d at /)
  })

  test('its story is shortened to what it needs', async () => {
    const plant = suspicious('add')
    for (let seed = 1; seed <= 30; seed++) {
      const report = await runSeed(seed, REAL_PARTS, plant)
      // In some it is a lost write that is found first.
      if (report.violations[0]?.startsWith('same operations') !== true) continue
      const { plan, found: why } = await shortened(report, REAL_PARTS, { plant })
      expect(why).toMatch(/^same operations/)
      // One that creates, one that adds, and nothing else.
      expect(plan.steps.map(step => step.do)).toEqual(['create', 'add'])
      return
    }
    expect.unreachable('no seed of 30 failed')
  }, 120_000)
})
