import type { Catalog } from '../core/resource/catalog.ts'
import {
  bindScope,
  MAX_SCOPE_BYTES,
  narrowScope,
  parseScope,
  printScope,
  resolveScope,
  validateScope,
} from '../core/scope/index.ts'
import type { Resolution, Scope } from '../core/scope/index.ts'
import { CheopsError } from '../errors.ts'

export interface ReadScope {
  /** Bindings without a service bound to the service addressed: what the request's own calls inherit. */
  readonly canonical: string
  readonly resolution: Resolution
}

/** Clients send the same few scopes over and over: each is parsed once, and resolved once for each state of the catalog. */
const MAX_REMEMBERED = 1_024

/** Reads scopes against the catalog as it is now. */
export class ScopeReader {
  readonly #catalog: () => Catalog
  readonly #parsed = new Map<string, Scope>()
  #resolved = new Map<string, ReadScope>()
  #resolvedAgainst: Catalog | undefined

  constructor(catalog: () => Catalog) {
    this.#catalog = catalog
  }

  /**
   * @param service the service that the request addresses
   * @throws CheopsError ERR_SCOPE_* (src/core/scope/README.md)
   */
  read(text: string, service: string): ReadScope {
    const catalog = this.#catalog()
    if (catalog !== this.#resolvedAgainst) {
      this.#resolved = new Map()
      this.#resolvedAgainst = catalog
    }
    const key = `${service} ${text}`
    const remembered = this.#resolved.get(key)
    if (remembered !== undefined) return remembered
    const scope = bindScope(this.#parse(text), service)
    validateScope(scope, service, catalog)
    const canonical = printScope(scope)
    // What the request's own calls inherit has to be readable again: bound to its service it can be longer than it came.
    if (canonical.length > MAX_SCOPE_BYTES) {
      const message = `The scope has ${canonical.length} bytes once it says that it is for "${service}", more than ${MAX_SCOPE_BYTES}.`
      throw new CheopsError('ERR_SCOPE_LIMIT', message)
    }
    const read = { canonical, resolution: resolveScope(scope, service, catalog) }
    if (this.#resolved.size >= MAX_REMEMBERED) this.#resolved.clear()
    this.#resolved.set(key, read)
    return read
  }

  /** The canonical scope of one site's part of a request (`narrowScope`). */
  narrowed(canonical: string, service: string, site: string): string {
    return printScope(narrowScope(this.#parse(canonical), service, site))
  }

  #parse(text: string): Scope {
    const known = this.#parsed.get(text)
    if (known !== undefined) return known
    const scope = parseScope(text)
    if (this.#parsed.size >= MAX_REMEMBERED) this.#parsed.clear()
    this.#parsed.set(text, scope)
    return scope
  }
}
