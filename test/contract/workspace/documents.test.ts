/**
 * Shows that what the documents say of the workspace is so: the import table, the dependencies, the folders, the links, and each problem code that they name.
 */
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { IMPORT_TABLE } from '../../../.oxlint.config.ts'
import { ERRORS } from '../../../src/errors.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const read = (file: string): Promise<string> => readFile(path.join(ROOT, file), 'utf8')

/** Rows of the table whose head begins with these words: cells, trimmed. */
const tableAfter = (text: string, head: string): string[][] => {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith(`| ${head}`))
  if (start < 0) throw new Error(`no table begins with "| ${head}"`)
  const rows: string[][] = []
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break
    rows.push(
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map(cell => cell.trim()),
    )
  }
  return rows
}

const quoted = (cell: string | undefined): string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(match => match[1] ?? '')

test('src/README.md has the import table that the linter enforces', async () => {
  const rows = tableAfter(await read('src/README.md'), 'files in')
  const written = rows.map(([room, imports, packages]) => ({
    room: quoted(room)[0],
    imports: quoted(imports),
    packages: quoted(packages),
  }))
  expect(written).toEqual(IMPORT_TABLE)
})

describe('README.md', () => {
  test('gives a reason for each dependency, and for no other', async () => {
    const manifest = JSON.parse(await read('package.json'))
    const rows = tableAfter(await read('README.md'), 'package | for')
    const names = rows.flatMap(([name]) => quoted(name))
    expect(names.toSorted()).toEqual(
      Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).toSorted(),
    )
    expect(rows.filter(([, reason]) => reason === '')).toEqual([])
  })

  test('names each tool that builds and tests', async () => {
    const manifest = JSON.parse(await read('package.json'))
    const sentence = /^To build and test:.*?\n\n/ms.exec(await read('README.md'))?.[0]
    expect(quoted(sentence).toSorted()).toEqual(Object.keys(manifest.devDependencies).toSorted())
  })

  test('names scripts that exist', async () => {
    const { scripts } = JSON.parse(await read('package.json'))
    for (const file of ['README.md', 'test/README.md']) {
      const named = [...(await read(file)).matchAll(/npm (?:run )?(start|test|[a-z]+(?::[a-z]+)*)\b/g)].map(
        match => match[1] ?? '',
      )
      expect(
        named.filter(name => !['ci', 'and', 'run'].includes(name) && !(name in scripts)),
        file,
      ).toEqual([])
    }
  })
})

test('links in documents lead somewhere, and problem codes in them exist', async () => {
  const wrong: string[] = []
  for await (const file of glob('{*.md,{src,protocols,sims,test}/**/*.md}', { cwd: ROOT })) {
    const text = await read(file)
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (!/^[a-z]+:/.test(target) && !existsSync(path.join(ROOT, path.dirname(file), target)))
        wrong.push(`${file}: ${target}`)
    }
    for (const [code] of text.matchAll(/\bERR_[A-Z]+_[A-Z_]*[A-Z]\b/g)) {
      if (!(code in ERRORS)) wrong.push(`${file}: ${code}`)
    }
  }
  expect(wrong).toEqual([])
})
