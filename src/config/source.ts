import { isAlias, isMap, isScalar, isSeq, LineCounter, parse, parseDocument } from 'yaml'
import type { Document, Node, YAMLParseError } from 'yaml'
import { nearestName } from '../core/scope/index.ts'
import { CheopsError } from '../errors.ts'
import { flagOf, OTHER_VARIABLES, variableOf } from './keys.ts'
import type { KeySpec } from './keys.ts'

/** A value that was given for a key, not yet looked at. */
export interface Given {
  readonly value: unknown
  /** For errors: `cheops.yaml:4:7`, `CHEOPS_SITE`, `--site`. */
  readonly where: string
  /** The folder that relative paths start from. */
  readonly base: string
}

/** Collects every problem, so that all are reported at once. */
export class Problems {
  readonly list: string[] = []

  add(where: string, sentence: string): void {
    this.list.push(where === '' ? sentence : `${where}: ${sentence}`)
  }

  /** Those of the file first, in the order of its lines, then the others as they were found. */
  inOrder(): readonly string[] {
    const position = (line: string) => {
      const match = /:(\d+):(\d+): /.exec(line)
      return match === null ? Number.POSITIVE_INFINITY : Number(match[1]) * 1e6 + Number(match[2])
    }
    return this.list.toSorted((a, b) => {
      const [left, right] = [position(a), position(b)]
      return left === right ? 0 : left - right
    })
  }
}

/** What a configuration file gives: keys by path, and services in their order. */
export interface FileSource {
  readonly keys: ReadonlyMap<string, Given>
  readonly services: readonly ServiceSource[]
  /** Where `services` stands, undefined when the file has none. */
  readonly servicesAt: string | undefined
}
export interface ServiceSource {
  readonly where: string
  readonly keys: ReadonlyMap<string, Given>
}

type Specs = Readonly<Record<string, KeySpec>>

/**
 * Reads YAML. Unknown keys and keys of the wrong shape become problems with line and column.
 * @param name how errors call the file
 * @param base the folder that relative paths start from
 * @throws CheopsError ERR_CONFIG_INVALID for what is no YAML, also with line and column
 */
