/**
 * Real Keystone and Glance of Debian at two sites, each behind an agent, asked with the unmodified `openstack` client.
 * What reaches which Glance is looked up past the agents; what the client sends is read from its own debug output.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { checkGlueFile } from '../../src/glue/index.ts'
import { CLI, memoryDuring } from './agent.ts'
import { clientEnvironment, openstack, openstackJson, type ClientResult } from './client.ts'
import { installOpenstack } from './install.ts'
import { issueToken } from './keystone.ts'
import { scopedUrl, startMesh, untilReached, type Mesh, type Site } from './mesh.ts'
import { run } from './processes.ts'
import { requestsOf, scopeOf } from './requests.ts'

const say = (line: string) => process.stderr.write(`openstack: ${line}\n`)

const missing = await installOpenstack(say)
if (missing !== undefined) say(`SKIPPED: ${missing}`)

const MB = 1024 * 1024

interface Image {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly size: number | null
  readonly os_hash_algo: string | null
  readonly os_hash_value: string | null
}

describe.skipIf(missing !== undefined)(`OpenStack${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let mesh: Mesh
  let failed = false

  beforeAll(async () => {
    mesh = await startMesh(say)
  })
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail'
  })
  afterAll(() => mesh?.stop(failed))

  /** Where the client finds identity, and with it everything else. */
  const authUrl = (site: Site, scope?: string) => `${scopedUrl(site, scope, 'identity')}/v3`
  const ask = (site: Site, scope: string | undefined, ...args: string[]): Promise<ClientResult> =>
    openstack(mesh.folder, authUrl(site, scope), args)
  const askJson = <T>(site: Site, scope: string | undefined, ...args: string[]): Promise<T> =>
    openstackJson<T>(mesh.folder, authUrl(site, scope), args)

  /** What Glance of a site itself has, past both agents. */
  async function imagesAt(site: Site): Promise<Map<string, Image>> {
    const token = await issueToken(site.identity)
    const response = await fetch(`${site.image}/v2/images`, { headers: { 'x-auth-token': token } })
    const { images } = (await response.json()) as { images: Image[] }
    return new Map(images.map(image => [image.name, image]))
  }

  async function file(name: string, bytes: number): Promise<{ path: string; sha512: string }> {
    const path = join(mesh.folder, name)
    await writeFile(path, randomBytes(bytes))
    return { path, sha512: await sha512Of(path) }
  }

  const create = (name: string, path?: string): string[] => [
    'image',
    'create',
    '--container-format=bare',
    '--disk-format=raw',
    ...(path === undefined ? [] : ['--file', path]),
    name,
  ]

  describe('without a scope', () => {
    it('creates and lists images at the site that is asked', async () => {
      const small = await file('small', 1_000)
      await askJson(mesh.site1, undefined, ...create('local', small.path))
      expect((await imagesAt(mesh.site1)).get('local')).toMatchObject({
        status: 'active',
        size: 1_000,
        os_hash_value: small.sha512,
      })
      expect([...(await imagesAt(mesh.site2)).keys()]).not.toContain('local')

      expect(await namesOf(askJson(mesh.site1, undefined, 'image', 'list'))).toEqual(['local'])
      expect(await namesOf(askJson(mesh.site2, undefined, 'image', 'list'))).toEqual([])
    })

    it('keeps the client at the agent, also where a service has an address of its own', async () => {
      const { services, ingress } = mesh.site1.agent.ready
      const own = await openstack(mesh.folder, `${services['identity']}/v3`, ['image', 'list', '--debug'])
      expect(own.code).toBe(0)
      const origins = new Set(requestsOf(own.stderr).map(request => request.origin))
      expect(origins).toEqual(new Set([services['identity'], services['image']]))
      const shared = await ask(mesh.site1, undefined, 'image', 'list', '--debug')
      expect(new Set(requestsOf(shared.stderr).map(request => request.origin))).toEqual(new Set([ingress]))
    })
  })

  describe('with {image: site2} at site1', () => {
    const scope = '{image: site2}'

    it('creates the image at site2 only, and every request of the command carries the scope', async () => {
      const small = await file('shared', 2_000)
      const created = await ask(mesh.site1, scope, ...create('shared', small.path), '--debug')
      expect(created.code).toBe(0)

      const requests = requestsOf(created.stderr)
      for (const request of requests) {
        expect([request.origin, scopeOf(request.target)]).toEqual([mesh.site1.agent.ready.ingress, scope])
      }
      // Discovery, token, catalog, the image and its data: what keystoneauth follows links for is all there.
      const within = requests.map(({ method, target }) => `${method} ${target.replace(/^\/~[^/]*/, '')}`)
      expect(within).toEqual(
        expect.arrayContaining([
          'GET /identity/v3',
          'POST /identity/v3/auth/tokens',
          'GET /image',
          'POST /image/v2/images',
          expect.stringMatching(/^PUT \/image\/v2\/images\/[^/]+\/file$/),
        ]),
      )

      expect((await imagesAt(mesh.site2)).get('shared')).toMatchObject({
        status: 'active',
        os_hash_value: small.sha512,
      })
      expect([...(await imagesAt(mesh.site1)).keys()]).not.toContain('shared')
      expect(await namesOf(askJson(mesh.site1, scope, 'image', 'list'))).toEqual(['shared'])
    })

    it('does the same through "cheops openstack", and gives the exit code of the client', async () => {
      const wrapped = (...args: string[]) =>
        run(process.execPath, [CLI, ...args], {
          env: {
            ...clientEnvironment(mesh.folder, ''),
            OS_AUTH_URL: `${mesh.site1.identity}/v3`,
            ...adminOf(mesh.site1),
          },
          cwd: mesh.folder,
          timeoutMs: 110_000,
        })
      const created = await wrapped('openstack', '--scope', scope, '--', ...create('wrapped'))
      expect([created.code, created.stderr]).toEqual([0, ''])
      expect([...(await imagesAt(mesh.site2)).keys()]).toContain('wrapped')
      expect([...(await imagesAt(mesh.site1)).keys()]).not.toContain('wrapped')
      const none = await wrapped('openstack', '--sites', 'site2', '--', 'image', 'show', 'no-such-image')
      expect(none.code).toBe(1)
      expect(none.stderr).toContain('No Image found for no-such-image')
    })

    it('streams 200 MB there and back through both agents, whose memory stays flat', async () => {
      const large = await file('large', 200 * MB)
      const pids = [mesh.site1, mesh.site2].map(site => site.agent.process.pid)
      const up = await memoryDuring(pids, () => ask(mesh.site1, scope, ...create('large', large.path)))
      expect(up.result.code).toBe(0)
      expect((await imagesAt(mesh.site2)).get('large')).toMatchObject({ size: 200 * MB, os_hash_value: large.sha512 })

      const back = join(mesh.folder, 'large-back')
      const down = await memoryDuring(pids, () => ask(mesh.site1, scope, 'image', 'save', '--file', back, 'large'))
      expect(down.result.code).toBe(0)
      expect(await sha512Of(back)).toBe(large.sha512)

      const rows = [...up.memory, ...down.memory]
      say(`memory, MB (before → most): ${rows.map(r => `${mb(r.before)} → ${mb(r.most)}`).join(', ')}`)
      // One copy of the body would add 200 MB; windows and buffers of the streams are below 40, the rest is garbage.
      for (const { before, most } of rows) expect(most - before).toBeLessThan(120 * MB)
    })
  })

  describe('the definition', () => {
    it('fits the real services: a probe of each kind is made, changed and removed', async () => {
      const options = { headers: { 'x-auth-token': await issueToken(mesh.site1.identity) } }
      const identity = ['Project', 'User', 'Group', 'Role', 'Region', 'Service'].map(kind => `identity/${kind}`)
      for (const [against, kinds] of [
        [mesh.site1.identity, identity],
        [mesh.site1.image, ['image/Image']],
      ] as const) {
        const report = await checkGlueFile('openstack', { ...options, against, kinds })
        expect(report.findings.filter(finding => finding.severity === 'error')).toEqual([])
        const created = report.steps.filter(step => step.step === 'create' && step.ok).map(step => step.kind)
        expect(created).toEqual(kinds)
      }
    })
  })

  describe("the application's own calls", () => {
    it('follow the scope of the request that they are made for: Glance of site1 asks Keystone of site2', async () => {
      const before = (await tokenChecksAt(mesh.site2)).length
      const listed = await ask(mesh.site1, '{image: site1, identity: site2}', 'image', 'list', '-f', 'json')
      expect([listed.code, listed.stderr]).toEqual([0, ''])
      expect((await tokenChecksAt(mesh.site2)).length).toBe(before + 1)
    })

    it('stay local without a scope', async () => {
      const before = (await tokenChecksAt(mesh.site2)).length
      expect((await ask(mesh.site1, undefined, 'image', 'list')).code).toBe(0)
      expect((await tokenChecksAt(mesh.site2)).length).toBe(before)
    })
  })

  describe('errors of Cheops', () => {
    it('look like those of Keystone', async () => {
      const { code, stderr } = await ask(mesh.site1, '{identity: site9}', 'project', 'list')
      expect(code).toBe(1)
      expect(stderr).toMatch(/site9.*ERR_SCOPE_UNKNOWN_SITE.*\(HTTP 404\)/s)
    })

    it('have the form of those of Glance itself', async () => {
      const token = await issueToken(mesh.site1.identity)
      for (const accept of ['application/json', '*/*']) {
        const headers = { 'x-auth-token': token, accept }
        const own = await fetch(`${mesh.site1.image}/v2/images/none`, { headers })
        const ours = await fetch(`${scopedUrl(mesh.site1, '{image: site9}', 'image')}/v2/images`, { headers })
        expect([own.status, ours.status]).toEqual([404, 404])
        expect(ours.headers.get('content-type')).toBe(own.headers.get('content-type'))
        expect(formOf(await ours.text())).toEqual(formOf(await own.text()))
      }
    })

    it('say that a site is down, and nothing half-created stays', async () => {
      await mesh.site2.agent.process.kill()
      try {
        const { code, stderr } = await ask(mesh.site1, '{image: site2}', ...create('never'))
        expect(code).toBe(1)
        expect(stderr).toMatch(/503.*site2.*ERR_SITE_UNREACHABLE/s)
      } finally {
        await mesh.site2.startAgent()
        await untilReached(mesh.site1, 'site2')
      }
      expect([...(await imagesAt(mesh.site1)).keys()]).not.toContain('never')
      expect([...(await imagesAt(mesh.site2)).keys()]).not.toContain('never')
    })
  })

  describe('with {image: site1 || site2}', () => {
    it('lists from site2 when Glance of site1 is stopped, and from site1 when it is back', async () => {
      const scope = '{image: site1 || site2}'
      const at1 = await namesOf(askJson(mesh.site1, scope, 'image', 'list'))
      expect(at1).toEqual([...(await imagesAt(mesh.site1)).keys()].toSorted())
      await mesh.site1.glance.stop()
      const at2 = await namesOf(askJson(mesh.site1, scope, 'image', 'list'))
      expect(at2).toEqual([...(await imagesAt(mesh.site2)).keys()].toSorted())
      expect(at2).not.toEqual(at1)
      await mesh.site1.startGlance()
      expect(await namesOf(askJson(mesh.site1, scope, 'image', 'list'))).toEqual(at1)
    })
  })

  // The last, since it changes what stands at site2.
  describe('with Keystones that know nothing of each other', () => {
    it("shows Keystone's own error to who brings the token of one to the other", async () => {
      await mesh.site2.keystone.stop()
      await mesh.site2.glance.stop()
      await mesh.site2.startKeystone(mesh.unrelated)
      await mesh.site2.startGlance()
      // At home it is well.
      expect((await ask(mesh.site2, undefined, 'image', 'list')).code).toBe(0)

      const { code, stderr } = await ask(mesh.site1, '{image: site2}', 'image', 'list')
      expect(code).toBe(1)
      expect(stderr).toMatch(/401|requires authentication/)
      expect(stderr).not.toContain('ERR_')

      const projects = await openstack(mesh.folder, authUrl(mesh.site1, '{identity: site2}'), [
        'token',
        'issue',
        '-f',
        'json',
      ])
      // A token of site2's Keystone is its own; the one of site1 does not know it.
      expect(projects.code).toBe(0)
      const { id } = JSON.parse(projects.stdout) as { id: string }
      const refused = await fetch(`${scopedUrl(mesh.site1, undefined, 'identity')}/v3/projects`, {
        headers: { 'x-auth-token': id },
      })
      expect(refused.status).toBe(401)
      expect(await refused.json()).toEqual({
        error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
      })
    })
  })

  /** Lines of Keystone's access log in which somebody asks who the bearer of a token is. */
  async function tokenChecksAt(site: Site): Promise<string[]> {
    const log = await readFile(site.keystone.logFile, 'utf8')
    return log.split('\n').filter(line => line.includes('"GET /v3/auth/tokens'))
  }
})

/** What is the same in all errors of a service: keys of JSON, or tags of HTML. */
function formOf(body: string): string[] {
  if (body.startsWith('{')) return Object.keys(JSON.parse(body) as object).toSorted()
  return [...body.matchAll(/<\/?(\w+)/g)].map(match => match[0])
}

/** What the wrapper needs to find the agent. */
function adminOf(site: Site): NodeJS.ProcessEnv {
  return { CHEOPS_ADMIN: site.agent.ready.admin, CHEOPS_TOKEN_FILE: site.agent.ready.adminTokenFile }
}

async function namesOf(list: Promise<unknown>): Promise<string[]> {
  return ((await list) as { Name: string }[]).map(image => image.Name).toSorted()
}

async function sha512Of(path: string): Promise<string> {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function mb(bytes: number): number {
  return Math.round(bytes / MB)
}
