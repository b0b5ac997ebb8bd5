/**
 * Shows that the linter enforces the import table: in a planted copy of the layout every room imports every other room, every package and
 * every way to write an import, and what is refused is compared with what the table says of the place that the import resolves to.
 * Also that each file of the repository stands in a room, and that `src/README.md` shows the same table.
 */
import { glob, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { IMPORT_TABLE } from '../../../.oxlint.config.ts'
import type { Room } from '../../../.oxlint.config.ts'
import { lintPlanted } from './planted-tree.ts'
import type { Finding } from './planted-tree.ts'

const ROOT = join(import.meta.dirname, '../../..')
const RULE = 'eslint(no-restricted-imports)'

/** Places that rooms must not reach unless the table says so, besides the rooms themselves. */
const OUTSIDE = ['src/node.ts', 'src/composition/parts.ts', 'test/support/agent.ts', 'package.json']
const FOREIGN = ['left-pad', '@stranger/library']

const isFile = (path: string): boolean => path.endsWith('.ts')
const example = (room: string): string => room.replace('*', 'example')
const fileIn = (room: string): string => (isFile(room) ? room : `${example(room)}/target.ts`)

/** A room's planted files: one in the room itself and one in each level of folders below it. */
const plantedFiles = ({ room }: Room): string[] =>
  isFile(room) ? [room] : ['', 'one/', 'one/two/'].map(below => `${example(room)}/${below}planted.ts`)

const relative = (from: string, to: string): string => {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

const inside = (path: string, folder: string): boolean =>
  isFile(folder) ? path === folder : path.startsWith(`${example(folder)}/`)

/** What the table says, asked with the place that an import really resolves to. */
const mayImport = (room: Room, path: string): boolean =>
  inside(path, room.room) || room.imports.some(allowed => inside(path, allowed))

const mayUse = (room: Room, specifier: string): boolean =>
  room.packages.some(name =>
    name.endsWith('*')
      ? specifier.startsWith(name.slice(0, -1))
      : specifier === name || specifier.startsWith(`${name}/`),
  )

const targets = [
  ...new Set([...IMPORT_TABLE.map(({ room }) => fileIn(room)), 'src/core/resource/target.ts', ...OUTSIDE]),
]
const packages = [
  ...new Set(
    IMPORT_TABLE.flatMap(room => room.packages).flatMap(name =>
      name === 'node:*'
        ? ['node:fs/promises', 'node:http']
        : [name.replace('*', 'tcp'), `${name.replace('*', 'tcp')}/deep`],
    ),
  ),
  ...FOREIGN,
]

/** What each planted file imports, a line each, and whether the table allows it. */
type Planted = { readonly file: string; readonly specifier: string; readonly line: number; readonly allowed: boolean }

const planted: Planted[] = IMPORT_TABLE.flatMap(room =>
  plantedFiles(room).flatMap(file =>
    [
      ...targets
        .filter(target => target !== file)
        .map(target => ({ specifier: relative(file, target), allowed: mayImport(room, target) })),
      ...packages.map(specifier => ({ specifier, allowed: mayUse(room, specifier) })),
    ].map((line, index) => ({ file, line: index + 1, ...line })),
  ),
)

const byFile = (lines: readonly Planted[]): Record<string, string> => {
  const contents: Record<string, string> = {}
  for (const { file, specifier } of lines) contents[file] = `${contents[file] ?? ''}import '${specifier}'\n`
  return contents
}

describe('imports between rooms', () => {
  let refused: ReadonlySet<string>

  beforeAll(async () => {
    const findings = await lintPlanted(byFile(planted))
    refused = new Set(findings.filter(({ rule }) => rule === RULE).map(({ file, line }) => `${file}:${line}`))
  })

  test.each(IMPORT_TABLE)('$room imports what its line allows, and nothing else', room => {
    const lines = planted.filter(({ file }) => plantedFiles(room).includes(file))
    const shown = (line: Planted, isRefused: boolean) =>
      `${line.file} ${isRefused ? 'must not import' : 'may import'} ${line.specifier}`
    expect(lines.map(line => shown(line, refused.has(`${line.file}:${line.line}`)))).toEqual(
      lines.map(line => shown(line, !line.allowed)),
    )
    expect(lines.some(({ allowed }) => !allowed)).toBe(true)
  })
})

describe('ways to write an import', () => {
  const forbidden = {
    'a value': `import { a } from '../adapters/http/a.ts'\nexport const b = a`,
    'a type': `import type { A } from '../adapters/http/a.ts'\nexport type B = A`,
    'a side effect': `import '../adapters/http/a.ts'`,
    'a name passed on': `export { a } from '../adapters/http/a.ts'`,
    'all names passed on': `export * from '../adapters/http/a.ts'`,
    'a dynamic import': `export const a = import('../adapters/http/a.ts')`,
    'another spelling, from here': `import './../adapters/http/a.ts'`,
    'another spelling, through an allowed room': `import '../core/../adapters/http/a.ts'`,
    'another spelling, through the root': `import '../../src/adapters/http/a.ts'`,
    'another spelling, absolute': `import '/src/adapters/http/a.ts'`,
    'a URL': `import 'file:///src/adapters/http/a.ts'`,
  }
  const names = Object.keys(forbidden)
  let findings: readonly Finding[]

  beforeAll(async () => {
    const files = Object.values(forbidden).map((content, index) => [`src/runtime/form-${index}.ts`, content])
    findings = await lintPlanted(Object.fromEntries(files))
  })

  test.each(names)('%s is refused', name => {
    const file = `src/runtime/form-${names.indexOf(name)}.ts`
    expect(findings.filter(finding => finding.file === file).map(({ rule }) => rule)).toContain(RULE)
  })

  test('the refusal says what may be imported, and where that is written', () => {
    const [finding] = findings.filter(({ rule }) => rule === RULE)
    expect(finding?.message).toContain('src/runtime may import src/core, src/ports')
    expect(finding?.message).toContain('src/README.md')
  })
})

test('a folder too deep is refused whatever it imports', async () => {
  const findings = await lintPlanted({ 'src/runtime/one/two/three/a.ts': `import './b.ts'\n` })
  expect(findings.map(({ rule }) => rule)).toContain(RULE)
})

test('every source file stands in a room, or is known to join all of them', async () => {
  const joins = [
    /^src\/(node|index|peer-node)\.ts$/,
    /^src\/composition\//,
    /^sims\/(main|options)\.ts$/,
    /^protocols\/[^/]+\/pb\//,
  ]
  const rooms = IMPORT_TABLE.map(({ room }) => new RegExp(`^${room.replace('*', '[^/]+')}${isFile(room) ? '$' : '/'}`))
  const homeless: string[] = []
  for await (const file of glob('{src,protocols,sims}/**/*.ts', { cwd: ROOT })) {
    if (![...rooms, ...joins].some(pattern => pattern.test(file))) homeless.push(file)
  }
  expect(homeless, 'add a line to the import table in .oxlint.config.ts').toEqual([])
})

test('ports are types only: nothing of them is left when types are taken away', async () => {
  const withCode: string[] = []
  for await (const file of glob('src/ports/**/*.ts', { cwd: ROOT })) {
    const statements = (await readFile(join(ROOT, file), 'utf8')).match(
      /^(export )?(default |const |let |function |class |async )/gm,
    )
    if (statements !== null) withCode.push(`${file}: ${statements.join(', ')}`)
  }
  expect(withCode).toEqual([])
})
