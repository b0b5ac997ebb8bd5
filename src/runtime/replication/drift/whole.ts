/**
 * What the operations of a schedule come to, as they say it themselves: a body that is the whole, and what was merged into it. Source:
 * src/consistency.md "Plan, at one site" (Repair). An application may show less than that: a password is taken and never shown.
 */
import { namesIn } from '../../../core/resource/json-pointer.ts'
import { isObject, merged } from './merge-patch.ts'
import { mergesLists } from './merging.ts'
import { MAX_COPIED_BESIDES } from '../limits.ts'
import { isJsonPatch, patched, type CopyRoom } from './json-patch.ts'
import type { Resource } from '../application/resource.ts'
import type { Dot, Operation } from '../../../core/oplog/index.ts'

/**
 * How surely a field is what was written. `likely`: a PATCH of a form that nobody has defined has said so since. `unsure`: something was done since of
 * which only the application knows what it does.
 */
export type Sureness = 'sure' | 'likely' | 'unsure'

export interface Whole {
  readonly value: unknown
  /** False where only the application can say what some of the changes do: then it is the best that can be said. */
  readonly isKnown: boolean
  /** Of a field at the top. */
  readonly surenessOf: (name: string) => Sureness
  /** The operation that named a field at the top last, as far as they say what they name. */
  readonly namedBy: (name: string) => Dot
  /** Fields at the top that changes have named: an application may have added to a list where the standard says that it is replaced. */
  readonly changed: ReadonlySet<string>
}

/** Operations whose body is what the resource is. */
export const WHOLE: ReadonlySet<string> = new Set(['create', 'replace', 'state'])

/**
 * Behind a reset whose effect only the application knows it is what changes have said since. Undefined where the reset says it in no JSON, or nothing has said anything
 * that can be known.
 */
export async function wholeOf(
  resource: Resource,
  [reset, ...changes]: readonly Operation[],
): Promise<Whole | undefined> {
  if (reset === undefined) return undefined
  const isWhole = WHOLE.has(reset.type)
  const said = isWhole ? await resource.stateIn(reset) : undefined
  if (isWhole && said?.is !== 'json') return undefined
  const sum = new Sum(said?.is === 'json' ? said.value : {}, reset)
  if (!isWhole) sum.add(reset, undefined)
  for (const change of changes) {
    const body = await resource.stateIn(change)
    sum.add(change, body?.is === 'json' ? { value: body.value } : undefined)
  }
  return isWhole || sum.changed.size > 0 ? sum : undefined
}

class Sum implements Whole {
  value: unknown
  isKnown = true
  readonly changed = new Set<string>()
  /** Of all fields that are not in `#own`. */
  #others: Sureness = 'sure'
  readonly #own = new Map<string, Sureness>()
  readonly #reset: Dot
  readonly #dots = new Map<string, Dot>()
  /** As much as all of the operations say: what they come to is in proportion to that. */
  readonly #room: CopyRoom = { left: MAX_COPIED_BESIDES }

  constructor(value: unknown, reset: Operation) {
    this.value = value
    this.#reset = reset.dot
    this.#said(reset)
  }

  readonly namedBy = (name: string): Dot => this.#dots.get(name) ?? this.#reset

  readonly surenessOf = (name: string): Sureness => this.#own.get(name) ?? this.#others

  add(change: Operation, body: { readonly value: unknown } | undefined): void {
    const { type, payload, dot } = change
    if (body === undefined || (type !== 'merge' && type !== 'patch')) return this.#unknown()
    this.#said(change)
    if (type === 'merge') return payload?.method === 'PUT' ? this.#put(body.value, dot) : this.#merge(body.value, dot)
    if (isJsonPatch(payload?.headers ?? [])) return this.#steps(body.value, dot)
    if (!isObject(body.value) || mergesLists(payload?.headers ?? [], body.value)) return this.#unknown()
    this.isKnown = false
    this.value = merged(this.value, body.value)
    for (const name of Object.keys(body.value)) this.#named(name, 'likely', dot)
  }

  #merge(patch: unknown, dot: Dot): void {
    this.value = merged(this.value, patch)
    if (!isObject(patch)) return
    // Where it goes into an object, what that has besides is what it was.
    for (const [name, value] of Object.entries(patch))
      this.#named(name, isObject(value) ? this.surenessOf(name) : 'sure', dot)
  }

  /** A PUT that leaves what it does not name. */
  #put(body: unknown, dot: Dot): void {
    if (!isObject(body) || !isObject(this.value)) return this.#unknown()
    const fields = new Map(Object.entries(this.value))
    for (const [name, value] of Object.entries(body)) {
      const before = fields.get(name)
      const into = isObject(value) && isObject(before) ? merged(before, value) : value
      // Whether it leaves that too where it goes into an object, nobody has said.
      const isDeep =
        isObject(value) && isObject(before) && Object.keys(before).some(each => !Object.hasOwn(value, each))
      if (isDeep) this.isKnown = false
      fields.set(name, into)
      this.#named(name, isDeep ? 'likely' : 'sure', dot)
    }
    this.value = Object.fromEntries(fields)
  }

  #steps(steps: unknown, dot: Dot): void {
    const done = patched(this.value, steps, this.#room)
    if (done === undefined) return this.#unknown()
    this.value = done.value
    for (const { op, path, from } of steps as readonly Readonly<Record<string, unknown>>[]) {
      if (op === 'test') continue
      const isTaken = op === 'move' || op === 'copy'
      const source = isTaken ? topOf(from) : undefined
      // What is taken from elsewhere is no surer than it was there.
      const taken = !isTaken ? 'sure' : source === undefined ? this.#weakest() : this.surenessOf(source.name)
      if (op === 'move' && source !== undefined)
        this.#named(source.name, source.isAll ? 'sure' : this.surenessOf(source.name), dot)
      const target = topOf(path)
      if (target === undefined) this.#all(taken, dot)
      else this.#named(target.name, target.isAll ? taken : weaker(taken, this.surenessOf(target.name)), dot)
    }
  }

  #said({ payload }: Operation): void {
    if (payload?.body !== undefined)
      this.#room.left += 'bytes' in payload.body ? payload.body.bytes.length : payload.body.length
  }

  /** All of it is something else. */
  #all(sureness: Sureness, dot: Dot): void {
    this.#others = sureness
    this.#own.clear()
    for (const name of isObject(this.value) ? Object.keys(this.value) : []) this.#named(name, sureness, dot)
  }

  #weakest(): Sureness {
    return [...this.#own.values()].reduce(weaker, this.#others)
  }

  #unknown(): void {
    this.isKnown = false
    this.#others = 'unsure'
    this.#own.clear()
  }

  #named(name: string, sureness: Sureness, dot: Dot): void {
    this.changed.add(name)
    this.#dots.set(name, dot)
    this.#own.set(name, sureness)
  }
}

const SURENESS: readonly Sureness[] = ['unsure', 'likely', 'sure']

function weaker(a: Sureness, b: Sureness): Sureness {
  return SURENESS.indexOf(a) < SURENESS.indexOf(b) ? a : b
}

/** The field at the top that a JSON Pointer leads into, and whether it is that itself; undefined where it is the whole. */
function topOf(pointer: unknown): { readonly name: string; readonly isAll: boolean } | undefined {
  const [name, ...below] = namesIn(String(pointer))
  return name === undefined ? undefined : { name, isAll: below.length === 0 }
}
