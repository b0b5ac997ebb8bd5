import { headerValue } from '../core/resource/http-head.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { traceIdOf } from '../core/resource/trace-context.ts'
import type { CorrelationRule } from '../ports/glue.ts'

/**
 * Remembers what each request in flight at an application of this site carries, and finds it again when a call comes out
 * of the application without saying where it belongs: under the headers that the glue names, then under the ID of
 * the trace that the agent has started for it.
 *
 * Requests without a scope are remembered too: a call that may belong to either of two requests belongs to neither.
 */
export class Correlation {
  readonly #rules: () => readonly CorrelationRule[]
  /** By `header:value`; each request in flight stands under every header of it that a rule names. */
  readonly #inFlight = new Map<string, Set<InFlight>>()

  /** @param rules of all services of this site, each once; trace IDs are looked at last and always */
  constructor(rules: () => readonly CorrelationRule[]) {
    this.#rules = rules
  }

  /**
   * Remembers a request while it is in flight at an application.
   * @param added headers that this agent adds. Only a trace that it has started itself tells the calls of this request: a client
   *   may send many requests, with and without scopes, within one trace of its own
   * @param rawHeaders of the client
   * @returns what forgets it; calling it twice does nothing
   */
  begin(added: readonly string[], rawHeaders: readonly string[], context: RequestContext | undefined): () => void {
    const keys: string[] = []
    for (const rule of this.#rules()) {
      const value = headerValue(added, rule.in) ?? headerValue(rawHeaders, rule.in)
      if (value !== undefined && value !== '') keys.push(`${rule.in}:${value}`)
    }
    const trace = traceIdOf(headerValue(added, 'traceparent') ?? '')
    if (trace !== undefined) keys.push(`traceparent:${trace}`)
    if (keys.length === 0) return forgetNothing
    const entry: InFlight = { context }
    for (const key of keys) {
      const entries = this.#inFlight.get(key)
      if (entries === undefined) this.#inFlight.set(key, new Set([entry]))
      else entries.add(entry)
    }
    return () => {
      for (const key of keys) {
        const entries = this.#inFlight.get(key)
        entries?.delete(entry)
        if (entries?.size === 0) this.#inFlight.delete(key)
      }
    }
  }

  /** What request in flight a call of an application belongs to, by the first header that tells. */
  find(rawHeaders: readonly string[]): Found {
    if (this.#inFlight.size === 0) return NOTHING_FOUND
    let ambiguous = false
    for (const key of this.#keysOfCall(rawHeaders)) {
      const found = this.#lookUp(key)
      if (found.kind === 'one') return found
      ambiguous ||= found.kind === 'ambiguous'
    }
    return ambiguous ? { kind: 'ambiguous' } : NOTHING_FOUND
  }

  #keysOfCall(rawHeaders: readonly string[]): string[] {
    const keys: string[] = []
    for (const rule of this.#rules()) {
      const value = headerValue(rawHeaders, rule.out)
      if (value !== undefined && value !== '') keys.push(`${rule.in}:${value}`)
    }
    const trace = traceIdOf(headerValue(rawHeaders, 'traceparent') ?? '')
    if (trace !== undefined) keys.push(`traceparent:${trace}`)
    return keys
  }

  #lookUp(key: string): Found {
    const entries = this.#inFlight.get(key)
    if (entries === undefined) return NOTHING_FOUND
    let context: RequestContext | undefined
    let first = true
    for (const entry of entries) {
      if (first) context = entry.context
      else if (entry.context?.scope !== context?.scope) return { kind: 'ambiguous' }
      else if (entry.context !== undefined && entry.context.hops > (context?.hops ?? 0)) context = entry.context
      first = false
    }
    return { kind: 'one', context }
  }
}

export type Found =
  | { readonly kind: 'none' }
  /** `context` is undefined for a request without a scope: its calls have none either. */
  | { readonly kind: 'one'; readonly context: RequestContext | undefined }
  /** Requests with different scopes would fit. */
  | { readonly kind: 'ambiguous' }

interface InFlight {
  readonly context: RequestContext | undefined
}

const NOTHING_FOUND: Found = { kind: 'none' }

function forgetNothing(): void {}
