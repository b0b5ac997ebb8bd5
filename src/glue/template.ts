/**
 * URI templates (RFC 6570) of level 1, and of level 2 one expression that takes whole segments (`{+id}`), compiled into a matcher. A segment
 * has at most one expression, and a template at most one that takes several segments, so a path is matched in one way only, in one pass,
 * without regular expressions: time is proportional to the template's length, and to the path's where it has such an expression.
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
  /** Name of the variable that takes one segment or more (`{+id}`), and its place among the segments. */
  readonly rest: { readonly name: string; readonly at: number } | undefined
}

/** `{id}.json` is variable `id`, suffix `.json`; `{+id}` is a `rest`. */
export type TemplateSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly prefix: string; readonly suffix: string }
  | { readonly kind: 'rest'; readonly name: string }

/** What is wrong with a template, in a sentence, and what to write instead where that is known. */
export class TemplateError extends Error {}

/**
 * @throws TemplateError for what is no such template, for two expressions in one segment (`{a}-{b}`: with hyphens in the values nobody can
 * say where one ends), and for two that take several segments, likewise
 */
export function compileTemplate(source: string): PathTemplate {
  if (!source.startsWith('/')) throw new TemplateError(`"${source}" must begin with a slash`)
  const segments: TemplateSegment[] = []
  const variables: string[] = []
  let rest: PathTemplate['rest']
  const endsInSlash = source.length > 1 && source.endsWith('/')
  const path = endsInSlash ? source.slice(1, -1) : source.slice(1)
  for (const text of path === '' ? [] : path.split('/')) {
    const segment = compileSegment(text, source)
    if (segment.kind === 'rest') {
      if (rest !== undefined) {
        throw new TemplateError(`"${source}" has {+${rest.name}} and {+${segment.name}}: nobody can say where one ends`)
      }
      rest = { name: segment.name, at: segments.length }
    }
    if (segment.kind !== 'literal') {
      if (variables.includes(segment.name)) throw new TemplateError(`"${source}" has {${segment.name}} twice`)
      variables.push(segment.name)
    }
    segments.push(segment)
  }
  const template = { source, segments, variables, endsInSlash, rest }
  if (endsInSlash && endsInRest(template)) {
    throw new TemplateError(`"${source}" ends in a slash: behind {+${rest?.name}} that is a folder, and no resource`)
  }
  return template
}

/** Its resources stand in folders of any depth: a path with a slash at its end is a folder, and not the resource. */
export function endsInRest({ rest, segments }: Pick<PathTemplate, 'rest' | 'segments'>): boolean {
  return rest !== undefined && rest.at === segments.length - 1
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
  if (name.startsWith('+') && isVariableName(name.slice(1))) {
    if (open > 0 || rest !== '')
      throw new TemplateError(`{${name}} takes whole segments: nothing stands beside it in "${text}"`)
    return { kind: 'rest', name: name.slice(1) }
  }
  if (!isVariableName(name)) {
    throw new TemplateError(
      `{${name}} is no expression that is known: write a name of letters, digits and underscores, such as {id}, or {+id} for several segments`,
    )
  }
  return { kind: 'variable', name, prefix: decodeSegment(text.slice(0, open)), suffix: decodeSegment(rest) }
}

function isVariableName(name: string): boolean {
  return /^[A-Za-z0-9_]{1,64}$/.test(name)
}

/**
 * The values of the variables, percent-decoded, if the template matches all of `path`, or, where no variable takes several segments, its
 * beginning. Between the segments that such a variable takes stand slashes, and one that was encoded is as good as these.
 * @param path segments of a request's path, as `splitPath` gives them
 * @returns undefined where the path is shorter than the template or differs
 */
