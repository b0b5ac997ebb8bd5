/**
 * What stands at the places that a definition names: taken away, or put as another body has it. In a place `-`, which is no index of what is there (RFC 6901, 4), stands for each
 * item of a list. Value and place are walked through together, once for each place: lists have thousands of items, and all is compared with each answer of an application.
 */
import { isObject } from '../core/resource/json-object.ts'
import { canonicalJson } from './json.ts'
import { tokensOf } from './pointer.ts'

/**
 * A value without what stands at these places; what is left as it was is the same object. An object that a place leaves empty goes too: where one site has
 * set a field of it and another has not yet, both are the same. Not so an item of a list: how many there are is what clients have written.
 */
export function withoutPlaces(value: unknown, places: readonly string[]): unknown {
  return places.reduce((rest, place) => (place === '' ? rest : kept(rest, without(rest, tokensOf(place)))), value)
}

/**
 * A value in which what stands at these places is as another one has it, and not there where that has none. What it does not say itself stays unsaid; the same object
 * where it says nothing else. An item of a list is the one that is the same in all but what is no client's: what stands in another item is not its own, wherever that stands.
 * @param uncompared places of all that is no client's, these included
 */
export function withPlacesOf(
  value: unknown,
  other: unknown,
  places: readonly string[],
  uncompared: readonly string[],
): unknown {
  const left = uncompared.map(tokensOf)
  return places.reduce((body, place) => (place === '' ? body : withOwn(body, other, tokensOf(place), left)), value)
}

/**
 * A value with what another one says at these places, where that says something; objects on the way are made where there are none. The same object where nothing
 * is another then. Items as for `withPlacesOf`.
 * @param uncompared as there
 */
export function withPlacesAdded(
  value: unknown,
  said: unknown,
  places: readonly string[],
  uncompared: readonly string[],
): unknown {
  const left = uncompared.map(tokensOf)
  return places.reduce((body, place) => (place === '' ? body : withSaid(body, said, tokensOf(place), left)), value)
}

/** Undefined: nothing is left of it. */
function without(value: unknown, [token, ...rest]: Tokens): unknown {
  if (token === undefined) return undefined
  if (Array.isArray(value))
    return inItems(value, token, item => (rest.length === 0 ? undefined : kept(item, without(item, rest))))
  if (!isObject(value)) return value
  if (!Object.hasOwn(value, token)) return rest.length === 0 && isEmpty(value) ? undefined : value
  const left = inField(value, token, item => without(item, rest))
  return left !== value && isEmpty(left) ? undefined : left
}

function withOwn(value: unknown, other: unknown, [token, ...rest]: Tokens, uncompared: readonly Tokens[]): unknown {
  if (token === undefined) return canonicalJson(value) === canonicalJson(other) ? value : other
  const left = below(uncompared, token)
  if (Array.isArray(value)) {
    const others = token === '-' ? alike(value, other, left) : other
    return inItems(value, token, (item, index) => withOwn(item, memberOf(others, String(index)), rest, left))
  }
  if (!isObject(value) || !Object.hasOwn(value, token)) return value
  return inField(value, token, item => withOwn(item, memberOf(other, token), rest, left))
}

function withSaid(value: unknown, said: unknown, [token, ...rest]: Tokens, uncompared: readonly Tokens[]): unknown {
  if (said === undefined) return value
  if (token === undefined) return canonicalJson(value) === canonicalJson(said) ? value : said
  const left = below(uncompared, token)
  if (Array.isArray(value)) {
    const items = token === '-' ? alike(value, said, left) : said
    return inItems(value, token, (item, index) => withSaid(item, memberOf(items, String(index)), rest, left))
  }
  const member = memberOf(said, token)
  if (!isObject(value) || member === undefined) return value
  if (Object.hasOwn(value, token)) return inField(value, token, item => withSaid(item, member, rest, left))
  const made = withSaid({}, member, rest, left)
  return rest.length > 0 && isObject(made) && isEmpty(made) ? value : { ...value, [token]: made }
}

/** These places, from what stands at one token on. */
function below(places: readonly Tokens[], token: string): readonly Tokens[] {
  return places.filter(([first]) => first === token).map(([, ...rest]) => rest)
}

/** For each item of a list that of another one that is the same but for these places, in their order where several are; undefined where none is. */
function alike(list: readonly unknown[], other: unknown, uncompared: readonly Tokens[]): readonly unknown[] {
  const textOf = (item: unknown): string =>
    canonicalJson(uncompared.reduce((rest, place) => kept(rest, without(rest, place)), item))
  const others = Map.groupBy(Array.isArray(other) ? (other as readonly unknown[]).toReversed() : [], textOf)
  return list.map(item => others.get(textOf(item))?.pop())
}

/** What is changed of one field: the same object where nothing is; undefined takes it away. */
function inField(value: Fields, token: string, change: (item: unknown) => unknown): Fields {
  const item = value[token]
  const changed = change(item)
  if (changed === item) return value
  if (changed !== undefined) return { ...value, [token]: changed }
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== token))
}

/** As `inField`, of the item of a list that an index names, or of each. */
function inItems(
  list: readonly unknown[],
  token: string,
  change: (item: unknown, index: number) => unknown,
): readonly unknown[] {
  let isChanged = false
  const items = list.flatMap((item, index) => {
    if (token !== '-' && token !== String(index)) return [item]
    const changed = change(item, index)
    if (changed !== item) isChanged = true
    return changed === undefined ? [] : [changed]
  })
  return isChanged ? items : list
}

/** Of what is to stay, and be it empty. */
function kept(value: unknown, left: unknown): unknown {
  if (left !== undefined) return left
  return isObject(value) && isEmpty(value) ? value : {}
}

function memberOf(value: unknown, token: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, token)
    ? (value as Fields)[token]
    : undefined
}

/** Those of a JSON Pointer, unescaped. */
type Tokens = readonly string[]

type Fields = Readonly<Record<string, unknown>>

function isEmpty(value: Fields): boolean {
  return Object.keys(value).length === 0
}
