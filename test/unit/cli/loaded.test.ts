/** What each command loads before it does anything: neither the agent with libp2p nor what reads definitions. How: the imports of the source, followed. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'

const SRC = path.join(import.meta.dirname, '../../../src')

/** Import statements and re-exports but those of types alone, which are gone once it is compiled; `import(…)` loads only when it is reached. */
const IMPORT = /^(?:import|export)(?! type\b)[^'"(]*?from '([^']+)'|^import '([^']+)'/gm

/** Files of the source that are loaded with one, itself included, and the packages that these name. */
async function loadedWith(entry: string): Promise<{ readonly files: Set<string>; readonly packages: Set<string> }> {
  const files = new Set([entry])
  const packages = new Set<string>()
  for (const file of files)
    for (const [, from = '', bare = from] of (await readFile(path.join(SRC, file), 'utf8')).matchAll(IMPORT))
      if (bare.startsWith('.')) files.add(path.join(path.dirname(file), bare))
      else if (!bare.startsWith('node:')) packages.add(bare)
  return { files, packages }
}

test('a command loads nothing of an agent, nor of glue', async () => {
  const { files, packages } = await loadedWith('cli/main.ts')
  expect([...packages].toSorted()).toEqual(['@multiformats/multiaddr', 'commander', 'yaml'])
  expect([...files].filter(file => /^(adapters|composition|glue|runtime)\/|^node\.ts$/.test(file))).toEqual([])
  // Else nothing was followed.
  expect(files).toContain('config/load.ts')
})

test('what holds definitions against their schema comes with the glue', async () => {
  expect((await loadedWith('glue/index.ts')).packages).toContain('ajv')
})
