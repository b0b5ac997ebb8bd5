/**
 * Dots as they are written: each message (an operation, an entry, a want) has one table of the pairs of site and incarnation that
 * occur in it, in the order in which they first do, and dots name a place in it. A vector of ten sites costs a third of what it
 * would with their names.
 */
import { isIncarnation } from '../../src/core/membership/incarnation.ts'
import { bad, context, count, incarnation, present, site, small, tooLarge, whole } from './fields.ts'
import type { Bytes } from './fields.ts'
import type { Context, Dot, LifeKnowledge, OperationId } from '../../src/core/oplog/index.ts'
import type * as pb from './pb/message.ts'

type Known = Omit<LifeKnowledge, 'life'>

const INCARNATION_BYTES = 16

/** Incarnations that are remembered in both forms: those of all who write at a time. */
const MAX_KNOWN_INCARNATIONS = 256
const bytesOf = new Map<string, Bytes>()
const textOf = new Map<string, string>()

/** Collects the table while dots are written. */
export class OriginWriter {
  readonly origins: pb.Origin[] = []
  readonly #places = new Map<string, number>()

  dot = (dot: Dot): pb.Dot => ({ origin: this.#placeOf(dot), number: whole(dot.number) })

  dots = (context: Context): pb.Dot[] => context.map(this.dot)

  known = ({ knowledge, holes }: Known) => ({
    knowledge: this.dots(knowledge),
    holes: holes.map(({ after, last }) => ({ after: whole(after), last: this.dot(last) })),
  })

  id = ({ stamp, dot }: OperationId): pb.Id => ({
    ms: whole(stamp.ms),
    counter: small(stamp.counter),
    origin: this.#placeOf(dot),
    number: whole(dot.number),
  })

  #placeOf(dot: Dot): number {
    const key = `${dot.incarnation}/${dot.site}`
    const known = this.#places.get(key)
    if (known !== undefined) return known
    this.#places.set(key, this.origins.length)
    this.origins.push({ site: dot.site, incarnation: incarnationBytes(dot.incarnation) })
    return this.origins.length - 1
  }
}

/** Reads dots by the table that came with them. */
export class OriginReader {
  readonly #origins: readonly Pick<Dot, 'site' | 'incarnation'>[]

  constructor(origins: readonly pb.Origin[]) {
    this.#origins = origins.map(origin => ({
      site: site(origin.site),
      incarnation: incarnationText(origin.incarnation),
    }))
  }

  dot = (dot: pb.Dot | undefined): Dot => {
    const { origin, number } = present(dot, 'a dot')
    return this.#dotAt(origin, number)
  }

  context = (dots: readonly pb.Dot[]): Context => context(dots.map(this.dot))

  known = ({ knowledge, holes }: Pick<pb.Since, 'knowledge' | 'holes'>): Known => ({
    knowledge: this.context(knowledge),
    holes: holes.map(hole => {
      const last = this.dot(hole.last)
      const after = count(hole.after)
      if (after >= last.number) throw bad('a hole is empty')
      return { after, last }
    }),
  })

  id = (id: pb.Id | undefined): OperationId => {
    const { ms, counter, origin, number } = present(id, 'a stamp with its dot')
    return { stamp: { ms: count(ms), counter }, dot: this.#dotAt(origin, number) }
  }

  #dotAt(place: number, number: bigint): Dot {
    const origin = this.#origins[place]
    if (origin === undefined) throw bad('a dot names no origin')
    return { ...origin, number: count(number, 1) }
  }
}

/** The bytes are read by many: nobody may change them. */
function incarnationBytes(text: string): Bytes {
  const known = bytesOf.get(text)
  if (known !== undefined) return known
  if (!isIncarnation(text)) throw tooLarge('an incarnation is not one.')
  const bytes = Buffer.alloc(INCARNATION_BYTES)
  const dash = text.indexOf('-')
  bytes.writeBigUInt64BE(BigInt(text.slice(0, dash)))
  bytes.write(text.slice(dash + 1), 8, 'hex')
  return remembered(bytesOf, text, bytes)
}

function incarnationText(bytes: Uint8Array): string {
  if (bytes.length !== INCARNATION_BYTES) throw bad('an incarnation has not 16 bytes')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const key = buffer.toString('latin1')
  const known = textOf.get(key)
  if (known !== undefined) return known
  return remembered(textOf, key, incarnation(`${buffer.readBigUInt64BE()}-${buffer.toString('hex', 8)}`))
}

function remembered<T>(map: Map<string, T>, key: string, value: T): T {
  // What somebody makes up goes with the rest: they are found again soon.
  if (map.size >= MAX_KNOWN_INCARNATIONS) map.clear()
  map.set(key, value)
  return value
}
