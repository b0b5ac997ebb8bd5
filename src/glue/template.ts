/**
 * URI templates of level 1 (RFC 6570), compiled into a matcher. A segment has at most one expression, so a path is
 * matched in one way only, in one pass, without regular expressions: time is proportional to the template's length.
 */

/** A path template that is ready to be matched. */
export interface PathTemplate {
  readonly source: string
  /** One entry a segment; `/` alone has none. */
  readonly segments: readonly TemplateSegment[]
  /** Names of its variables, from left to right. */
  readonly variables: readonly string[]
  /** It ends in a slash, and so does what is made of it; both match. */
  readonly endsInSlash: boolean
}

/** `{id}.json` is variable `id`, suffix `.json`. */
export type TemplateSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly prefix: string; readonly suffix: string }

/** What is wrong with a template, in a sentence, and what to write instead where that is known. */
export class TemplateError extends Error {}

/**
 * @throws TemplateError for what is no template of level 1, and for two expressions in one segment (`{a}-{b}`: with
 * hyphens in the values nobody can say where one ends)
 */
export function compileTemplate(source: string): PathTemplate {
  if (!source.startsWith('/')) throw new TemplateError(`"${source}" must begin with a slash`)
  const segments: TemplateSegment[] = []
  const variables: string[] = []
  const endsInSlash = source.length > 1 && source.endsWith('/')
  const path = endsInSlash ? source.slice(1, -1) : source.slice(1)
  for (const text of path === '' ? [] : path.split('/')) {
    const segment = compileSegment(text, source)
    if (segment.kind === 'variable') {
      if (variables.includes(segment.name)) throw new TemplateError(`"${source}" has {${segment.name}} twice`)
      variables.push(segment.name)
    }
    segments.push(segment)
  }
  return { source, segments, variables, endsInSlash }
}

function compileSegment(text: string, source: string): TemplateSegment {
  if (text === '') throw new TemplateError(`"${source}" has an empty segment`)
  const open = text.indexOf('{')
  const close = text.indexOf('}')
  if (open === -1 && close === -1) return { kind: 'literal', text: decodeSegment(text) }
  if (open === -1 || close < open) throw new TemplateError(`"${text}" has a brace without its partner`)
  const name = text.slice(open + 1, close)
  const rest = text.slice(close + 1)
  if (rest.includes('{')) throw new TemplateError(`"${text}" has two expressions in one segment`)
  if (rest.includes('}')) throw new TemplateError(`"${text}" has a brace without its partner`)
  if (!isVariableName(name)) {
    throw new TemplateError(
      `{${name}} is no expression of level 1: write a name of letters, digits and underscores, such as {id}`,
    )
  }
  return { kind: 'variable', name, prefix: decodeSegment(text.slice(0, open)), suffix: decodeSegment(rest) }
}

function isVariableName(name: string): boolean {
  return /^[A-Za-z0-9_]{1,64}$/.test(name)
}

/**
 * The values of the variables, percent-decoded, if the template matches all of `path` or its beginning.
 * @param path segments of a request's path, as `splitPath` gives them
 * @returns undefined where the path is shorter than the template or differs
 */
export function matchTemplate(template: PathTemplate, path: readonly string[]): Map<string, string> | undefined {
  if (path.length < template.segments.length) return undefined
  const values = new Map<string, string>()
  for (const [i, segment] of template.segments.entries()) {
    const text = path[i] as string
    if (segment.kind === 'literal') {
      if (text !== segment.text) return undefined
      continue
    }
    // An empty value is no value: `/items/` is the collection.
    if (text.length <= segment.prefix.length + segment.suffix.length) return undefined
    if (!text.startsWith(segment.prefix) || !text.endsWith(segment.suffix)) return undefined
    values.set(segment.name, text.slice(segment.prefix.length, text.length - segment.suffix.length))
  }
  return values
}

/**
 * The path for these values; characters beyond the unreserved ones are percent-encoded, slashes too.
 * @throws TemplateError when a variable has no value
 */
export function expandTemplate(template: PathTemplate, values: ReadonlyMap<string, string>): string {
  const parts = template.segments.map(segment => {
    if (segment.kind === 'literal') return encodeSegment(segment.text)
    const value = values.get(segment.name)
    if (value === undefined || value === '') {
      throw new TemplateError(`"${template.source}" needs a value for {${segment.name}}`)
    }
    return encodeSegment(segment.prefix) + encodeSegment(value) + encodeSegment(segment.suffix)
  })
  return `/${parts.join('/')}${template.endsInSlash ? '/' : ''}`
}

/**
 * Segments of a request's path, raw and percent-decoded, without query and without one slash at the end (`/items/` and
 * `/items` are one collection for all applications that we know, also for those that answer at one of the two only).
 * @param limit at most so many segments are decoded; `raw` has them all
 */
export function splitPath(path: string, limit: number): { raw: readonly string[]; decoded: readonly string[] } {
  const end = path.search(/[?#]/)
  let text = end === -1 ? path : path.slice(0, end)
  if (text.startsWith('/')) text = text.slice(1)
  if (text.endsWith('/')) text = text.slice(0, -1)
  const raw = text === '' ? [] : text.split('/')
  return { raw, decoded: raw.slice(0, limit).map(decodeSegment) }
}

/** What cannot be decoded stays as it is: an application may use such a path, and we only look. */
export function decodeSegment(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Simple expansion of RFC 6570: everything but unreserved characters. `encodeURIComponent` leaves five more. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    c => '%' + c.charCodeAt(0).toString(16).toUpperCase(),
  )
}
