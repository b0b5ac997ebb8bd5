import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { openFileBlobs } from '../../../src/adapters/blobs/file-blobs.ts'
import { openLevelStore } from '../../../src/adapters/level/level-store.ts'
import { appendTogether, openJournal } from '../../../src/runtime/journal/journal.ts'
import type { Journal } from '../../../src/runtime/journal/journal.ts'
import type { Blobs } from '../../../src/ports/blobs.ts'
import type { Store } from '../../../src/ports/store.ts'

/** What a process told that it had on disk, each before the line was written. */
export type Acknowledgement =
  | { readonly kind: 'operation'; readonly worker: number; readonly count: number; readonly number: number }
  | { readonly kind: 'blob'; readonly seed: number; readonly hash: string }
  | { readonly kind: 'forgotten'; readonly hash: string }

/** What must be true of a folder, whatever happened, as far as the acknowledgements say. */
export interface Expected {
  /** The greatest number that was acknowledged in both journals. */
  number: number
  /** The last count of each worker that was acknowledged. */
  readonly counts: Map<number, number>
  /** Bodies that were acknowledged and not given up, with the seed of each. */
  readonly blobs: Map<string, number>
}

interface Opened extends AsyncDisposable {
  readonly store: Store
  readonly blobs: Blobs
  readonly left: Journal
  readonly right: Journal
}

const WORKERS = 24
/** Records that a journal keeps; the rest is trimmed now and then. */
const KEPT = 200
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value)

/** A body of 70 to 200 KB that its seed says. */
function bodyOf(seed: number): Uint8Array {
  const content = new Uint8Array(lengthOf(seed))
  for (let index = 0; index < content.length; index++) content[index] = index * 31 + (index >> 8) * seed + seed
  return content
}
const lengthOf = (seed: number): number => 70_000 + ((seed * 7919) % 130_000)

async function open(folder: string): Promise<Opened> {
  const fail = (error: Error): never => {
    throw error
  }
  const store = await openLevelStore(path.join(folder, 'store'), fail)
  const blobs = await openFileBlobs(path.join(folder, 'blobs'), { maxBytes: 1e9, onFailure: fail })
  const [left, right] = [await openJournal(store, 'outbox/left/'), await openJournal(store, 'outbox/right/')]
  return { store, blobs, left, right, [Symbol.asyncDispose]: () => store.close() }
}

/**
 * Writes as an agent under load does, until it is killed, and acknowledges line by line. An operation is one commit: a record
 * in both journals, a value twice, and the worker's counter.
 */
export async function runLoad(folder: string): Promise<void> {
  const acknowledge = (acknowledgement: Acknowledgement): void =>
    void writeSync(1, `${JSON.stringify(acknowledgement)}\n`)
  writeSync(1, '\n')
  const { store, blobs, left, right } = await open(folder)
  const operations = async (worker: number): Promise<never> => {
    const key = `register/${worker}`
    for (let count = Number(text(await store.get(key))) + 1; ; count++) {
      const value = bytes(`${worker}:${count}:${'x'.repeat((count * 37) % 700)}`)
      const appends = [
        { journal: left, value },
        { journal: right, value },
      ]
      const [number = 0] = await appendTogether(store, appends, [
        { kind: 'put', key, value: bytes(String(count)) },
        { kind: 'put', key: `pair/left/${worker}/${count % 50}`, value },
        { kind: 'put', key: `pair/right/${worker}/${count % 50}`, value },
      ])
      acknowledge({ kind: 'operation', worker, count, number })
      if (count % 100 === 0) {
        await left.trim(Math.max(left.first, left.next - KEPT))
        await right.trim(Math.max(right.first, right.next - 10 * KEPT))
      }
    }
  }
  const bodies = async (): Promise<never> => {
    const known: string[] = []
    for await (const [key] of store.iterate({ prefix: 'blob/' })) known.push(key.slice('blob/'.length))
    for (let seed = Number(text(await store.get('seed'))) + 1; ; seed++) {
      const content = bodyOf(seed)
      const hash = createHash('sha256').update(content).digest('hex')
      const release = blobs.hold(hash)
      if (seed % 2 === 0) {
        for (let at = 0; at < content.length; at += 40_000)
          await blobs.append(hash, at, content.subarray(at, at + 40_000))
        await blobs.complete(hash)
      } else {
        const written = await blobs.write(pieces(content))
        written.release()
      }
      await store.commit([
        { kind: 'put', key: `blob/${hash}`, value: bytes(String(seed)) },
        { kind: 'put', key: 'seed', value: bytes(String(seed)) },
      ])
      release()
      acknowledge({ kind: 'blob', seed, hash })
      known.push(hash)
      if (known.length < 10) continue
      const forgotten = known.splice(0, 5)
      // Before they are gone: from here on they may be.
      for (const each of forgotten) acknowledge({ kind: 'forgotten', hash: each })
      await store.commit(forgotten.map(each => ({ kind: 'delete', key: `blob/${each}` })))
      await blobs.collect(async each => (await store.get(`blob/${each}`)) !== undefined)
    }
  }
  await Promise.all([bodies(), ...Array.from({ length: WORKERS }, (_, worker) => operations(worker))])
}

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 30_000) yield content.subarray(at, at + 30_000)
}

