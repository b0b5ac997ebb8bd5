/**
 * What arrives while a state is made of what was read and written: it is carried out on top of that, and is no part of it. Real replicators in the simulated
 * world, and applications that know JSON Patch and never show a list, so that only what was written says what is in it.
 */
import { afterEach, expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { patched } from '../../../../../src/runtime/replication/drift/json-patch.ts'
import { Lab } from '../lab.ts'
import type { Application, ApplicationRequest } from '../../../../../src/ports/application.ts'

const AB = ['a', 'b']
const PATCH = { type: 'application/json-patch+json' }

let lab: Lab
let onRead: (site: string) => Promise<void>
afterEach(() => lab.assertSound())

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** An application that knows JSON Patch, and takes its time to be read where a test says so. */
function patching(inner: Application, site: string): Application {
  const request = async (asked: ApplicationRequest): Promise<Awaited<ReturnType<Application['request']>>> => {
    if (asked.method === 'GET') {
      const answer = await inner.request(asked)
      await onRead(site)
      return answer
    }
    const type = asked.headers.findIndex(each => each.toLowerCase() === 'content-type')
    if (asked.method !== 'PATCH' || asked.headers[type + 1] !== PATCH.type) return inner.request(asked)
    const steps: unknown = JSON.parse(new TextDecoder().decode(asked.body as Uint8Array))
    const done = patched(lab.world.site(site).application.read(SERVICE, asked.path), steps, { left: 1_000 })
    const headers = asked.headers.with(type + 1, 'application/json')
    return inner.request({ ...asked, method: 'PUT', headers, body: text(done?.value) })
  }
  return { request }
}

async function created(): Promise<void> {
  onRead = () => Promise.resolve()
  lab = await Lab.of(AB, { application: patching })
  for (const { application } of lab.world.sites) application.hides.set('tags', true)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0, tags: [] }, { members: AB })
  await lab.pass(20_000)
}

const patch = (at: string) => lab.begin(at, 'PATCH /items/x', [{ op: 'add', path: '/tags/-', value: 'late' }], PATCH)

/** The next reading at a site is answered when something that is written at the other one is here. */
function overtake(site: string, other: string, write: (at: string) => Promise<unknown> = patch): void {
  onRead = async reader => {
    if (reader !== site) return
    onRead = () => Promise.resolve()
    void write(other)
    await later(3_000)
  }
}

const later = (inMs: number): Promise<void> => new Promise<void>(resolve => void lab.world.time.after(inMs, resolve))

test('what arrives while a state is copied is carried out once', async () => {
  await created()
  // Changed past Cheops: b looks, and asks a for what it shows.
  lab.world.site('b').application.write(SERVICE, '/items/x', { id: 'x', n: 7, tags: [] })
  onRead = reader => {
    if (reader === 'a' && lab.events('b').includes('drift')) overtake('b', 'a')
    return Promise.resolve()
  }
  await lab.pass(10 * 60_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 0, tags: ['late'] }, b: { id: 'x', n: 0, tags: ['late'] } })
})

test('what arrives while a state is said of a hundred patches is carried out once', async () => {
  await created()
  for (let n = 1; n <= 101; n++) {
    if (n === 101) overtake('a', 'b')
    await lab.ask('a', 'PATCH /items/x', { n })
  }
  await lab.pass(10 * 60_000)
  expect(lab.events('a').filter(kind => kind === 'released')).toHaveLength(103)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 101, tags: ['late'] }, b: { id: 'x', n: 101, tags: ['late'] } })
})

test('a body that arrives while a state is said of a hundred patches is not lost to it', async () => {
  await created()
  for (let n = 1; n <= 101; n++) {
    if (n === 101)
      overtake('a', 'b', async at => {
        // Who says the whole has seen all that it is to put an end to.
        while (lab.read(at, 'x')?.['n'] !== n) await later(10)
        return lab.begin(at, 'PUT /items/x', { n: -1, tags: ['whole'] })
      })
    await lab.ask('a', 'PATCH /items/x', { n })
  }
  await lab.pass(10 * 60_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: -1, tags: ['whole'] }, b: { id: 'x', n: -1, tags: ['whole'] } })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees', conflicts: [] })
})
