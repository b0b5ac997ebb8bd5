/** A piece of a scope's text. What has no meaning is a token too, so that the parser reports mistakes in the order of the text. */
export interface Token {
  /** `word`: letters, digits, `-`, `_`, `.`; `bad`: one character without a meaning; `end`: behind the last character. */
  readonly kind: 'word' | 'bad' | 'end' | Sign
  readonly text: string
  /** 1-based. */
  readonly column: number
}

export type Sign = '{' | '}' | '(' | ')' | ',' | ':' | '&' | '%' | '||' | '*' | '@' | '='

/** What the tokenizer needs of a string; a test counts the reads. */
export interface Characters {
  readonly length: number
  charCodeAt(index: number): number
  slice(from: number, to: number): string
}

const SIGNS: ReadonlyMap<number, Sign> = new Map(
  (['{', '}', '(', ')', ',', ':', '&', '%', '*', '@', '='] as const).map(sign => [sign.charCodeAt(0), sign]),
)
const BAR = 0x7c

/** Cuts a text into tokens, the last one `end`. Never throws, and reads each character at most twice. */
export function tokenize(text: Characters): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    let end = at + 1
    if (!isSpace(code)) {
      let kind: Token['kind'] = SIGNS.get(code) ?? 'bad'
      if (isWordCode(code)) {
        kind = 'word'
        while (end < text.length && isWordCode(text.charCodeAt(end))) end += 1
      } else if (code === BAR && end < text.length && text.charCodeAt(end) === BAR) {
        kind = '||'
        end += 1
      } else if (isHighSurrogate(code) && end < text.length && isLowSurrogate(text.charCodeAt(end))) {
        end += 1
      }
      tokens.push({ kind, text: text.slice(at, end), column: at + 1 })
    }
    at = end
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 })
  return tokens
}

/** Space, tab, line feed, carriage return: a scope may come from a file. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}

/** Letters, digits, `-`, `_` and `.` of ASCII: what survives headers, host names and keys of the DHT unchanged. */
function isWordCode(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x5f ||
    code === 0x2e
  )
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}
