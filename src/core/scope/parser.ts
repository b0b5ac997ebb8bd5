import type { CheopsError, ErrorCode } from '../../errors.ts'
import type { AroundLocation, Binding, Expression, NearestLocation, Operator, Scope, SiteLocation } from './ast.ts'
import { parseCount, parseDuration } from './quantities.ts'
import { MAX_SCOPE_BYTES, MAX_SCOPE_DEPTH } from './limits.ts'
import { printExpression } from './printer.ts'
import { bothReadings, groupOf, type GroupOperator } from './readings.ts'
import { quoted, scopeError, visible, type ScopeErrorDetails } from './scope-error.ts'
import { nearestName } from './suggest.ts'
import { tokenize, type Token } from './tokenizer.ts'
import { isName, isReserved, OPERATOR_WORDS, OPERATORS } from './words.ts'

/**
 * Reads a scope (grammar: README). Takes time in proportion to the text's length, whatever stands in it.
 * @throws CheopsError ERR_SCOPE_SYNTAX, or ERR_SCOPE_LIMIT for more than MAX_SCOPE_BYTES, MAX_SCOPE_DEPTH, or a number out of bounds;
 *   `scopeError` says what its message and `meta` hold
 */
export function parseScope(text: string): Scope {
  const beyond = firstCharacterBeyond(text, MAX_SCOPE_BYTES)
  if (beyond !== undefined) {
    const sentence = `A scope has at most ${String(MAX_SCOPE_BYTES)} bytes of UTF-8; the rest begins here.`
    throw scopeError('ERR_SCOPE_LIMIT', text, beyond + 1, sentence)
  }
  return parseTokens(text, tokenize(text))
}

/**
 * The scope that `--sites a,b` means: these sites joined by `&`.
 * @throws CheopsError as `parseScope` does; an entry that is no name (`a||b`) is ERR_SCOPE_SYNTAX
 */
export function scopeOfSites(sites: readonly string[]): Scope {
  const text = sites.join(' & ')
  const wrong = sites.findIndex(site => !isName(site))
  if (wrong === -1 || text.length > MAX_SCOPE_BYTES) return parseScope(text)
  const column = sites.slice(0, wrong).join(' & ').length + (wrong === 0 ? 1 : 4)
  throw scopeError('ERR_SCOPE_SYNTAX', text, column, `${quoted(sites[wrong] ?? '')} cannot be the name of a site.`)
}

/** `parseScope` behind the tokenizer. Each token is looked at a bounded number of times; a test counts. */
export function parseTokens(text: string, tokens: readonly Token[]): Scope {
  return new Parser(text, tokens).scope()
}

const SHELL_HINT = `In a shell, quote the scope: '{site1 & site2}', or use the words and, or, cross.`
const LOCATION = 'a location, such as site1 or @region=eu'
/** A sentence with longer readings would not be read. */
const MAX_SHOWN_READINGS = 300
const EXAMPLE_READINGS = '(a & b) % c or a & (b % c)'
const FUNCTIONS = ['around', 'nearest']

