/**
 * What an application shows, and what was written, as one state: an application may take what it never shows (a password), or show it as something
 * else (`***`), and a state without that would take it away wherever it is put. Source: src/consistency.md "Plan, at one site" (Repair).
 */
import { pointerPart } from '../../../core/resource/json-pointer.ts'
import { contains } from '../application/contains.ts'
import { MAX_HIDDEN_FIELDS, MAX_HIDDEN_TEXT } from '../limits.ts'
import { isObject } from './merge-patch.ts'
import { covers, type Context } from '../../../core/oplog/index.ts'
import type { Whole, Sureness } from './whole.ts'

/** All of it. */
const ALL = ''

/** Longer ones are told apart no further: none that is kept is longer than MAX_HIDDEN_TEXT, and definitions name no such. */
const MAX_POINTER = 4096

export interface CombineRules {
  /** JSON Pointers of fields that the definition says are never shown. */
  readonly declared: readonly string[]
  /** Those of fields that were not shown as they had been written when that was looked at last; undefined: it never was. */
  readonly hidden: readonly string[] | undefined
  /** Those that were not shown as written when that was looked at last, whenever that was: what was not there then, and is not now, is no less written for that. */
  readonly missed?: readonly string[]
  /** Of what was executed when that was looked at: what these have named was shown, or is hidden. */
  readonly looked: Context
  /** Of those of which only the application knows what they are: what was not shown as written after all that counts was executed; undefined: that was not looked at. */
  readonly gone?: readonly string[]
  /** What the application shows that is to be put into that state: what it shows as it was written is never hidden, and whoever does not show it has it not. */
  readonly here?: unknown
  /** Which of the two holds for a field that is shown as something else than was written. */
  readonly prefers: 'written' | 'shown'
}

export interface Combined {
  readonly value: unknown
  /** JSON Pointers of fields of which nobody can say what they are: something was done since of which only the application knows what it does. */
  readonly unclear: readonly string[]
}

/**
 * @param shown what of a body other members may be given
 * @param written in the same form: without what the application sets by itself
 */
export function combined(shown: unknown, written: unknown, whole: Whole, rules: CombineRules): Combined {
  if (!isObject(shown) || !isObject(written)) {
    const isWritten = whole.isKnown && (rules.prefers === 'written' || rules.hidden === undefined)
    return { value: isWritten ? written : shown, unclear: [] }
  }
  const unclear: string[] = []
  const fields = new Map(Object.entries(shown))
  for (const [name, value] of Object.entries(written)) {
    const field = {
      at: pointerTo(ALL, name),
      sureness: whole.surenessOf(name),
      isChanged: whole.changed.has(name),
      isLooked: covers(rules.looked, whole.namedBy(name)),
      here: below(rules.here, name),
    }
    put(fields, name, value, field, rules, unclear)
  }
  return { value: Object.fromEntries(fields), unclear }
}

interface Field {
  readonly at: string
  readonly sureness: Sureness
  /** A change, and not only the whole body, has named it. */
  readonly isChanged: boolean
  /** It was looked at whether it is shown, after that. */
  readonly isLooked: boolean
  /** As the application shows it that is to be put into that state. */
  readonly here: unknown
}

function put(
  fields: Map<string, unknown>,
  name: string,
  written: unknown,
  field: Field,
  rules: CombineRules,
  unclear: string[],
): void {
  const shown = fields.get(name)
  const isHidden = isAmong(rules.declared, field.at) || (rules.hidden !== undefined && isAmong(rules.hidden, field.at))
  if (shown === undefined) {
    // What was shown then nobody has taken away since but somebody past Cheops.
    const wasShown = rules.gone !== undefined && !isAmong(rules.gone, field.at)
    if (field.sureness !== 'unsure' || isHidden || isAmong(rules.missed ?? [], field.at)) fields.set(name, written)
    else if (wasShown) fields.set(name, withoutHidden(written, rules.gone, field.at))
    else if (!field.isLooked && !isShownHere(field, written)) unclear.push(field.at)
    return
  }
  if (isObject(shown) && isObject(written)) {
    const inner = new Map(Object.entries(shown))
    for (const [each, value] of Object.entries(written))
      put(
        inner,
        each,
        value,
        { ...field, at: pointerTo(field.at, each), here: below(field.here, each) },
        rules,
        unclear,
      )
    fields.set(name, Object.fromEntries(inner))
    return
  }
  if (isHidden || holdsAsWritten(shown, written, field, rules)) fields.set(name, written)
}

