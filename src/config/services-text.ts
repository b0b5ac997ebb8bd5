import { isObject } from '../core/resource/json-object.ts'
import { isDeepStrictEqual } from 'node:util'
import { isAlias, isMap, isScalar, isSeq, parseDocument, stringify } from 'yaml'
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml'
import { endOf, endOfPair, isBlock, isFlow, isNode, isPair, keyRange, rangeOf } from './yaml-places.ts'

/** A service, nested as in the file. */
export type SavedService = Readonly<Record<string, unknown>> & { readonly name: string }

/** A piece of the text and what takes its place. */
interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * A configuration as text, changed by splices at the places of its nodes: printing the parsed document anew would move comments to
 * other keys and join lines.
 */
export class ServicesText {
  readonly #services: YAMLSeq | undefined
  readonly #text: string
  readonly #newline: string
  readonly #document: Document
  readonly #splices: Splice[] = []

  constructor(text: string) {
    this.#text = text
    this.#newline = text.includes('\r\n') ? '\r\n' : '\n'
    this.#document = parse(text)
    const services = this.#document.get('services')
    if (services !== undefined && services !== null && !isSeq(services)) throw new Error('services is no list')
    this.#services = isSeq(services) ? services : undefined
  }

  /** Of the item with that name, also of `name=URL`. */
  indexOf(name: string): number {
    return (this.#services?.items ?? []).findIndex(item => {
      const node = isAlias(item) ? item.resolve(this.#document) : item
      if (isMap(node)) return node.get('name') === name
      return isScalar(node) && typeof node.value === 'string' && node.value.startsWith(`${name}=`)
    })
  }

  plainServices(): unknown[] {
    const { services } = record(this.#document.toJS())
    const list: unknown = services
    return Array.isArray(list) ? list.map((item: unknown) => item) : []
  }

  /** As a map, also of `name=URL`. */
  plainService(name: string): Readonly<Record<string, unknown>> | undefined {
    const index = this.indexOf(name)
    if (index === -1) return undefined
    const value = this.plainServices()[index]
    return typeof value === 'string' ? { name, endpoint: value.slice(name.length + 1) } : record(value)
  }

  /**
   * Of an item that is there, only keys that differ are changed.
   * @param index of the item; -1 for a new one
   */
  put(index: number, service: SavedService): void {
    const item = this.#services?.items[index]
    if (item === undefined) this.#append(service)
    else if (isMap(item) && !isFlow(item)) this.#update(item, service)
    else this.#replaceNode(item, flow(service))
  }

  #append(service: SavedService): void {
    const services = this.#services
    if (services === undefined) this.#begin(service)
    else if (isFlow(services)) this.#insertInFlow(services, flow(service))
    else {
      const last = services.items.at(-1)
      if (!isNode(last)) throw new Error('services has an empty item')
      this.#insertBelow(this.#endOfItem(last), indented([service], ' '.repeat(this.#column(this.#dashOf(last)))))
    }
  }

