/**
 * Large bodies through real agents, links and disks: 50 MB reach all members in memory that stays flat, go on where a cut stopped them,
 * are refused where there is no room, and leave nothing behind. Each site has, besides the inventory, an application that keeps files.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { FilesApplication } from './files-application.ts'
import { Mesh, WAIT } from './mesh.ts'

const MIB = 1024 * 1024
const SITES = ['site1', 'site2', 'site3']
const EVERYWHERE = 'site1 & site2 & site3'
const applications = new Map<string, FilesApplication>()
let mesh: Mesh

beforeAll(async () => {
  for (const site of SITES) applications.set(site, await FilesApplication.start())
  const glue = path.join(import.meta.dirname, 'files.glue.yaml')
  const options = (site: string) => {
    const endpoint = application(site).url
    const expose = '{sites: ["*"], methods: ["*"], paths: ["/**"]}'
    const flags = { 'bodies.maxBytes': String(site === 'site3' ? 52 * MIB : 150 * MIB) }
    return { flags, services: [`{name: files, endpoint: "${endpoint}", glue: "${glue}", expose: ${expose}}`] }
  }
  mesh = await Mesh.start(SITES, Object.fromEntries(SITES.map(site => [site, options(site)])))
}, 60_000)
afterEach(() => mesh.heal())
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
  for (const each of applications.values()) await each[Symbol.asyncDispose]()
})

function application(site: string): FilesApplication {
  const found = applications.get(site)
  if (found === undefined) throw new RangeError(`there is no ${site}`)
  return found
}

const pattern = (seed: number): Buffer => Buffer.alloc(MIB, createHash('sha512').update(String(seed)).digest())

/** Sends a body of so many bytes, all of which `seed` says, without ever holding more than one part of it. */
async function put(site: string, name: string, bytes: number, seed: number, headers: Record<string, string> = {}) {
  const url = `${mesh.agent(site).ready.ingress}/files/files/${name}`
  const request = http.request(url, {
    method: 'PUT',
    agent: false,
    headers: { 'Content-Type': 'application/x-test', 'Content-Length': bytes, ...headers },
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  const sum = createHash('sha256')
  const part = pattern(seed)
  let isAnswered = false
  answered.then(
    () => (isAnswered = true),
    () => (isAnswered = true),
  )
  request.on('error', () => undefined)
  for (let left = bytes; left > 0 && !isAnswered;) {
    const chunk = part.subarray(0, Math.min(left, part.length))
    left -= chunk.length
    sum.update(chunk)
    if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered])
  }
  request.end()
  const [answer] = await answered
  return { status: answer.statusCode, headers: answer.headers, text: await text(answer), hash: sum.digest('hex') }
}

/** Begins a PUT and sends a part of its body: what is answered before the rest comes, if anything. */
async function begin(site: string, name: string, headers: Record<string, string>) {
  const url = `${mesh.agent(site).ready.ingress}/files/files/${name}`
  const length = { 'Content-Length': 40 * MIB, 'Content-Type': 'application/x-test' }
  const request = http.request(url, { method: 'PUT', agent: false, headers: { ...length, ...headers } })
  request.on('error', () => undefined)
  request.write(pattern(1).subarray(0, 128 * 1024))
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const result = { status: answer.statusCode, code: answer.headers['cheops-error'] }
  request.destroy()
  return result
}

/** Waits until these sites have a file, and its body lies at each once. */
async function arrives(name: string, expected: { hash: string; bytes: number }, sites = SITES): Promise<void> {
  for (const site of sites)
    await vi.waitFor(() => expect(application(site).files.get(name), `${name} at ${site}`).toMatchObject(expected), {
      timeout: 100_000,
      interval: 50,
    })
}

/** Files of bodies that a site keeps, partial ones and those that are being written included. */
async function kept(site: string): Promise<string[]> {
  const all = await readdir(path.join(mesh.data(site), 'bodies'), { recursive: true, withFileTypes: true })
  return all.filter(entry => entry.isFile()).map(({ name }) => name)
}

