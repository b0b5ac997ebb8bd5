/**
 * Records as JSON in which dots and identities of operations are short texts: `@place.number` and `@ms.counter.place.number`, where the
 * place is one in `origins`, the pairs of site and incarnation that occur. A record of a replicant repeats the same one or two pairs some
 * twenty times, and is written again with each step. Any other text that begins with `@` has one more of it in front.
 */
import type { Dot, OperationId } from '../../../core/oplog/index.ts'

type Origin = readonly [site: string, incarnation: string]

const MARK = '@'
const DECODER = new TextDecoder()

/** Maps and sets are the caller's to turn into lists. */
export function encodePacked(record: Readonly<Record<string, unknown>>): Uint8Array {
  const packer = new Packer()
  const fields = packer.fields(record)
  const origins = `"origins":${JSON.stringify(packer.origins)}`
  return Buffer.from(fields === '' ? `{${origins}}` : `{${fields},${origins}}`)
}

/**
 * What `encodePacked` wrote; a record without `origins` is of an earlier version, and is given back as it is.
 * @throws SyntaxError, RangeError when it is damaged
 */
export function decodePacked(bytes: Uint8Array): unknown {
  const { packed, unpack } = openPacked(bytes)
  return unpack(packed)
}

/** A record whose fields are unpacked when they are wanted. */
export interface OpenRecord {
  readonly packed: Readonly<Record<string, unknown>>
  /** Gives what stands for a field, or for a part of one. */
  readonly unpack: (field: unknown) => unknown
}

/** As `decodePacked`, where little of it is wanted. */
export function openPacked(bytes: Uint8Array): OpenRecord {
  const { origins, ...packed } = JSON.parse(DECODER.decode(bytes)) as Readonly<Record<string, unknown>>
  if (origins === undefined) return { packed, unpack: field => field }
  return { packed, unpack: field => unpacked(field, origins as readonly Origin[]) }
}

/** Up to so many pairs are looked through: most records have one or two. */
const MAX_LISTED = 8

/** Writes the text at once: a record is written with each step, and a tree of what it says would be made for nothing. */
class Packer {
  readonly origins: Origin[] = []
  /** Of more than a few. */
  #places: Map<string, number> | undefined

  /** Without braces. What is undefined is left out. */
  fields(value: object): string {
    let text = ''
    for (const name of Object.keys(value)) {
      const field: unknown = value[name as keyof typeof value]
      if (field !== undefined) text += `${text === '' ? '' : ','}${nameText(name)}:${this.#packed(field)}`
    }
    return text
  }

  #packed(value: unknown): string {
    if (typeof value === 'string') return JSON.stringify(value.startsWith(MARK) ? MARK + value : value)
    if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
    if (Array.isArray(value)) {
      let text = ''
      for (const item of value as readonly unknown[])
        text += text === '' ? this.#packed(item) : `,${this.#packed(item)}`
      return `[${text}]`
    }
    if (isDot(value)) return `"${MARK}${this.#placeOf(value)}.${value.number}"`
    if (isId(value)) {
      const { stamp, dot } = value
      return `"${MARK}${stamp.ms}.${stamp.counter}.${this.#placeOf(dot)}.${dot.number}"`
    }
    return `{${this.fields(value)}}`
  }

  #placeOf({ site, incarnation }: Dot): number {
    const { origins } = this
    if (origins.length <= MAX_LISTED) {
      const known = origins.findIndex(origin => origin[1] === incarnation && origin[0] === site)
      return known < 0 ? origins.push([site, incarnation]) - 1 : known
    }
    this.#places ??= new Map(origins.map(([name, run], place) => [`${run} ${name}`, place]))
    const key = `${incarnation} ${site}`
    const place = this.#places.get(key) ?? origins.push([site, incarnation]) - 1
    this.#places.set(key, place)
    return place
  }
}

/** Names of fields as JSON has them: the same few over and over. */
const NAMES = new Map<string, string>()
const MAX_NAMES = 256

function nameText(name: string): string {
  const known = NAMES.get(name)
  if (known !== undefined) return known
  const text = JSON.stringify(name)
  if (NAMES.size < MAX_NAMES) NAMES.set(name, text)
  return text
}

/** Neither more nor less than a dot: else something would be lost. */
function isDot(value: object): value is Dot {
  return 'incarnation' in value && 'site' in value && 'number' in value && Object.keys(value).length === 3
}

function isId(value: object): value is OperationId {
  if (!('stamp' in value && 'dot' in value) || Object.keys(value).length !== 2) return false
  const { stamp, dot } = value
  if (typeof dot !== 'object' || dot === null || !isDot(dot)) return false
  return typeof stamp === 'object' && stamp !== null && 'ms' in stamp && 'counter' in stamp
}

function unpacked(value: unknown, origins: readonly Origin[]): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? textOf(value.slice(1), origins) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => unpacked(item, origins))
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, unpacked(field, origins)]))
}

function textOf(text: string, origins: readonly Origin[]): Dot | OperationId | string {
  if (text.startsWith(MARK)) return text
  const numbers = text.split('.').map(Number)
  const [ms = NaN, counter = NaN] = numbers
  const [place = NaN, number = NaN] = numbers.slice(-2)
  const origin = origins[place]
  if (origin === undefined || numbers.some(Number.isNaN)) throw new RangeError(`"${MARK}${text}" names no operation`)
  const dot = { site: origin[0], incarnation: origin[1], number }
  return numbers.length === 2 ? dot : { stamp: { ms, counter }, dot }
}