  /** The first service of a file: there is no key, or nothing behind it. */
  #begin(service: SavedService): void {
    const root = this.#document.contents
    if (isMap(root) && isFlow(root)) {
      if (root.has('services')) throw new Error('services has no value')
      this.#insertInFlow(root, `services: [${flow(service)}]`)
      return
    }
    const pair = isMap(root) ? root.items.find(each => isScalar(each.key) && each.key.value === 'services') : undefined
    const value = pair?.value
    if (pair === undefined) {
      this.#insertBelow(this.#text.length, indented({ services: [service] }, ''))
    } else if (isNode(value) && rangeOf(value).end > rangeOf(value).start) {
      this.#replaceNode(value, `[${flow(service)}]`)
    } else {
      this.#insertBelow(this.#lineEnd(keyRange(pair).end), indented([service], '  '))
    }
  }

  /** Changes the keys of a map in block style that differ, and leaves the others. */
  #update(map: YAMLMap, wanted: Readonly<Record<string, unknown>>): void {
    const pairs = new Map(map.items.map(pair => [String(isScalar(pair.key) ? pair.key.value : ''), pair]))
    const kept = map.items.filter(pair => isScalar(pair.key) && wanted[String(pair.key.value)] !== undefined)
    for (const [name, pair] of pairs) {
      const value = wanted[name]
      if (value === undefined) this.#removePair(map, pair)
      else if (!isDeepStrictEqual(this.#plain(pair.value), value)) this.#changePair(pair, name, value)
    }
    const added = Object.entries(wanted).filter(([name, value]) => !pairs.has(name) && value !== undefined)
    const last = kept.at(-1)
    if (added.length === 0 || last === undefined) return
    const [first] = map.items
    const column = first === undefined ? 0 : this.#column(keyRange(first).start)
    this.#insertBelow(
      this.#lineEnd(endOfPair(this.#text, last)),
      indented(Object.fromEntries(added), ' '.repeat(column)),
    )
  }

  #changePair(pair: Pair, name: string, value: unknown): void {
    const old = pair.value
    const sameKeys =
      isMap(old) &&
      isObject(value) &&
      old.items.some(each => isScalar(each.key) && value[String(each.key.value)] !== undefined)
    if (sameKeys && !isFlow(old)) this.#update(old, value)
    else if (isNode(old) && rangeOf(old).end > rangeOf(old).start && !isBlock(old)) this.#replaceNode(old, flow(value))
    else {
      // A value over several lines, or none at all.
      this.#splice(
        keyRange(pair).start,
        Math.max(endOfPair(this.#text, pair), this.#colon(pair)),
        `${name}: ${flow(value)}`,
      )
    }
  }

  #colon(pair: Pair): number {
    return this.#text.indexOf(':', keyRange(pair).end) + 1
  }

  #removePair(map: YAMLMap, pair: Pair): void {
    const { start } = keyRange(pair)
    const next = map.items[map.items.indexOf(pair) + 1]
    const standsAlone = this.#text.slice(this.#lineStart(start), start).trim() === ''
    // The first key of an item shares its line with the dash, which stays.
    if (standsAlone) this.#splice(this.#lineStart(start), this.#nextLine(endOfPair(this.#text, pair)), '')
    else if (next !== undefined) this.#splice(start, keyRange(next).start, '')
  }

  #replaceNode(node: unknown, text: string): void {
    if (!isNode(node)) throw new Error('services has an empty item')
    this.#splice(rangeOf(node).start, endOf(this.#text, node), text)
  }

  #insertInFlow(collection: YAMLMap | YAMLSeq, text: string): void {
    const last: unknown = collection.items.at(-1)
    const end = isNode(last) ? endOf(this.#text, last) : isPair(last) ? endOfPair(this.#text, last) : undefined
    if (end === undefined) this.#splice(rangeOf(collection).start + 1, rangeOf(collection).start + 1, text)
    else this.#splice(end, end, `, ${text}`)
  }

  remove(index: number): void {
    const items = this.#services?.items ?? []
    const [before, item, after] = [items[index - 1], items[index], items[index + 1]]
    if (!isNode(item) || this.#services === undefined) throw new Error('services has an empty item')
    if (!isFlow(this.#services)) {
      this.#splice(this.#lineStart(this.#dashOf(item)), this.#nextLine(this.#endOfItem(item)), '')
    } else if (isNode(after)) this.#splice(rangeOf(item).start, rangeOf(after).start, '')
    else if (isNode(before)) this.#splice(endOf(this.#text, before), endOf(this.#text, item), '')
    else this.#splice(rangeOf(item).start, endOf(this.#text, item), '')
  }

  /**
   * Where the last line of an item of a block list ends, with comments below its last key as long as they are indented more than its
   * dash: those belong to it.
   */
  #endOfItem(item: Node): number {
    const indent = this.#column(this.#dashOf(item))
    let end = this.#lineEnd(endOf(this.#text, item))
    for (let next = end; next < this.#text.length;) {
      const start = next + 1
      next = this.#lineEnd(start)
      const line = this.#text.slice(start, next)
      if (line.trim() === '') continue
      const comment = /^( *)#/.exec(line)
      if ((comment?.[1]?.length ?? 0) <= indent) break
      end = next
    }
    return end
  }

  #dashOf(item: Node): number {
    return this.#text.lastIndexOf('-', rangeOf(item).start - 1)
  }

  #plain(value: unknown): unknown {
    return isNode(value) ? value.toJS(this.#document) : value
  }

  #lineStart(offset: number): number {
    return this.#text.lastIndexOf('\n', offset - 1) + 1
  }

  #column(offset: number): number {
    return offset - this.#lineStart(offset)
  }

  /** Where the line feed stands, or the text ends. */
  #lineEnd(offset: number): number {
    const found = this.#text.indexOf('\n', offset)
    return found === -1 ? this.#text.length : found
  }

  #nextLine(offset: number): number {
    return Math.min(this.#lineEnd(offset) + 1, this.#text.length)
  }

  /** @param end where a line ends */
  #insertBelow(end: number, lines: string): void {
    const text = lines.replaceAll('\n', this.#newline)
    const start = this.#nextLine(end)
    const needsNewline = start > 0 && this.#text[start - 1] !== '\n'
    this.#splice(start, start, `${needsNewline ? this.#newline : ''}${text}${this.#newline}`)
  }

  #splice(start: number, end: number, text: string): void {
    this.#splices.push({ start, end, text })
  }

  /** @throws Error when the result would not say what it should: anchors, tags, several documents */
  result(services: readonly unknown[]): string {
    let text = this.#text
    // From the end on, so that places stay right; of what goes in at one place, what was found first stands first.
    const backwards = this.#splices.toReversed().toSorted((a, b) => b.start - a.start || b.end - a.end)
    for (const { start, end, text: piece } of backwards) text = text.slice(0, start) + piece + text.slice(end)
    const [before, after] = [record(this.#document.toJS()), record(parse(text).toJS())]
    const wanted = { ...before, services: services.map(withoutUndefined) }
    if (!isDeepStrictEqual({ ...after, services: after['services'] ?? [] }, wanted)) {
      throw new Error('it is written in a way that can only be changed by hand')
    }
    return text
  }
}

function parse(text: string): Document {
  const document: Document = parseDocument(text)
  if (document.errors.length > 0) throw new Error('it is no valid YAML')
  return document
}

const record = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {})

/** As JSON has it: keys without a value are none. */
const withoutUndefined = (value: unknown): unknown =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : [[name, withoutUndefined(each)]])),
      )
    : value

/** A value on one line. */
const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trimEnd()

/** A value on lines of its own, without the last line feed. */
const indented = (value: unknown, indent: string): string =>
  stringify(value, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map(line => (line === '' ? line : indent + line))
    .join('\n')