test('50 MB reach all members as they are, in memory that stays flat', { timeout: 120_000 }, async () => {
  const bytes = 50 * MIB
  let peak = 0
  const start = process.memoryUsage()
  const sampling = setInterval(() => {
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    peak = Math.max(peak, heapUsed + arrayBuffers - start.heapUsed - start.arrayBuffers)
  }, 20)
  const { status, headers, hash } = await put('site1', 'disk', bytes, 1, { 'Cheops-Scope': EVERYWHERE })
  expect(status).toBe(201)
  expect(headers['cheops-outcome']).toBe('applied')
  await arrives('disk', { hash, bytes })
  clearInterval(sampling)
  // Client, three agents and three applications are one process here; each that held the body would add 50 MiB.
  expect(peak / MIB, 'MiB more than at the start').toBeLessThan(150)
  for (const site of SITES) expect(application(site).files.get('disk')?.type).toBe('application/x-test')
  for (const site of SITES) expect(await kept(site)).toEqual([hash])
})

test('a body that replaces it does away with it, and a delete with that', { timeout: 120_000 }, async () => {
  const { hash } = await put('site2', 'disk', MIB, 2, WAIT)
  await arrives('disk', { hash, bytes: MIB })
  await vi.waitFor(async () => expect(await Promise.all(SITES.map(kept))).toEqual([[hash], [hash], [hash]]), 60_000)
  await fetch(`${mesh.agent('site3').ready.ingress}/files/files/disk`, { method: 'DELETE', headers: WAIT })
  await vi.waitFor(async () => expect(await Promise.all(SITES.map(kept))).toEqual([[], [], []]), 60_000)
})

test('what a cut stops in the middle goes on where it stopped', { timeout: 120_000 }, async () => {
  const bytes = 50 * MIB
  const before = mesh.bytes
  const scope = 'site1 & site2'
  const { status, hash } = await put('site1', 'cut', bytes, 3, { 'Cheops-Scope': scope })
  expect(status).toBe(201)
  await vi.waitFor(() => expect(mesh.bytes - before).toBeGreaterThan(10 * MIB), { timeout: 60_000, interval: 5 })
  mesh.cut()
  const atCut = mesh.bytes - before
  expect(atCut, 'bytes before the cut').toBeLessThan(bytes)
  expect(application('site2').files.has('cut')).toBe(false)
  mesh.heal()
  await arrives('cut', { hash, bytes }, ['site1', 'site2'])
  // What was in flight is lost; all that came before would be as much again.
  const twice = mesh.bytes - before - bytes
  expect(twice / MIB, 'MiB that passed twice').toBeLessThan(8)
  await fetch(`${mesh.agent('site1').ready.ingress}/files/files/cut`, { method: 'DELETE', headers: WAIT })
})

test('a member that has no room waits, says so, and holds up nothing else', { timeout: 120_000 }, async () => {
  const bytes = 53 * MIB
  const { status } = await put('site1', 'large', bytes, 4, { 'Cheops-Scope': EVERYWHERE })
  expect(status).toBe(201)
  const { hash } = await put('site1', 'small', 100_000, 5, { 'Cheops-Scope': EVERYWHERE, ...WAIT })
  await arrives('small', { hash, bytes: 100_000 })
  await arrives('large', { hash: application('site1').files.get('large')?.hash ?? '', bytes }, ['site2'])
  const replicant = { service: 'files', kind: 'file', name: 'large' }
  const shown = await mesh.agent('site3').control.replicant(replicant)
  expect(shown).toMatchObject({ state: 'busy', missingBodies: [{ bytes, here: 0 }] })
  expect(application('site3').files.has('large')).toBe(false)
  // A smaller one takes its place.
  const smaller = await put('site2', 'large', 200_000, 6, WAIT)
  await arrives('large', { hash: smaller.hash, bytes: 200_000 })
  for (const name of ['large', 'small'])
    await fetch(`${mesh.agent('site1').ready.ingress}/files/files/${name}`, { method: 'DELETE', headers: WAIT })
})

test('a body for which there is no room is refused with 507, and nothing was done', { timeout: 120_000 }, async () => {
  const before = application('site3').puts
  const { status, text: body } = await put('site3', 'huge', 53 * MIB, 7, { 'Cheops-Scope': 'site3 & site1' })
  expect(status).toBe(507)
  expect(JSON.parse(body)).toMatchObject({ code: 'ERR_BLOB_SPACE' })
  expect(application('site3').puts).toBe(before)
  await vi.waitFor(async () => expect(await kept('site3')).toEqual([]), 60_000)
})

