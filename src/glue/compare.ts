import type { ParsedBody } from '../ports/replication-glue.ts'
import { compiledKind, type CompiledGlue, type CompiledKind } from './compile.ts'
import { canonicalJson } from './json.ts'
import { withoutPlaces, withPlacesAdded, withPlacesOf } from './places.ts'
import { pointerGet, pointerSet } from './pointer.ts'

const ENCODER = new TextEncoder()

/** What one replica has and another may be given: without what the application sets, links, which hold a site's own address and IDs, and versions. */
export function stateOf(glue: CompiledGlue, kindName: string, body: ParsedBody): ParsedBody {
  if (body.is === 'opaque') return body
  const kind = compiledKind(glue, kindName)
  return kind === undefined ? body : { is: 'json', value: withoutPlaces(body.value, siteOwn(kind)) }
}

/** As `stateOf`, of what was written: with what clients may say, and the application assigns where they do not; see the port. */
export function saidOf(glue: CompiledGlue, kindName: string, body: ParsedBody): ParsedBody {
  const kind = compiledKind(glue, kindName)
  if (body.is === 'opaque' || kind === undefined) return body
  return { is: 'json', value: withoutPlaces(body.value, [...setOf(kind), ...versionsOf(kind)]) }
}

/** A state with what is assigned as it was written; see the port. */
export function withAssigned(glue: CompiledGlue, kindName: string, body: ParsedBody, said: ParsedBody): ParsedBody {
  const kind = compiledKind(glue, kindName)
  if (body.is === 'opaque' || said.is === 'opaque' || kind === undefined) return body
  const value = withPlacesAdded(body.value, said.value, [...assignedOf(kind), ...linksOf(kind)], uncompared(kind))
  return value === body.value ? body : { is: 'json', value }
}

/** What it sets by itself, as one application shows it, in place of what a body says of it; see the port. */
export function withOwnFields(glue: CompiledGlue, kindName: string, body: ParsedBody, read: ParsedBody): ParsedBody {
  const kind = compiledKind(glue, kindName)
  if (body.is === 'opaque' || read.is === 'opaque' || kind === undefined) return body
  const own = [...setOf(kind), ...assignedOf(kind), ...linksOf(kind)]
  const value = named(kind, withPlacesOf(body.value, read.value, own, uncompared(kind)), body.value)
  return value === body.value ? body : { is: 'json', value }
}

/** With the name that a body says, whatever stands above it: without, it would make another resource. */
function named({ traits: { idAt } }: CompiledKind, value: unknown, body: unknown): unknown {
  const at = idAt.find(place => pointerGet(body, place) !== undefined)
  const id = at === undefined ? undefined : pointerGet(body, at)
  if (at === undefined || pointerGet(value, at) === id) return value
  const whole = pointerSet(value, at, id)
  return canonicalJson(whole) === canonicalJson(body) ? body : whole
}

/** What an application may show of what was written. */
export function shownOf(glue: CompiledGlue, kindName: string, body: ParsedBody): ParsedBody {
  const hidden = compiledKind(glue, kindName)?.traits.writeOnly ?? []
  const value = body.is === 'opaque' || hidden.length === 0 ? undefined : withoutPlaces(body.value, hidden)
  return value === undefined || body.is === 'opaque' || value === body.value ? body : { is: 'json', value }
}

/**
 * Canonical bytes of what operations set. Left out besides: links, which hold a site's own address and IDs, and the
 * marker, which only a created replica has, and what the application never shows.
 */
export function comparable(glue: CompiledGlue, kindName: string, body: ParsedBody): Uint8Array {
  return body.is === 'opaque' ? body.bytes : ENCODER.encode(comparableText(glue, kindName, body.value))
}

export function comparableText(glue: CompiledGlue, kindName: string, value: unknown): string {
  const kind = compiledKind(glue, kindName)
  return canonicalJson(kind === undefined ? value : withoutPlaces(value, uncompared(kind)))
}

/** Where what is not compared stands, by kind: asked for with each answer of an application. */
const places = new WeakMap<CompiledKind, readonly string[]>()

function uncompared(kind: CompiledKind): readonly string[] {
  const known = places.get(kind)
  if (known !== undefined) return known
  const { markerAt, writeOnly } = kind.traits
  const found = [...siteOwn(kind), ...writeOnly, ...(markerAt === undefined ? [] : [markerAt])]
  places.set(kind, found)
  return found
}

export function equal(glue: CompiledGlue, kindName: string, a: ParsedBody, b: ParsedBody): boolean {
  if (a.is === 'json' && b.is === 'json')
    return comparableText(glue, kindName, a.value) === comparableText(glue, kindName, b.value)
  const [left, right] = [comparable(glue, kindName, a), comparable(glue, kindName, b)]
  return left.length === right.length && left.every((byte, i) => byte === right[i])
}

function siteOwn(kind: CompiledKind): readonly string[] {
  return [...setOf(kind), ...assignedOf(kind), ...linksOf(kind), ...versionsOf(kind)]
}

const setOf = ({ definition }: CompiledKind): readonly string[] => definition['server-set'] ?? []
const assignedOf = ({ definition }: CompiledKind): readonly string[] => definition.assigned ?? []
const linksOf = ({ definition }: CompiledKind): readonly string[] => definition.links ?? []
const versionsOf = ({ traits: { conditions } }: CompiledKind): readonly string[] =>
  conditions?.in === 'body' ? conditions.at : []
