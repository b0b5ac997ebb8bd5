/**
 * Dots as they are written: an answer has one table of the pairs of site and incarnation that occur in it, in the order in which they
 * first do, and dots name a place in it.
 */
import { isIncarnation } from '../../src/core/membership/incarnation.ts'
import { isSiteName } from '../../src/core/membership/record.ts'
import { isCanonical } from '../../src/core/oplog/index.ts'
import { bad, count, incarnation, present, small, whole } from './fields.ts'
import type { Context, Dot, LifeKnowledge, OperationId } from '../../src/core/oplog/index.ts'
import type { Bytes } from './fields.ts'
import type * as pb from './pb/message.ts'

const INCARNATION_BYTES = 16

/** Collects the table while dots are written. */
export class OriginWriter {
  readonly origins: pb.Origin[] = []
  readonly #places = new Map<string, number>()

  dot = (dot: Dot): pb.Dot => ({ origin: this.#placeOf(dot), number: whole(dot.number) })

  dots = (context: Context): pb.Dot[] => context.map(this.dot)

  life = ({ life, knowledge, holes }: LifeKnowledge): pb.LifeKnowledge => ({
    life: this.id(life),
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
    this.#origins = origins.map(({ site, incarnation: bytes }) => {
      if (!isSiteName(site)) throw bad('a site has no valid name')
      return { site, incarnation: incarnationText(bytes) }
    })
  }

  dot = (dot: pb.Dot | undefined): Dot => {
    const { origin, number } = present(dot, 'a dot')
    return this.#dotAt(origin, number)
  }

  context = (dots: readonly pb.Dot[]): Context => {
    const context = dots.map(this.dot)
    if (!isCanonical(context)) throw bad('a vector is not in canonical form')
    return context
  }

  life = ({ life, knowledge, holes }: pb.LifeKnowledge): LifeKnowledge => ({
    life: this.id(life),
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

function incarnationBytes(text: string): Bytes {
  if (!isIncarnation(text)) throw bad('an incarnation is not one')
  const bytes = Buffer.alloc(INCARNATION_BYTES)
  const dash = text.indexOf('-')
  bytes.writeBigUInt64BE(BigInt(text.slice(0, dash)))
  bytes.write(text.slice(dash + 1), 8, 'hex')
  return bytes
}

function incarnationText(bytes: Uint8Array): string {
  if (bytes.length !== INCARNATION_BYTES) throw bad('an incarnation has not 16 bytes')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return incarnation(`${buffer.readBigUInt64BE()}-${buffer.toString('hex', 8)}`)
}
