import { createHash } from 'node:crypto'
import { syncCodec } from '../../../protocols/sync/codec.ts'
import { lifeKey } from '../../../src/core/oplog/index.ts'
import type { Dot, Operation, ReplicantName, Stamp } from '../../../src/core/oplog/index.ts'
import type { ReplicationGlue } from '../../../src/ports/replication-glue.ts'
import type { SealedOperation } from '../../../src/ports/sync.ts'
import type { Store, StoreWrite } from '../../../src/ports/store.ts'
import { encodeJson } from '../../../src/runtime/replication/store/encode-json.ts'
import { decodePacked, encodePacked } from '../../../src/runtime/replication/store/packed-record.ts'
import { decodeSealed, encodeSealed } from '../../../src/runtime/replication/store/records.ts'
import { operationKey } from '../../../src/runtime/replication/store/replica-records.ts'
import { dotPath, pathOf, prefixOf } from '../../../src/runtime/replication/store/replica-keys.ts'
import { bodyOf, nameOf } from './items.ts'

/** What tells an item that was created, and not written since, from others. */
export interface Created {
  readonly place: number
  /** Of its body. */
  readonly sequence: number
  /** Of the create, among the operations of its origin. */
  readonly number: number
  readonly stamp: Stamp
}

/** A create, and texts in records that follow from it: the life; hashes of what applications show, and of what is known. */
interface Item {
  readonly create: Operation
  readonly texts: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

/** The records of an item at rest. With others something is under way, or agents write what this file does not know. */
const RECORDS = /^(core|local|acknowledged\/[^/]+|(operation|outcomes)(\/[^/]+){3})$/

/** The records that a store has of one item, of which those of others are made. */
export class Pattern {
  readonly #glue: ReplicationGlue
  readonly #item: Item
  readonly #records: readonly (readonly [rest: string, record: Fields])[]

  private constructor(glue: ReplicationGlue, create: Operation, records: readonly (readonly [string, Fields])[]) {
    this.#glue = glue
    this.#item = itemOf(glue, create)
    this.#records = records
  }

  /** @throws Error when there is no such item, it was written again, or something of it is under way */
  static async read(store: Store, glue: ReplicationGlue, replicant: ReplicantName): Promise<Pattern> {
    const prefix = prefixOf(replicant)
    const records: (readonly [string, Fields])[] = []
    const operations: Operation[] = []
    for await (const [key, value] of store.iterate({ prefix })) {
      const rest = key.slice(prefix.length)
      if (!RECORDS.test(rest)) throw new Error(`the record ${key} is not that of an item at rest`)
      if (rest.startsWith('operation/')) operations.push(syncCodec.decodeOperation(decodeSealed(value).bytes))
      else records.push([rest, JSON.parse(new TextDecoder().decode(value)) as Fields])
    }
    const due = await store.get(`replication/due/${pathOf(replicant)}`)
    const [create, ...more] = operations
    if (create === undefined || more.length > 0)
      throw new Error(`${replicant.name} was not created once and left alone`)
    if (due !== undefined) throw new Error(`something of ${replicant.name} is under way`)
    return new Pattern(glue, create, records)
  }

  get create(): Operation {
    return this.#item.create
  }

  /** The create of another item, as its origin would have written it. */
  createOf({ place, sequence, number, stamp }: Created): Operation {
    const { create } = this.#item
    const { payload } = create
    if (payload === undefined) throw new Error('a create has a payload')
    const dot = { ...create.dot, number }
    return {
      ...create,
      dot,
      stamp,
      replicant: { ...create.replicant, name: nameOf(place) },
      life: { stamp, dot },
      payload: { ...payload, body: { bytes: new TextEncoder().encode(bodyOf(place, sequence)) } },
    }
  }

  /** All records of another item. The moments of its outcomes are those of the pattern. */
  recordsOf(create: Operation, sealed: SealedOperation): StoreWrite[] {
    const [from, to] = [this.#item, itemOf(this.#glue, create)]
    const prefix = prefixOf(create.replicant)
    const texts = new Map(from.texts.map((text, place) => [text, to.texts[place] ?? '']))
    const writes: StoreWrite[] = this.#records.map(([rest, record]) => ({
      kind: 'put',
      key: prefix + rest.replace(dotPath(from.create.dot), dotPath(create.dot)),
      value: encodedAs(record, replaced(decoded(record), from.create, create, texts) as Fields),
    }))
    writes.push({ kind: 'put', key: operationKey(prefix, create.dot), value: encodeSealed(sealed) })
    return writes
  }
}

function itemOf(glue: ReplicationGlue, create: Operation): Item {
  const { replicant, life, dot, payload } = create
  const body = payload?.body
  if (body === undefined || !('bytes' in body)) throw new Error(`${replicant.name} has no small body`)
  const shown = glue.comparable(replicant.kind, glue.parseBody(['content-type', 'application/json'], body.bytes))
  const knowledge = syncCodec.encodeKnowledge(replicant, [{ life, knowledge: [dot], holes: [] }])
  return { create, texts: [replicant.name, lifeKey(life), sha256(shown), sha256(knowledge)] }
}

/** Packed, if it was. */
function decoded(record: Fields): unknown {
  return decodePacked(encodeJson(record))
}

function encodedAs(record: Fields, value: Fields): Uint8Array {
  return 'origins' in record ? encodePacked(value) : encodeJson(value)
}

/** The same with the dot, the stamp and the texts of another item. */
function replaced(value: unknown, from: Operation, to: Operation, texts: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return texts.get(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  if (isDot(value, from.dot)) return to.dot
  if (isStamp(value, from.stamp)) return to.stamp
  if (Array.isArray(value)) return value.map(item => replaced(item, from, to, texts))
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, replaced(field, from, to, texts)]))
}

function isDot(value: object, { site, incarnation, number }: Dot): boolean {
  const dot = value as Partial<Dot>
  return dot.number === number && dot.incarnation === incarnation && dot.site === site
}

function isStamp(value: object, { ms, counter }: Stamp): boolean {
  const stamp = value as Partial<Stamp>
  return stamp.ms === ms && stamp.counter === counter
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