export function readYaml(
  text: string,
  name: string,
  base: string,
  specs: { readonly keys: Specs; readonly service: Specs },
  problems: Problems,
): FileSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${String(line)}:${String(col)}`
  }
  const reader = new YamlReader(document, at, base, problems)
  if (document.errors.length > 0) {
    throw syntaxError(document.errors, name, error => at(error.pos[0]))
  }
  const keys = new Map<string, Given>()
  const services: ServiceSource[] = []
  let servicesAt: string | undefined
  const root = document.contents
  if (root !== null && !isMap(root)) problems.add(reader.place(root), 'must be a map of keys, as "site: site1"')
  if (isMap(root)) {
    reader.collect(root, '', specs.keys, ['services'], keys, (key, node) => {
      if (key !== 'services') return
      servicesAt = reader.place(node)
      services.push(...reader.services(node, specs.service))
    })
  }
  return { keys, services, servicesAt }
}

/** Ends the reading: of a text that is no YAML nobody knows which keys it has, and which are missing. */
function syntaxError(
  errors: readonly YAMLParseError[],
  file: string,
  place: (error: YAMLParseError) => string,
): CheopsError {
  // One slip is often several errors of its line.
  const byLine = Map.groupBy(errors, error => place(error).replace(/:\d+$/, ''))
  const problems = [...byLine.values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [`${place(first)}: is no valid YAML: ${explain([first, ...rest])}`],
  )
  const count = problems.length === 1 ? 'One problem' : `${String(problems.length)} problems`
  const list = problems.map(line => `  ${line}`).join('\n')
  return new CheopsError('ERR_CONFIG_INVALID', `${count} in the configuration:\n${list}`, { file, problems })
}

/** In words of those who write files, where the parser's own are about its grammar. */
function explain(errors: readonly YAMLParseError[]): string {
  const has = (...codes: readonly YAMLParseError['code'][]) => errors.some(({ code }) => codes.includes(code))
  const message = errors.map(error => error.message).join('; ')
  if (has('TAB_AS_INDENT')) return 'the indentation has a tab; use spaces'
  if (has('MULTILINE_IMPLICIT_KEY'))
    return 'the indentation of the next line is wrong: it is deeper than this value allows'
  if (has('BLOCK_AS_IMPLICIT_KEY')) return 'a value with ": " in it needs quotes'
  if (has('BAD_INDENT') || /without - indicator|same column|node end/.test(message)) {
    return `the indentation of this line does not fit those above it (${message})`
  }
  return message
}

class YamlReader {
  readonly #document: Document
  readonly #at: (offset: number) => string
  readonly #base: string
  readonly #problems: Problems

  constructor(document: Document, at: (offset: number) => string, base: string, problems: Problems) {
    this.#document = document
    this.#at = at
    this.#base = base
    this.#problems = problems
  }

  place(node: unknown): string {
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    return Array.isArray(range) && typeof range[0] === 'number' ? this.#at(range[0]) : this.#at(0)
  }

  /** Walks a map along the known paths. `special` keys are handed over as they stand. */
  collect(
    map: Node,
    prefix: string,
    specs: Specs,
    special: readonly string[],
    into: Map<string, Given>,
    onSpecial: (key: string, node: Node | null) => void,
  ): void {
    if (!isMap(map)) return
    for (const pair of map.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      const path = prefix + name
      const value = this.#resolve(pair.value)
      if (special.includes(path)) {
        onSpecial(path, value)
      } else if (Object.hasOwn(specs, path)) {
        into.set(path, { value: this.#plain(value), where: this.place(value ?? pair.key), base: this.#base })
      } else if (Object.keys(specs).some(known => known.startsWith(`${path}.`))) {
        if (value === null || (isScalar(value) && value.value === null)) continue
        if (isMap(value)) this.collect(value, `${path}.`, specs, special, into, onSpecial)
        else this.#problems.add(this.place(value), `${path} must be a map with ${children(path, specs).join(', ')}`)
      } else {
        this.#problems.add(this.place(pair.key), unknownKey(path, prefix, [...Object.keys(specs), ...special]))
      }
    }
  }

  services(node: Node | null, specs: Specs): ServiceSource[] {
    if (node === null || (isScalar(node) && node.value === null)) return []
    if (!isSeq(node)) {
      this.#problems.add(this.place(node), 'services must be a list: "- name: …" and "endpoint: …" for each')
      return []
    }
    return node.items.flatMap((each): ServiceSource[] => {
      const item = this.#resolve(each)
      const where = this.place(item)
      if (isScalar(item) && typeof item.value === 'string') {
        return shortService(item.value, where, this.#base, this.#problems)
      }
      if (!isMap(item)) {
        this.#problems.add(where, 'a service must be a map with at least name and endpoint')
        return []
      }
      const keys = new Map<string, Given>()
      this.collect(item, '', specs, [], keys, () => {})
      return [{ where, keys }]
    })
  }

  #resolve(node: unknown): Node | null {
    const target = isAlias(node) ? node.resolve(this.#document) : node
    return isScalar(target) || isMap(target) || isSeq(target) ? target : null
  }

  /** Plain data; numbers keep the way in which they are written, so that a label `1.10` stays that. */
  #plain(node: Node | null): unknown {
    if (node === null) return null
    if (isScalar(node)) return typeof node.value === 'number' ? (node.source ?? node.value) : node.value
    if (isSeq(node)) return node.items.map(item => this.#plain(this.#resolve(item)))
    if (isMap(node)) {
      return Object.fromEntries(
        node.items.map(pair => [
          isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : '',
          this.#plain(this.#resolve(pair.value)),
        ]),
      )
    }
    return null
  }
}

const children = (path: string, specs: Specs) => [
  ...new Set(
    Object.keys(specs)
      .filter(known => known.startsWith(`${path}.`))
      .map(known => known.slice(path.length + 1).split('.')[0] ?? ''),
  ),
]

/** A sentence about a key that does not exist, with the nearest that does. */
function unknownKey(path: string, prefix: string, known: readonly string[]): string {
  const siblings = new Set(
    known.filter(other => other.startsWith(prefix)).map(other => other.slice(prefix.length).split('.')[0] ?? ''),
  )
  const near = nearestName(path.slice(prefix.length), siblings)
  const elsewhere = known.find(other => other.split('.').at(-1) === path.split('.').at(-1))
  const suggestion = near === undefined ? (elsewhere ?? nearestName(path, known)) : prefix + near
  return `unknown key "${path}"${suggestion === undefined ? `; known are ${[...siblings].join(', ')}` : `; did you mean "${suggestion}"?`}`
}

/** `inventory=http://127.0.0.1:9001`, the short form of a service. */
function shortService(text: string, where: string, base: string, problems: Problems): ServiceSource[] {
  const match = /^([^=\s]+)=(.+)$/.exec(text)
  if (match === null) {
    problems.add(where, 'a service must be a map with at least name and endpoint, or name=URL')
    return []
  }
  const given = (value: unknown): Given => ({ value, where, base })
  return [
    {
      where,
      keys: new Map([
        ['name', given(match[1])],
        ['endpoint', given(match[2])],
      ]),
    },
  ]
}

/**
 * A service that stands in no file: of a flag, a variable or the admin API.
 * @param object nested as in the file
 */