export function matchTemplate(template: PathTemplate, path: readonly string[]): Map<string, string> | undefined {
  const { segments, rest } = template
  if (path.length < segments.length) return undefined
  const values = new Map<string, string>()
  // How many segments more there are than the template has, all of them the rest's.
  const more = path.length - segments.length
  for (const [i, segment] of segments.entries()) {
    const text = path[rest !== undefined && i > rest.at ? i + more : i] as string
    switch (segment.kind) {
      case 'literal':
        if (text !== segment.text) return undefined
        break
      case 'variable':
        // An empty value is no value: `/items/` is the collection.
        if (text.length <= segment.prefix.length + segment.suffix.length) return undefined
        if (!text.startsWith(segment.prefix) || !text.endsWith(segment.suffix)) return undefined
        values.set(segment.name, text.slice(segment.prefix.length, text.length - segment.suffix.length))
        break
      case 'rest': {
        const value = path.slice(i, i + more + 1).join('/')
        if (value === '') return undefined
        values.set(segment.name, value)
      }
    }
  }
  return values
}

/** The same for a path as it stands in a request. */
export function matchPath(template: PathTemplate, path: string): Map<string, string> | undefined {
  return matchTemplate(
    template,
    splitPath(path, template.rest === undefined ? template.segments.length : Infinity).decoded,
  )
}

/**
 * The values, where a path ends in what the template matches: applications often stand below a prefix of their own. Of several ends that
 * one is meant which leaves the least out, where the template takes any number of segments.
 */
export function matchEnd(template: PathTemplate, path: readonly string[]): Map<string, string> | undefined {
  const { segments, rest } = template
  if (rest === undefined) return matchTemplate(template, path.slice(-segments.length))
  for (let prefix = 0; prefix <= path.length - segments.length; prefix++) {
    const values = matchTemplate(template, path.slice(prefix))
    if (values !== undefined) return values
  }
  return undefined
}

/**
 * The path for these values; characters beyond the unreserved ones are percent-encoded, slashes too, except between the segments of a value
 * that takes several.
 * @throws TemplateError when a variable has no value
 */
export function expandTemplate(template: PathTemplate, values: ReadonlyMap<string, string>): string {
  const parts = template.segments.map(segment => {
    if (segment.kind === 'literal') return encodeSegment(segment.text)
    const value = values.get(segment.name)
    if (value === undefined || value === '') {
      throw new TemplateError(`"${template.source}" needs a value for {${segment.name}}`)
    }
    if (segment.kind === 'rest') return value.split('/').map(encodeReserved).join('/')
    return encodeSegment(segment.prefix) + encodeSegment(value) + encodeSegment(segment.suffix)
  })
  return `/${parts.join('/')}${template.endsInSlash ? '/' : ''}`
}

/**
 * Segments of a request's path, raw and percent-decoded, without query and without one slash at the end (`/items/` and
 * `/items` are one collection for all applications that we know, also for those that answer at one of the two only).
 * @param limit at most so many segments are decoded; `raw` has them all
 */
export function splitPath(
  path: string,
  limit: number,
): { readonly raw: readonly string[]; readonly decoded: readonly string[]; readonly endsInSlash: boolean } {
  const end = path.search(/[?#]/)
  let text = end === -1 ? path : path.slice(0, end)
  if (text.startsWith('/')) text = text.slice(1)
  const endsInSlash = text.endsWith('/')
  if (endsInSlash) text = text.slice(0, -1)
  const raw = text === '' ? [] : text.split('/')
  return { raw, decoded: raw.slice(0, limit).map(decodeSegment), endsInSlash }
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

/** Whether what stands percent-encoded in a path is text. What is not has no name: nobody could write it again as it was. */
export function isDecodable(path: string): boolean {
  const end = path.search(/[?#]/)
  try {
    decodeURIComponent(end === -1 ? path : path.slice(0, end))
    return true
  } catch {
    return false
  }
}

/** Simple expansion of RFC 6570: everything but unreserved characters. `encodeURIComponent` leaves five more. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    c => '%' + c.charCodeAt(0).toString(16).toUpperCase(),
  )
}

/**
 * Reserved expansion (RFC 6570, 3.2.3) of a segment: some servers take `@scope` only as it stands. What would mean something else is
 * encoded all the same: the percent sign, `?`, `#`, brackets, `+`, which some read as a space, and `;`, behind which some read parameters.
 */
function encodeReserved(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(?:24|26|2C|3A|3D|40)/g, decodeURIComponent)
}