/** Of what is shown as something else. */
function holdsAsWritten(
  shown: unknown,
  written: unknown,
  { sureness, isChanged }: Field,
  rules: CombineRules,
): boolean {
  if (sureness !== 'sure' || contains(shown, written)) return false
  // Some applications add to a list what the standard has in its place.
  if (Array.isArray(written) && isChanged) return false
  return rules.prefers === 'written' || rules.hidden === undefined
}

/** What is hidden, JSON Pointers; `isClear` where that can be said of all that was written. */
export interface Hidden {
  readonly at: readonly string[]
  readonly isClear: boolean
  /** Likewise what is not shown as written since an operation of the application's own may have changed it, as far as that can be told. */
  readonly gone: readonly string[]
}

/**
 * What was written and is not shown so, as far as that can be told.
 * @param before what was known: what only the application knows stays as it was
 */
export function hiddenIn(
  shown: unknown,
  written: unknown,
  whole: Whole,
  { hidden: before, looked }: { readonly hidden: readonly string[]; readonly looked: Context },
): Hidden {
  if (!isObject(shown) || !isObject(written))
    return { at: !whole.isKnown || contains(shown, written) ? [] : [ALL], isClear: whole.isKnown, gone: [ALL] }
  const found: string[] = []
  const gone: string[] = []
  let isClear = true
  for (const [name, value] of Object.entries(written)) {
    const at = pointerTo(ALL, name)
    const sureness = whole.surenessOf(name)
    const isList = Array.isArray(value) && whole.changed.has(name)
    const missing = differences(fieldOf(shown, name), value, at)
    for (const each of missing)
      if (sureness === 'unsure' || (each.is === 'other' && (sureness === 'likely' || isList))) {
        if (isAmong(before, each.at)) found.push(each.at)
        else {
          gone.push(each.at)
          if (each.is === 'missing' && !covers(looked, whole.namedBy(name))) isClear = false
        }
      } else found.push(each.at)
  }
  const isSame = found.length === before.length && found.every((at, place) => at === before[place])
  return { at: isSame ? before : bounded(found), isClear, gone: bounded(gone) }
}

/** Few enough to be kept; else all of it. */
function bounded(places: readonly string[]): readonly string[] {
  const isTooMuch = places.length > MAX_HIDDEN_FIELDS || places.some(at => at.length > MAX_HIDDEN_TEXT)
  return isTooMuch ? [ALL] : places
}

/** Whether all that was written and is not shown so is not there at all, rather than something else. */
export function isOnlyMissing(shown: unknown, written: unknown): boolean {
  return differences(shown, written, ALL).every(({ is }) => is === 'missing')
}

/** What was written and is shown as something else, or not: JSON Pointers. */
export function unlike(shown: unknown, written: unknown): readonly string[] {
  return differences(shown, written, ALL).map(({ at }) => at)
}

/** A body without what stands at these places. */
export function withoutHidden(value: unknown, places: readonly string[], at = ALL): unknown {
  if (places.length === 0 || !isObject(value)) return value
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const place = pointerTo(at, name)
    return isAmong(places, place) ? [] : [[name, withoutHidden(item, places, place)] as const]
  })
  return Object.fromEntries(entries)
}

interface Difference {
  readonly at: string
  readonly is: 'missing' | 'other'
}

function differences(shown: unknown, written: unknown, at: string, found: Difference[] = []): readonly Difference[] {
  if (isObject(shown) && isObject(written))
    for (const [name, value] of Object.entries(written))
      differences(fieldOf(shown, name), value, pointerTo(at, name), found)
  else if (!contains(shown, written)) found.push({ at, is: shown === undefined ? 'missing' : 'other' })
  return found
}

function isShownHere({ here }: Field, written: unknown): boolean {
  return here !== undefined && contains(here, written)
}

function below(value: unknown, name: string): unknown {
  return isObject(value) ? fieldOf(value, name) : undefined
}

/** Also where it is named as something that every object inherits. */
function fieldOf(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function isAmong(places: readonly string[], at: string): boolean {
  return places.some(place => place === ALL || at === place || at.startsWith(`${place}/`))
}

/** Below a long one all have that: else fields below one long name would take their number times its length to be looked at. */
function pointerTo(above: string, name: string): string {
  if (above.length > MAX_POINTER) return above
  return `${above}/${pointerPart(name)}`
}