export function readServiceObject(
  object: Readonly<Record<string, unknown>>,
  where: string,
  base: string,
  specs: Specs,
  problems: Problems,
): ServiceSource {
  const keys = new Map<string, Given>()
  const walk = (from: Readonly<Record<string, unknown>>, prefix: string): void => {
    for (const [name, value] of Object.entries(from)) {
      const path = prefix + name
      if (Object.hasOwn(specs, path)) keys.set(path, { value, where, base })
      else if (Object.keys(specs).some(known => known.startsWith(`${path}.`))) {
        if (value === null || value === undefined) continue
        if (isRecord(value)) walk(value, `${path}.`)
        else problems.add(where, `${path} must be a map with ${children(path, specs).join(', ')}`)
      } else problems.add(where, unknownKey(path, prefix, Object.keys(specs)))
    }
  }
  walk(object, '')
  return { where, keys }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Splits the text of a variable or a flag: YAML where it begins like a list or a map, else at commas where the key is a list.
 * @throws CheopsError never; text that is no valid YAML stays text, and its type says what is expected
 */
export function fromText(text: string, spec: KeySpec): unknown {
  if (spec.type.list === undefined) return text
  return yamlOr(text, () => (text === '' ? [] : text.split(',').map(item => item.trim())))
}

function yamlOr(text: string, otherwise: () => unknown): unknown {
  if (!/^\s*[[{]/.test(text)) return otherwise()
  try {
    const value: unknown = parse(text)
    return value
  } catch {
    return text
  }
}

/** Services of a variable or of flags: YAML (a list, or one map), or name=URL with commas between. */
export function readServicesText(
  texts: readonly string[],
  where: string,
  base: string,
  specs: Specs,
  problems: Problems,
): ServiceSource[] {
  return texts
    .flatMap((text): unknown[] => {
      const value = yamlOr(text, () => text.split(',').map(item => item.trim()))
      return Array.isArray(value) ? value : [value]
    })
    .filter(item => item !== '')
    .flatMap((item): ServiceSource[] => {
      if (typeof item === 'string') return shortService(item, where, base, problems)
      if (isRecord(item)) return [readServiceObject(item, where, base, specs, problems)]
      problems.add(where, 'a service must be a map with at least name and endpoint, or name=URL')
      return []
    })
}

/**
 * Values of `CHEOPS_<KEY>`. Underscores may be left out (`CHEOPS_MESHKEY`). A variable that is nearly a key is a problem;
 * others that begin with `CHEOPS_` are left alone, since container platforms make some (`CHEOPS_SERVICE_HOST`, `CHEOPS_PORT`).
 */
export function readVariables(
  env: Readonly<Record<string, string | undefined>>,
  base: string,
  specs: Specs,
  problems: Problems,
): Map<string, Given> {
  const paths = new Map([...Object.keys(specs), 'services'].map(path => [squeeze(variableOf(path)), path]))
  const names = [...Object.keys(specs), 'services'].map(variableOf)
  const found = new Map<string, Given>()
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith('CHEOPS_')) continue
    const path = paths.get(squeeze(name))
    if (path !== undefined) {
      const spec = specs[path]
      found.set(path, { value: spec === undefined ? text : fromText(text, spec), where: name, base })
      continue
    }
    if (OTHER_VARIABLES.some(other => other === name) || PLATFORM_VARIABLE.test(name)) continue
    const near = typingError(name, names)
    if (near !== undefined) problems.add(name, `unknown variable; did you mean ${near}?`)
  }
  return found
}

const squeeze = (name: string) => name.replaceAll('_', '')

/** What Kubernetes and Docker links set for a service or a container that is called cheops. */
const PLATFORM_VARIABLE = /^CHEOPS_(SERVICE_(HOST|PORT.*)|PORT(_.*)?|NAME|ENV_.*)$/

/** The variable that a mistyped one most likely means. The prefix, which both have, must not make them alike. */
function typingError(name: string, names: readonly string[]): string | undefined {
  const prefix = 'CHEOPS_'
  const near = nearestName(
    name.slice(prefix.length),
    names.map(each => each.slice(prefix.length)),
  )
  return near === undefined ? undefined : prefix + near
}

/**
 * Values of flags.
 * @param flags by the key's path; a repeated flag is an array
 */
export function readFlags(
  flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
  base: string,
  specs: Specs,
): Map<string, Given> {
  const found = new Map<string, Given>()
  for (const [path, given] of Object.entries(flags)) {
    if (given === undefined) continue
    const spec = specs[path]
    if (spec === undefined && path !== 'services') {
      throw new CheopsError('ERR_CLI_USAGE', `There is no key "${path}" that a flag could set.`)
    }
    const texts = typeof given === 'boolean' ? undefined : typeof given === 'string' ? [given] : given
    const value =
      spec === undefined || texts === undefined
        ? given
        : texts.length === 1
          ? fromText(texts[0] ?? '', spec)
          : texts.flatMap(text => fromText(text, spec))
    found.set(path, { value, where: flagOf(path), base })
  }
  return found
}
