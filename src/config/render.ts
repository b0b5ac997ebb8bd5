import { stringify } from 'yaml'
import { flagOf, KEYS, SERVICE_KEYS, variableOf } from './keys.ts'
import type { Key, KeySpec, ServiceKey } from './keys.ts'

/** What `cheops init` decides; every other key stands in the file as a comment with its default or an example. */
export interface Chosen {
  readonly keys: Readonly<Partial<Record<Key, unknown>>>
  readonly services: readonly Readonly<Partial<Record<ServiceKey, unknown>>>[]
}

/** In examples: files of the site itself. */
const EXAMPLE_FILE = /(\.\/(?:data|tls)\/)site1\b/g

/** A commented configuration file. Lines `# …` explain; lines `#key: …` are keys that are not set: take the first `#` away. */
export function renderFile(chosen: Chosen): string {
  const none = chosen.services.length === 0
  // What is commented out is right when it is not.
  const site = typeof chosen.keys.site === 'string' ? chosen.keys.site : 'site1'
  const services = none ? [{ name: 'inventory', endpoint: 'http://127.0.0.1:9001' }] : chosen.services
  // What the keys are is said once.
  const list = ['services:', ...services.flatMap((service, place) => renderService(service, place === 0))]
  return [
    '# Configuration of a Cheops agent. Each key can also be given by a variable (CHEOPS_INGRESS_LISTEN) or a flag of',
    '# "cheops up" (--ingress-listen); a flag is stronger than a variable, a variable than this file.',
    '# Paths start from the folder of this file. "cheops check --config FILE" tries it before the agent runs.',
    '',
    ...renderTree(tree(KEYS), chosen.keys, '', ''),
    "# The services of this site: each the REST API of an application's instance.",
    ...list.map(line => (none ? `#${line}` : line)),
    '',
  ]
    .join('\n')
    .replaceAll(EXAMPLE_FILE, `$1${site}`)
}

/** Keys by their place in the file: a leaf is a key's specification. */
type Tree = Map<string, { readonly path: string; readonly spec: KeySpec } | Tree>

function tree(specs: Readonly<Record<string, KeySpec>>): Tree {
  const root: Tree = new Map()
  for (const [path, spec] of Object.entries(specs)) {
    const names = path.split('.')
    let branch = root
    for (const name of names.slice(0, -1)) {
      const next = branch.get(name)
      const map: Tree = next instanceof Map ? next : new Map()
      branch.set(name, map)
      branch = map
    }
    branch.set(names.at(-1) ?? path, { path, spec })
  }
  return root
}

/**
 * @param values what is set, by path
 * @param indent spaces before a line of this branch
 * @param off the spaces before the `#` of the outermost branch that is not set, and that `#`; empty inside branches that are
 */
function renderTree(
  branch: Tree,
  values: Readonly<Record<string, unknown>>,
  indent: string,
  off: string,
  prefix = '',
): string[] {
  const active = (text: string) => (off === '' ? indent + text : off + indent.slice(off.length - 1) + text)
  const commented = (text: string) => (off === '' ? `${indent}#${text}` : active(text))
  return [...branch].flatMap(([name, node]): string[] => {
    if (node instanceof Map) {
      const path = `${prefix}${name}.`
      const set = Object.keys(values).some(each => each.startsWith(path))
      const innerOff = off !== '' || set ? off : `${indent}#`
      return [
        set ? active(`${name}:`) : commented(`${name}:`),
        ...renderTree(node, values, `${indent}  `, innerOff, path),
        ...(indent === '' && prefix === '' && branch.has('mesh') ? [''] : []),
      ]
    }
    const { path, spec } = node
    const value = values[path]
    return [
      active(`# ${spec.help}${defaultNote(spec)}`),
      value === undefined
        ? commented(`${name}: ${spec.example ?? spec.fallback ?? ''}`)
        : active(`${name}: ${flow(value)}`),
    ]
  })
}

const defaultNote = (spec: KeySpec) =>
  spec.fallback !== undefined && spec.example !== undefined ? ` Default: ${spec.fallback}.` : ''

/** A value on one line. */
const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trimEnd()

/**
 * One item of `services`; its first key is its name.
 * @param isFull with all keys and what they are; else with those alone that are set
 */
function renderService(values: Readonly<Partial<Record<ServiceKey, unknown>>>, isFull: boolean): string[] {
  const lines = renderTree(tree(SERVICE_KEYS), values, '', '').filter(line => isFull || !/^ *#/.test(line))
  const first = lines.findIndex(line => !line.startsWith('#'))
  return lines.map((line, place) => (place === first ? `  - ${line}` : `${place < first ? '  ' : '    '}${line}`))
}

/** One row a key, for README.md and tests. */
export function keyTable(): string {
  const row = (path: string, spec: KeySpec, scalars: boolean) => {
    const fallback = spec.required ? 'required' : spec.fallback === undefined ? '' : `\`${spec.fallback}\``
    const names = scalars ? ` \`${variableOf(path)}\` | \`${flagOf(path)}\` |` : ''
    return `| \`${path}\` |${names} ${fallback} | ${spec.help.replaceAll('|', '\\|')} Takes ${spec.type.expects.replaceAll('|', '\\|')}. |`
  }
  return [
    '| key | variable | flag | default | what it is |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(KEYS).map(([path, spec]) => row(path, spec, true)),
    '| `services` | `CHEOPS_SERVICES` | `--services` | none | The services of this site; see below. Takes a list; in variables and flags YAML, or name=URL. |',
    '',
    'Keys of one service:',
    '',
    '| key | default | what it is |',
    '| --- | --- | --- |',
    ...Object.entries(SERVICE_KEYS).map(([path, spec]) => row(path, spec, false)),
  ].join('\n')
}