/** Opens what a killed process left behind and says, in words, all that is not as it must be. */
export async function faultsOf(folder: string, expected: Expected): Promise<string[]> {
  await using opened = await open(folder)
  const { store, blobs, left, right } = opened
  const faults: string[] = []
  const check = (isTrue: boolean, fault: string): void => void (isTrue || faults.push(fault))

  check(left.next === right.next, `torn: the journals end at ${left.next} and ${right.next}`)
  check(left.next > expected.number, `lost: record ${expected.number} of ${left.next - 1}`)
  const newest = new Map<number, number>()
  for await (const [number, value] of right.read({ from: right.first })) {
    const [worker = '', count = ''] = text(value).split(':')
    if (newest.has(Number(worker))) {
      check(Number(count) === (newest.get(Number(worker)) ?? 0) + 1, `torn: record ${number} is ${worker}:${count}`)
    }
    newest.set(Number(worker), Number(count))
  }
  for (const [worker, count] of newest) {
    check(Number(text(await store.get(`register/${worker}`))) === count, `torn: register ${worker} is not ${count}`)
  }
  for (const [worker, count] of expected.counts) {
    const found = Number(text(await store.get(`register/${worker}`)))
    check(found >= count, `lost: register ${worker} is ${found}, and was ${count}`)
  }
  const pairs = async (side: string): Promise<string[]> => {
    const found: string[] = []
    for await (const [key, value] of store.iterate({ prefix: `pair/${side}/` })) {
      found.push(`${key.slice(`pair/${side}/`.length)}=${text(value)}`)
    }
    return found
  }
  check((await pairs('left')).join() === (await pairs('right')).join(), 'torn: the pairs differ')

  for (const [hash, seed] of expected.blobs) {
    const state = blobs.find(hash)
    check(state.kind === 'whole' && state.bytes === lengthOf(seed), `lost: body ${seed} is ${state.kind}`)
  }
  for await (const [key] of store.iterate({ prefix: 'blob/' })) {
    check(blobs.find(key.slice('blob/'.length)).kind === 'whole', `lost: the body of ${key}`)
  }
  for (const { hash, kind } of blobs.list()) {
    if (kind === 'partial') continue
    try {
      for await (const chunk of blobs.read(hash)) void chunk
    } catch (error) {
      faults.push(`torn: body ${hash}: ${String(error)}`)
    }
  }
  const temporary = await readdir(path.join(folder, 'blobs', 'temporary'))
  check(temporary.length === 0, `left behind: ${temporary.join()}`)
  // A collection finds what the killed process had not referred to yet, so that nothing is left for ever.
  await blobs.collect(async hash => (await store.get(`blob/${hash}`)) !== undefined)
  const referenced: string[] = []
  for await (const [key] of store.iterate({ prefix: 'blob/' })) referenced.push(key.slice('blob/'.length))
  const kept = [...blobs.list()].map(({ hash }) => hash).toSorted()
  check(kept.join() === referenced.join(), 'left behind: bodies that nothing refers to')
  return faults
}
