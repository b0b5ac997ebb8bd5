/**
 * Applications that show something else than they were given: a password is taken and never shown, answers are compressed. What one of them loses is
 * made again as it was written. How: two agents with real stores and streams; what is expected is read from the applications.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'
import { ShowingApplication } from './showing-application.ts'

const SITES = ['site1', 'site2']
const PAT = { id: 'pat', password: 'p1', role: 'cook' }
let mesh: Mesh
let applications: readonly ShowingApplication[] = []

afterEach(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const application of applications) await application[Symbol.asyncDispose]()
})

async function start(coding?: 'gzip' | 'unknown'): Promise<void> {
  applications = await Promise.all(SITES.map(() => ShowingApplication.start(coding)))
  const services = (site: number): string[] => [
    `{name: showing, endpoint: "${applications[site]?.url}", glue: rest, expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
  ]
  mesh = await Mesh.start(SITES, { site1: { services: services(0) }, site2: { services: services(1) } })
}

async function write(method: string, path: string, body: object, scope?: string) {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const answer = await fetch(`${mesh.ingress('site1')}/showing/things${path}`, {
    method,
    headers: { 'Content-Type': type, ...WAIT, ...(scope !== undefined && { 'Cheops-Scope': scope }) },
    body: JSON.stringify(body),
  })
  return { status: answer.status, sites: answer.headers.get('Cheops-Sites'), said: jsonOf(await answer.text()) }
}

/** Undefined for what is in a coding that nobody knows. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const has = (): unknown[] => applications.map(({ things }) => things.get('pat'))

/** The application of site2 loses all while its agent is down. */
async function lose(): Promise<void> {
  await mesh.down('site2')
  applications[1]?.things.clear()
  await mesh.up('site2')
}

test.each([undefined, 'gzip' as const])(
  'what one has lost is made again with what nobody shows; compressed: %s',
  async coding => {
    await start(coding)
    expect(await write('POST', '', PAT, SITES.join(' & '))).toMatchObject({ status: 201, said: { hasPassword: true } })
    expect((await write('PATCH', '/pat', { role: 'waiter' })).status).toBe(200)
    await vi.waitUntil(() => applications[1]?.things.get('pat')?.['role'] === 'waiter', 20_000)
    await lose()
    await vi.waitFor(
      () =>
        expect(has()).toEqual([
          { ...PAT, role: 'waiter' },
          { ...PAT, role: 'waiter' },
        ]),
      40_000,
    )
    expect(applications.map(({ garbage }) => garbage)).toEqual([0, 0])
  },
  90_000,
)

test('what is in a coding that nobody knows is no reading, and is put nowhere', async () => {
  await start('unknown')
  await write('POST', '', PAT, SITES.join(' & '))
  await vi.waitUntil(() => applications[1]?.things.has('pat') === true, 20_000)
  await lose()
  expect((await write('PUT', '/pat', { ...PAT, role: 'waiter' })).status).toBeLessThan(500)
  expect(applications.map(({ garbage }) => garbage)).toEqual([0, 0])
}, 90_000)