/** A recursive descent without backtracking: it decides by the token at hand and the one after it. */
class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  readonly #end: Token
  #at = 0
  #depth = 0

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text
    this.#tokens = tokens
    this.#end = { kind: 'end', text: '', column: text.length + 1 }
  }

  scope(): Scope {
    const open = this.#take('{')
    if (this.#token.kind === 'end' || this.#token.kind === '}') {
      const hint = open !== undefined && this.#token.kind === 'end' ? ` ${SHELL_HINT}` : ''
      throw this.#error(this.#token, `The scope is empty: name a site, as in {site1}.${hint}`)
    }
    const bindings = new Map<string | undefined, Binding>()
    let prime: SiteLocation | undefined
    do {
      if (this.#isWord('prime') && this.#next.kind === ':') {
        if (prime !== undefined) throw this.#error(this.#token, 'A scope has one prime.')
        this.#at += 2
        prime = this.#site('the site that leads')
      } else {
        const binding = this.#binding()
        const first = bindings.get(binding.service)
        if (first !== undefined) throw this.#boundTwice(first, binding)
        bindings.set(binding.service, binding)
      }
    } while (this.#take(',') !== undefined)
    this.#close(open)
    if (bindings.size === 0) {
      throw this.#error(
        this.#tokens[0] ?? this.#end,
        'A prime leads the sites that the scope names; this one names none.',
      )
    }
    return { text: this.#text, bindings: [...bindings.values()], prime }
  }

  #binding(): Binding {
    const { column } = this.#token
    if (this.#token.kind !== 'word' || this.#next.kind !== ':') {
      return { service: undefined, column, where: this.#either() }
    }
    const word = this.#token.text
    if (this.#isWord('around')) {
      this.#at += 2
      return { service: undefined, column, where: this.#around(column) }
    }
    if (this.#isWord('nearest'))
      throw this.#error(this.#token, 'Write nearest with parentheses.', { suggestion: 'nearest(3)' })
    if (!isName(word)) throw this.#badName('service')
    this.#at += 2
    return { service: word, column, where: this.#either() }
  }

  /** `group || group …`: what is left is tried when what stands before it cannot be reached. */
  #either(): Expression {
    const parts = [this.#group()]
    while (this.#operator() === 'either') {
      this.#at += 1
      parts.push(this.#group())
    }
    return groupOf('either', parts)
  }

  /** `unary & unary …` or `unary % unary …`, never both: neither binds more than the other. */
  #group(): Expression {
    const parts = [this.#unary()]
    const operators: GroupOperator[] = []
    let mixedAt: Token | undefined
    for (let operator = this.#operator(); operator === 'and' || operator === 'cross'; operator = this.#operator()) {
      if (operators[0] !== undefined && operators[0] !== operator) mixedAt ??= this.#token
      operators.push(operator)
      this.#at += 1
      parts.push(this.#unary())
    }
    if (mixedAt !== undefined) throw this.#mixed(mixedAt, parts, operators)
    return groupOf(operators[0] ?? 'and', parts)
  }

  #unary(): Expression {
    const { kind, column } = this.#token
    if (kind === '(') return this.#parenthesis()
    if (this.#take('*') !== undefined) return { kind: 'all', column }
    if (this.#take('@') !== undefined) {
      const label = this.#word('the name of a label, as in @region=eu')
      this.#expect('=', '"=" and the value of the label, as in @region=eu')
      return { kind: 'label', label, value: this.#word('the value of the label, as in @region=eu'), column }
    }
    return kind === 'word' && this.#next.kind === '(' ? this.#function() : this.#site(LOCATION)
  }

  #parenthesis(): Expression {
    if (this.#depth === MAX_SCOPE_DEPTH) {
      const sentence = `Parentheses stand at most ${String(MAX_SCOPE_DEPTH)} deep in each other.`
      throw this.#error(this.#token, sentence, {}, 'ERR_SCOPE_LIMIT')
    }
    this.#at += 1
    this.#depth += 1
    const inner = this.#either()
    this.#depth -= 1
    this.#expect(')', '")" or an operator (&, %, ||)')
    return inner
  }

  #function(): AroundLocation | NearestLocation {
    const name = this.#token
    if (this.#isWord('around')) {
      this.#at += 2
      const around = this.#around(name.column)
      this.#expect(')', '")"')
      return around
    }
    if (this.#isWord('nearest')) {
      this.#at += 2
      const nearest: NearestLocation = { kind: 'nearest', count: this.#count(), column: name.column }
      this.#expect(')', '")"')
      return nearest
    }
    if (OPERATORS.has(name.text.toLowerCase())) throw this.#unexpected(LOCATION)
    const suggestion = nearestName(name.text, FUNCTIONS)
    const sentence = `${quoted(name.text)} takes no parentheses; around(site1, 50ms) and nearest(3) do.`
    throw this.#error(name, sentence, { suggestion })
  }

  /** `centre, duration`, behind `around(` or `around:`. */
  #around(column: number): AroundLocation {
    const centre = this.#site('the site in the middle, as in around(site1, 50ms)')
    this.#expect(',', '"," and a distance, as in around(site1, 50ms)')
    const token = this.#token
    const word = this.#word('a distance, as in 50ms')
    const withinUs = parseDuration(word)
    if (typeof withinUs === 'number') return { kind: 'around', centre, withinUs, column }
    throw this.#error(token, withinUs.sentence, { suggestion: withinUs.suggestion }, withinUs.code)
  }

  #count(): number {
    const token = this.#token
    const count = parseCount(this.#word('a number of sites, as in nearest(3)'))
    if (typeof count === 'number') return count
    throw this.#error(token, count.sentence, { suggestion: count.suggestion }, count.code)
  }

  #site(expected: string): SiteLocation {
    const token = this.#token
    const word = this.#word(expected)
    if (isName(word)) return { kind: 'site', site: word, column: token.column }
    this.#at -= 1
    if (OPERATORS.has(word.toLowerCase())) throw this.#unexpected(expected)
    throw this.#badName('site')
  }

  #word(expected: string): string {
    const token = this.#token
    if (token.kind !== 'word') throw this.#unexpected(expected)
    this.#at += 1
    return token.text
  }

  /** The end of the scope, with the brace that its beginning asks for. */
  #close(open: Token | undefined): void {
    if (this.#token.kind === '}' && open === undefined) {
      throw this.#error(this.#token, `This brace was never opened. ${SHELL_HINT}`)
    }
    if (open !== undefined) this.#expect('}', '"}", "," or an operator (&, %, ||)')
    if (this.#token.kind !== 'end') {
      throw this.#unexpected(
        open === undefined ? 'an operator (&, %, ||), "," or the end' : 'nothing behind the closing brace',
      )
    }
  }

  #boundTwice(first: Binding, second: Binding): CheopsError {
    const subject =
      second.service === undefined
        ? 'A scope has one binding without a service, for the one that the request addresses'
        : `The service ${quoted(second.service)} is bound twice`
    const joined = printExpression({ kind: 'and', parts: [first.where, second.where] })
    const suggestion = second.service === undefined ? joined : `${second.service}: ${joined}`
    const sentence = `${subject}. Join locations by & (replicate), % (cross) or || (fall back), as in ${quoted(suggestion)}.`
    return scopeError('ERR_SCOPE_SYNTAX', this.#text, second.column, sentence, { suggestion })
  }

  /** `a & b % c` can be read in two ways, and they mean different things. */
  #mixed(token: Token, parts: readonly Expression[], operators: readonly GroupOperator[]): CheopsError {
    const readings = bothReadings(parts, operators)
    const shown = readings.join(' or ')
    const sentence = `& and % need parentheses between them: ${shown.length <= MAX_SHOWN_READINGS ? shown : EXAMPLE_READINGS}.`
    return this.#error(token, sentence, { readings, suggestion: readings[0] })
  }

  /** The operator at hand, sign or word, undefined if there is none. */
  #operator(): Operator | undefined {
    return this.#token.kind === 'end' ? undefined : OPERATORS.get(this.#token.text.toLowerCase())
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? this.#end
  }

  get #next(): Token {
    return this.#tokens[this.#at + 1] ?? this.#end
  }

  #isWord(word: string): boolean {
    return this.#token.kind === 'word' && this.#token.text.toLowerCase() === word
  }

  #take(kind: Token['kind']): Token | undefined {
    const token = this.#token
    if (token.kind !== kind) return undefined
    this.#at += 1
    return token
  }

  #expect(kind: Token['kind'], expected: string): void {
    if (this.#take(kind) === undefined) throw this.#unexpected(expected)
  }

  #unexpected(expected: string): CheopsError {
    const token = this.#token
    if (token.kind === 'end') return this.#error(token, `The scope ends where it needs ${expected}. ${SHELL_HINT}`)
    if (token.kind === 'bad') {
      if (token.text === '|')
        return this.#error(token, 'Fallback is written || or with the word or.', { suggestion: '||' })
      return this.#error(token, `${visible(token.text)} has no meaning in a scope; here it needs ${expected}.`)
    }
    const before = this.#tokens[this.#at - 1]
    if (token.kind === '&' && before?.kind === '&') {
      return this.#error(token, 'Replication is written with one & or with the word and.', { suggestion: '&' })
    }
    // A word where none can stand follows a location: it may be meant as an operator.
    const suggestion =
      token.kind === 'word' && !isReserved(token.text) ? nearestName(token.text, OPERATOR_WORDS) : undefined
    const question = suggestion === undefined ? '' : ` Did you mean ${quoted(suggestion)}?`
    return this.#error(token, `${quoted(token.text)} stands where the scope needs ${expected}.${question}`, {
      suggestion,
    })
  }

  /** For a word that cannot be a name, under the cursor. */
  #badName(what: 'site' | 'service'): CheopsError {
    const token = this.#token
    const reason = isReserved(token.text)
      ? `is a word of the scope language, so no ${what} can be called so`
      : `is no name: a name begins with a letter or a digit`
    return this.#error(token, `${quoted(token.text)} ${reason}.`)
  }

  #error(
    token: Token,
    sentence: string,
    details: ScopeErrorDetails = {},
    code: ErrorCode = 'ERR_SCOPE_SYNTAX',
  ): CheopsError {
    return scopeError(code, this.#text, token.column, sentence, details)
  }
}

/** Index of the first character that does not fit into `bytes` of UTF-8, undefined if all do. Looks at `bytes` characters at most. */
function firstCharacterBeyond(text: string, bytes: number): number | undefined {
  let used = 0
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at) ?? 0
    // A lone surrogate is sent as U+FFFD: three bytes, as its own code point would be.
    used += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (used > bytes) return at
    at += code < 0x10000 ? 1 : 2
  }
  return undefined
}
