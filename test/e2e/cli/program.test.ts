/** What a command loads of the bundled program before it does anything. How: the import statements of its files, followed. */
import { readFile, readdir } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { expect, test } from 'vitest'
import { PROGRAM } from './harness.ts'

const FOLDER = path.dirname(PROGRAM)

/** Import statements; `import(…)` loads only when it is reached. */
const IMPORT = /^import (?:[^'"(]*? from )?"\.\/([^"]+)"/gm
/** The bundler says so before each module that it takes in. */
const MODULE = /^\/\/ (\S+\.[cm]?js)$/gm

/** The modules that are in a file and in those that are loaded with it. */
async function modulesOf(entry: string): Promise<string[]> {
  const modules: string[] = []
  const files = new Set([entry])
  for (const file of files) {
    const text = await readFile(path.join(FOLDER, file), 'utf8')
    for (const [, imported = ''] of text.matchAll(IMPORT)) files.add(imported)
    modules.push(...[...text.matchAll(MODULE)].map(([, module = '']) => module))
  }
  return modules
}

test('what looks at the version of Node comes before all else', async () => {
  expect(await modulesOf('cheops.js')).toEqual(['dist/src/cli/cheops.js'])
})

test('a command loads nothing of an agent, nor of glue', async () => {
  const modules = await modulesOf('main.js')
  expect(modules).toContain('dist/src/cli/main.js')
  const agents =
    /node_modules\/(libp2p|@libp2p\/(?!crypto|interface|peer-id)|level|ajv|pino)\/|dist\/src\/(composition|glue|runtime|node\.js)/
  expect(modules.filter(module => agents.test(module))).toEqual([])
  // Else nothing was found.
  expect((await modulesOf('node.js')).filter(module => agents.test(module)).length).toBeGreaterThan(100)
})

test('what stays outside is loaded from what the package depends on', async () => {
  const root = JSON.parse(await readFile(path.join(FOLDER, '../../package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  const files = (await readdir(FOLDER)).filter(file => file.endsWith('.js'))
  const texts = await Promise.all(files.map(file => readFile(path.join(FOLDER, file), 'utf8')))
  const outside = texts.flatMap(text =>
    [...text.matchAll(/^import [^'"]*?"([^".][^"]*)";$|__require\("([^".][^"]*)"\)/gm)].flatMap(
      ([, a, b]) => a ?? b ?? [],
    ),
  )
  const packages = new Set(outside.filter(name => !isBuiltin(name)))
  expect([...packages]).toEqual(['level'])
  expect(Object.keys(root.dependencies)).toEqual(expect.arrayContaining([...packages]))
})
