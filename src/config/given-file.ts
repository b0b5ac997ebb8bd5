import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Node, YAMLParseError } from 'yaml'
import { CheopsError } from '../errors.ts'
import { children, unknownKey } from './given.ts'
import { shortService } from './given-services.ts'
import type { Given, Problems, ServiceSource, Specs } from './given.ts'

/** What a configuration file gives: keys by path, and services in their order. */
export interface FileSource {
  readonly keys: ReadonlyMap<string, Given>
  readonly services: readonly ServiceSource[]
  /** Where `services` stands, undefined when the file has none. */
  readonly servicesAt: string | undefined
}

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
