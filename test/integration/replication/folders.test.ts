/**
 * Resources in folders of any depth, by a definition of seven lines (`{+id}`): files by WebDAV. Each is made, changed and deleted at any site,
 * also across a cut; folders are listed, and are no resources; what a member lets others do may be a part of the tree. How: two agents
 * with real stores and streams, at each nginx as it is, where it is installed, or a server of our own; what is expected is read from
 * the disks of the servers.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { checkGlueFile } from '../../../src/glue/index.ts'
import { Mesh } from './mesh.ts'
import { HAS_NGINX, startNginx, startOwn, type FileServer } from './web-dav.ts'

const GLUE = `
glue: 1
application: files
kinds:
  file:
    collection: /files
    resource: /files/{+id}
    create: { method: PUT }
`
const SITES = ['site1', 'site2']
const SCOPE = { 'Cheops-Scope': 'site1 & site2' }
const WAIT = { Prefer: 'wait=20' }
const DONE = /^site1;s=applied\S*, site2;s=applied\S*$/

describe.each([
  ['nginx', HAS_NGINX, startNginx],
  ['a server of our own', true, startOwn],
] as const)('%s', (name, isThere, start) => {
  let folder: string
  let mesh: Mesh
  let servers: readonly FileServer[]

  beforeAll(async () => {
    if (!isThere) return
    folder = await mkdtemp(path.join(tmpdir(), 'cheops-folders-'))
    const glue = path.join(folder, 'files.glue.yaml')
    await writeFile(glue, GLUE)
    servers = [await start(), await start()]
    const service = (place: number, paths: string) =>
      `{name: files, endpoint: "${servers[place]?.url}", glue: ${JSON.stringify(glue)}, expose: {sites: ["*"], methods: ["*"], paths: ["${paths}"]}}`
    mesh = await Mesh.start(SITES, {
      site1: { services: [service(0, '/**')] },
      site2: { services: [service(1, '/files/open/**')] },
    })
  }, 90_000)
  afterAll(async () => {
    if (!isThere) return
    await mesh[Symbol.asyncDispose]()
    for (const server of servers) await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function ask(
    site: string,
    method: string,
    target: string,
    headers: Record<string, string> = {},
    body?: string,
  ) {
    const url = `${mesh.ingress(site)}/files/files${target}`
    const type = body === undefined ? {} : { 'Content-Type': 'text/plain' }
    const init = { method, headers: { ...type, ...headers }, redirect: 'manual' } as const
    const answer = await fetch(url, body === undefined ? init : { ...init, body })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  /** What must be done at both. */
  async function atBoth(site: string, method: string, target: string, headers: Record<string, string>, body?: string) {
    const answer = await ask(site, method, target, { ...WAIT, ...headers }, body)
    const told = `${method} ${target}: ${answer.status} ${answer.text}`
    expect(answer.status, told).toBeLessThan(300)
    expect(answer.headers.get('Cheops-Sites'), told).toMatch(DONE)
  }
  const have = (file: string) => Promise.all(servers.map(server => server.file(file)))
  const settles = (file: string, expected: string | undefined) =>
    vi.waitFor(async () => expect(await have(file), file).toEqual([expected, expected]), {
      timeout: 30_000,
      interval: 50,
    })

  test.skipIf(!isThere)('made, changed and deleted at either, in a folder that was nowhere', async () => {
    await atBoth('site1', 'PUT', '/open/a/b c/d.txt', SCOPE, 'one')
    expect(await have('open/a/b c/d.txt')).toEqual(['one', 'one'])
    await atBoth('site2', 'PUT', '/open/a/b%20c/d.txt', {}, 'two')
    expect(await have('open/a/b c/d.txt')).toEqual(['two', 'two'])
    expect((await ask('site1', 'GET', '/open/a/b%20c/d.txt', { 'Cheops-Scope': 'site2' })).text).toBe('two')
    const { items } = await mesh.agent('site2').control.replicants({ limit: 10, signal: AbortSignal.timeout(10_000) })
    expect(items).toMatchObject([{ kind: 'file', name: 'open/a/b c/d.txt', state: 'agrees', failing: [] }])
    await atBoth('site2', 'DELETE', '/open/a/b%20c/d.txt', {})
    expect(await have('open/a/b c/d.txt')).toEqual([undefined, undefined])
  })

  test.skipIf(!isThere)('an encoded slash is one', async () => {
    await atBoth('site1', 'PUT', '/open/@scope%2fname', SCOPE, 'encoded')
    expect(await have('open/@scope/name')).toEqual(['encoded', 'encoded'])
    await atBoth('site2', 'PUT', '/open/@scope/name', {}, 'plain')
    expect(await have('open/@scope/name')).toEqual(['plain', 'plain'])
  })

  test.skipIf(!isThere)(
    'a folder is no resource: what would be made in its place is refused, and nobody hears of it',
    async () => {
      await atBoth('site1', 'PUT', '/open/folder/file', SCOPE, 'x')
      expect((await ask('site2', 'GET', '/open/folder')).status).toBe(301)
      const refused = await ask('site1', 'PUT', '/open/folder', { ...SCOPE, ...WAIT }, 'y')
      expect([refused.status, refused.headers.get('Cheops-Outcome')]).toEqual([409, 'void'])
      expect(await have('open/folder/file')).toEqual(['x', 'x'])
    },
  )

  test.skipIf(!isThere)('what both sides of a cut have written into one folder is at both', async () => {
    await atBoth('site1', 'PUT', '/open/cut/both', SCOPE, '0')
    mesh.cut()
    expect((await ask('site1', 'PUT', '/open/cut/deep/1', SCOPE, '1')).status).toBe(201)
    expect((await ask('site2', 'PUT', '/open/cut/deep/2', SCOPE, '2')).status).toBe(201)
    expect((await ask('site1', 'PUT', '/open/cut/both', {}, 'of site1')).status).toBeLessThan(300)
    mesh.heal()
    await mesh.together()
    await settles('open/cut/deep/1', '1')
    await settles('open/cut/deep/2', '2')
    await settles('open/cut/both', 'of site1')
  })

  test.skipIf(!isThere)('a member lets others write a part of the tree', async () => {
    const made = await ask('site1', 'PUT', '/shut/deep/file', { ...SCOPE, ...WAIT }, 'x')
    expect(made.headers.get('Cheops-Sites')).toBe('site1;s=applied;c=201, site2;s=failed;e=ERR_FORWARD_NOT_EXPOSED')
    expect(await have('shut/deep/file')).toEqual(['x', undefined])
    // No encoded slash leads out of it.
    const around = '/open/x%2f..%2f..%2fshut/around'
    expect((await ask('site1', 'PUT', around, { 'Cheops-Scope': 'site2' }, 'x')).status).toBe(400)
    expect((await ask('site1', 'PUT', around, { ...SCOPE, ...WAIT }, 'x')).status).toBe(400)
    expect(await have('shut/around')).toEqual([undefined, undefined])
  })

  test.skipIf(!isThere)('the check on an instance finds nothing to say, and leaves nothing behind', async () => {
    const url = servers[0]?.url ?? ''
    const { findings, steps } = await checkGlueFile(path.join(folder, 'files.glue.yaml'), { against: url })
    expect(findings.map(({ message }) => message)).toEqual([])
    expect(steps.map(({ request }) => request).join()).toMatch(/PUT \/files\/cheops-probe-\w+\/probe/)
    expect(await (await fetch(`${url}/files/`)).text()).not.toContain('cheops-probe')
  })

  test.skipIf(!isThere || name === 'nginx')('a folder is listed as the collection is, its resources once', async () => {
    await atBoth('site1', 'PUT', '/open/list/a/1', SCOPE, '1')
    await atBoth('site1', 'PUT', '/open/list/b', SCOPE, '2')
    const listed = await ask('site1', 'GET', '/open/list/', SCOPE)
    const sites = { cheops: { sites: ['site1', 'site2'] } }
    expect(JSON.parse(listed.text)).toEqual([
      { id: 'open/list/a/1', ...sites },
      { id: 'open/list/b', ...sites },
    ])
  })
})
