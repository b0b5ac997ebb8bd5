import path from 'node:path'
import type { TlsServer } from '../config.ts'
import type { Given, Problems } from './given.ts'
import { flagOf, KEYS, variableOf } from './keys.ts'
import type { KeySpec, ValueOf } from './keys.ts'
import { BadValue } from './value-type.ts'

/** Typed reading of what was given; a bad value becomes a problem and counts as not given. */
export class GivenValues<S extends Readonly<Record<string, KeySpec>>> {
  readonly #given: ReadonlyMap<string, Given>
  readonly #base: string
  readonly #problems: Problems
  /** Where the whole stands, for keys that are missing. */
  readonly #whole: string
  readonly #parsed = new Map<string, unknown>()

  constructor(given: ReadonlyMap<string, Given>, specs: S, base: string, problems: Problems, whole = '') {
    this.#given = given
    this.#whole = whole
    this.#base = base
    this.#problems = problems
    for (const [key, spec] of Object.entries(specs)) this.#parse(key, spec)
  }

  #parse(key: string, spec: KeySpec): void {
    const given = this.#given.get(key)
    // `key:` with nothing behind it is how people leave a key out.
    if (given === undefined || given.value === null || given.value === '') {
      if (spec.required) {
        const names = this.#whole === '' && key in KEYS ? ` (or ${variableOf(key)}, or ${flagOf(key)})` : ''
        this.#problems.add(given?.where ?? this.#whole, `${key} is missing${names}: ${spec.help}`)
      }
      return
    }
    try {
      this.#parsed.set(key, spec.type.parse(given.value, given.base))
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      this.#problems.unread.add(given)
      this.#problems.add(given.where, `${key} ${error.message}`)
    }
  }

  /** Undefined where it was not given, or was bad. */
  get<K extends keyof S & string>(key: K): ValueOf<S[K]> | undefined {
    return this.#parsed.get(key) as ValueOf<S[K]> | undefined
  }

  or<K extends keyof S & string>(key: K, fallback: ValueOf<S[K]>): ValueOf<S[K]> {
    return this.get(key) ?? fallback
  }

  /** Where a key was given: for errors of rules that look at more than one value. */
  where(key: string): string {
    return this.#given.get(key)?.where ?? ''
  }

  /** Whether it is as it was given, or was left out: of what is bad nobody knows what was meant. */
  isKnown(key: string): boolean {
    const given = this.#given.get(key)
    return given === undefined || !this.#problems.unread.has(given)
  }

  /** A path that the configuration does not give starts from the file's folder. */
  path(relative: string): string {
    return path.resolve(this.#base, relative)
  }

  /** Certificate and key belong together; a client authority alone turns nothing on. */
  pair(prefix: string, names: readonly [string, string], dependents: readonly string[] = []): boolean {
    const [first, second] = names.map(name => this.#parsed.has(prefix + name))
    const dependent = dependents.find(name => this.#parsed.has(prefix + name))
    if (first && second) return true
    if (first || second || dependent !== undefined) {
      const missing = first ? names[1] : names[0]
      const there = first ? names[0] : second ? names[1] : (dependent ?? '')
      this.#problems.add(this.where(prefix + there), `${prefix}${there} needs ${prefix}${missing} too`)
    }
    return false
  }

  tls(
    prefix: string,
    keys: { cert: keyof S & string; key: keyof S & string; clientCA: keyof S & string },
  ): TlsServer | undefined {
    if (!this.pair(prefix, ['tls.cert', 'tls.key'], ['tls.clientCA'])) return undefined
    return {
      cert: String(this.get(keys.cert)),
      key: String(this.get(keys.key)),
      clientCA: this.#parsed.has(keys.clientCA) ? String(this.get(keys.clientCA)) : undefined,
    }
  }
}
