import { isObject } from '../core/resource/json-object.ts'
import { pointerPart } from '../core/resource/json-pointer.ts'
import type { ListAnswer, ListItems, MergedList, ParsedBody } from '../ports/replication-glue.ts'
import { compiledKind, type CompiledGlue, type CompiledKind } from './compile.ts'
import { comparableText } from './compare.ts'
import { composedNext } from './continuation.ts'
import { idIn, nameOf } from './naming.ts'
import { pointerGet, pointerSet, withoutPointers } from './pointer.ts'
import { endsInRest, matchPath } from './template.ts'

/** Where an item of a merged list says its sites when the definition does not say where. */
const DEFAULT_MARK = '/cheops/sites'

/**
 * The items of a list and its continuation. Where the definition does not say where they stand, a body that is an array
 * is the list, or the only array at the top of the body. Undefined for what is no list.
 */
export function items(glue: CompiledGlue, kindName: string, body: ParsedBody): ListItems | undefined {
  const kind = compiledKind(glue, kindName)
  if (kind === undefined || body.is === 'opaque') return undefined
  const at = itemsAt(kind, body.value)
  const array: unknown = at === undefined ? undefined : pointerGet(body.value, at)
  if (!Array.isArray(array)) return undefined
  const nextAt = kind.definition.list?.next
  const next = nextAt === undefined ? undefined : pointerGet(body.value, nextAt)
  // Applications say the end of a list by null or "" as well.
  return { items: array, next: next === null || next === '' ? undefined : next }
}

/**
 * One list of several, in the order of the answers: an item that is the same at several sites stands once and has all their names;
 * what differs stands once for each. The frame is that of the first list.
 */
export function mergeLists(
  glue: CompiledGlue,
  kindName: string,
  answers: readonly ListAnswer[],
  compared: (item: unknown) => unknown = item => item,
): MergedList | undefined {
  const kind = compiledKind(glue, kindName)
  if (kind === undefined) return undefined
  const merged = new Map<string, { item: unknown; sites: string[] }>()
  const nexts = new Map<string, unknown>()
  let mayContinue = false
  const unreadable: string[] = []
  const idAt = idPlaces(kind)
  let frame: { value: unknown; at: string } | undefined
  for (const { site, body } of answers) {
    const list = items(glue, kindName, body)
    const at = body.is === 'json' ? itemsAt(kind, body.value) : undefined
    if (list === undefined || at === undefined || body.is !== 'json') {
      unreadable.push(site)
      continue
    }
    frame ??= { value: body.value, at }
    if (list.next !== undefined) nexts.set(site, list.next)
    if (kind.definition.list?.next === undefined && looksContinued(body.value)) mayContinue = true
    const times = new Map<string, number>()
    for (const item of list.items) {
      const resource = resourceIn(kind, item)
      const named = idIn(resource, idAt)
      const content = `${named.is === 'id' ? named.id : ''} ${comparableText(glue, kindName, compared(resource))}`
      // What a site lists twice is twice.
      const time = times.get(content) ?? 0
      times.set(content, time + 1)
      const key = `${time} ${content}`
      const known = merged.get(key)
      if (known === undefined) merged.set(key, { item, sites: [site] })
      else known.sites.push(site)
    }
  }
  if (frame === undefined) return undefined
  const mark = kind.definition.list?.mark ?? DEFAULT_MARK
  const marked = [...merged.values()].map(({ item, sites }) => (isObject(item) ? pointerSet(item, mark, sites) : item))
  const next = kind.definition.list?.next
  const body = pointerSet(frame.value, frame.at, marked)
  const whole = next === undefined ? body : ended(body, next, answers)
  return { body: whole, nexts, incomplete: [...nexts.keys()], mayContinue, unreadable }
}

/** A list behind which there is no more, said as its application says it: clients that follow one ask for that. */
function ended(body: unknown, next: string, answers: readonly ListAnswer[]): unknown {
  const said = answers.map(answer => (answer.body.is === 'json' ? pointerGet(answer.body.value, next) : undefined))
  const end = said.find(value => value === null || value === '')
  return end === undefined ? withoutPointers(body, [next]) : pointerSet(body, next, end)
}

/** With a continuation that leads on at all sites that have more; see the port. */
export function continued(
  glue: CompiledGlue,
  kindName: string,
  path: string,
  merged: MergedList,
  kept: ReadonlyMap<string, string>,
): MergedList {
  const kind = compiledKind(glue, kindName)
  const at = kind?.definition.list?.next
  if (kind === undefined || at === undefined) return merged
  const { next, lost } = composedNext(kind, path, merged.nexts, kept)
  const body = next === undefined ? merged.body : pointerSet(merged.body, at, next)
  return { ...merged, body, incomplete: lost }
}

/** What applications call a continuation, at the top of a list. */
function looksContinued(value: unknown): boolean {
  if (!isObject(value)) return false
  return Object.entries(value).some(
    ([key, said]) =>
      /^(next|continue|cursor|next_?(page|link|marker|cursor|(page_?)?token))$/i.test(key) && isSaid(said),
  )
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

/** What an item shows of a resource: it may stand in the same frame as in single answers. One without it may have a field of that name. */
function resourceIn(kind: CompiledKind, item: unknown): unknown {
  const { content } = kind.definition
  const inside = content === undefined ? undefined : pointerGet(item, content)
  const idAt = idPlaces(kind)
  const isFramed = inside !== undefined && idIn(item, idAt).is !== 'id' && idIn(inside, idAt).is === 'id'
  return isFramed ? inside : item
}

/** The name of the resource that an item of a list is; see the port. */
export function itemName(glue: CompiledGlue, kindName: string, path: string, item: unknown): string | undefined {
  const kind = compiledKind(glue, kindName)
  const found = kind && idIn(resourceIn(kind, item), idPlaces(kind))
  if (kind === undefined || found?.is !== 'id') return undefined
  const parents = matchPath(kind.collection, path)
  // Of a folder some applications list whole names, and others what is left of them: that would be another resource's.
  const folder = endsInRest(kind.resource) ? matchPath(kind.resource, path)?.get('id') : undefined
  if (folder !== undefined && !found.id.startsWith(`${folder}/`)) return undefined
  return parents && nameOf(kind, new Map([...parents, ['id', found.id]]))
}

/** Where an item of a list says its ID. */
function idPlaces({ traits: { idAt } }: CompiledKind): readonly string[] {
  return [...idAt, ...idAt.map(lastToken)]
}

function itemsAt(kind: CompiledKind, value: unknown): string | undefined {
  const said = kind.definition.list?.items
  if (said !== undefined) return said
  if (Array.isArray(value)) return ''
  if (!isObject(value)) return undefined
  const [key, ...others] = Object.keys(value).filter(name => Array.isArray(value[name]))
  return key === undefined || others.length > 0 ? undefined : `/${pointerPart(key)}`
}

/** A resource's own body may have a frame (`/project/id`) that the items of a list have not (`/id`). */
function lastToken(pointer: string): string {
  return pointer.slice(Math.max(0, pointer.lastIndexOf('/')))
}