test(
  'JSON beyond 64 KiB is looked into up to a bound: a create, a replace and a merge; larger merges are told what to do',
  { timeout: 120_000 },
  async () => {
    const notes = 'n'.repeat(200_000)
    await mesh.must('site1', 'POST', '/items', { scope: EVERYWHERE, body: { id: 'long', notes }, headers: WAIT })
    await mesh.settles(
      'long',
      [1, 2, 3].map(() => ({ id: 'long', notes })),
    )
    await mesh.must('site2', 'PATCH', '/items/long', { body: { more: notes }, headers: WAIT })
    await mesh.settles(
      'long',
      [1, 2, 3].map(() => ({ id: 'long', notes, more: notes })),
    )
    await mesh.must('site3', 'PUT', '/items/long', { body: { notes: `${notes}!` }, headers: WAIT })
    await mesh.settles(
      'long',
      [1, 2, 3].map(() => ({ id: 'long', notes: `${notes}!` })),
    )
    for (const [method, resource] of [
      ['PATCH', '/items/long'],
      ['POST', '/items'],
    ] as const) {
      const body = { id: 'long', text: 'x'.repeat(3 * MIB) }
      const { status, text: problem } = await mesh.ask('site1', method, resource, { scope: EVERYWHERE, body })
      expect(status, method).toBe(413)
      expect((JSON.parse(problem) as { detail: string }).detail).toMatch(/up to 2 MiB: .*PUT/)
    }
    await mesh.must('site1', 'DELETE', '/items/long', { headers: WAIT })
    await vi.waitFor(async () => expect(await Promise.all(SITES.map(kept))).toEqual([[], [], []]), 60_000)
  },
)

test(
  'what is beyond 64 KiB and only ever patched is said anew as a file, at all members',
  { timeout: 120_000 },
  async () => {
    const notes = 'n'.repeat(70_000)
    await mesh.must('site1', 'POST', '/items', { scope: EVERYWHERE, body: { id: 'patched', notes }, headers: WAIT })
    const [created = ''] = await kept('site3')
    for (let n = 1; n <= 102; n++) await mesh.must('site1', 'PATCH', '/items/patched', { body: { [`f${n % 3}`]: n } })
    const patched = { id: 'patched', notes, f0: 102, f1: 100, f2: 101 }
    await mesh.settles(
      'patched',
      [1, 2, 3].map(() => patched),
    )
    const files = (): Promise<string[][]> => Promise.all(SITES.map(kept))
    // One each, the same, and no longer that of the create.
    await vi.waitFor(async () => expect(new Set((await files()).map(all => all.join())).size).toBe(1), 60_000)
    await vi.waitFor(async () => expect(await kept('site1')).not.toContain(created), 60_000)
    expect(await kept('site1')).toHaveLength(1)
    await mesh.down('site2')
    await mesh.up('site2')
    await mesh.must('site2', 'PATCH', '/items/patched', { body: { f0: 'after' }, headers: WAIT })
    await mesh.settles(
      'patched',
      [1, 2, 3].map(() => ({ ...patched, f0: 'after' })),
    )
    await mesh.must('site1', 'DELETE', '/items/patched', { headers: WAIT })
    await vi.waitFor(async () => expect(await files()).toEqual([[], [], []]), 60_000)
  },
)

test('what a crash left behind that no operation names is gone after a start', { timeout: 120_000 }, async () => {
  const { hash } = await put('site1', 'stays', 100_000, 8, { 'Cheops-Scope': EVERYWHERE, ...WAIT })
  await arrives('stays', { hash, bytes: 100_000 })
  const [own = ''] = await readdir(path.join(mesh.data('site2'), 'bodies'))
  const folder = path.join(mesh.data('site2'), 'bodies', own)
  await mesh.down('site2')
  const orphan = createHash('sha256').update('orphan').digest('hex')
  await mkdir(path.join(folder, orphan.slice(0, 2)), { recursive: true })
  for (const file of [`${orphan.slice(0, 2)}/${orphan}`, `partial/${'0'.repeat(64)}`, 'temporary/0'])
    await writeFile(path.join(folder, file), 'orphan')
  await mesh.up('site2')
  expect(await kept('site2')).toEqual([hash])
})

test('what the path and the scope say is wrong is answered before a large body has come', async () => {
  const small = await put('site1', 'ahead', 10, 1, { 'Cheops-Scope': 'site1 & site2', ...WAIT })
  expect(small.status, small.text).toBe(201)
  expect(await begin('site1', 'ahead', { 'Cheops-Scope': EVERYWHERE })).toEqual({
    status: 422,
    code: 'ERR_REPLICANT_MEMBERS',
  })
  const level = { 'Cheops-Scope': 'site1 & site2', 'Cheops-Level': 'none' }
  expect(await begin('site1', 'ahead', level)).toEqual({ status: 422, code: 'ERR_REPLICANT_LEVEL' })
})
