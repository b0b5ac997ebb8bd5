// Shows that a file that is no YAML is told as that and as nothing else: where, in words of those who write files, without keys that
// seem to be missing only since nothing could be read. How: files with one slip each.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cheops-syntax-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['mesh: a\n  site: b\nadmin: {listen: x}\n', '1:7', 'the indentation of the next line is wrong'],
  ['services:\n  - name: a\n     endpoint: b\n', '2:11', 'the indentation of the next line is wrong'],
  ['services:\n  - name: a\n   endpoint: b\n', '3:1', 'the indentation of this line does not fit those above it'],
  ['  mesh: a\nsite: b\n', '2:1', 'the indentation of this line does not fit those above it'],
  ['a:\n\tb: 1\n', '2:1', 'the indentation has a tab; use spaces'],
  ['mesh: a: b\n', '1:7', 'a value with ": " in it needs quotes'],
  ['mesh: a\nmesh: b\n', '2:1', 'Map keys must be unique'],
])('%j', (text, where, why) => {
  const file = path.join(folder, 'cheops.yaml')
  writeFileSync(file, text)
  let message = ''
  try {
    loadConfig({ file, env: {} })
  } catch (error) {
    message = error instanceof Error ? error.message : ''
  }
  expect(message).toContain(`One problem in the configuration:\n  ${file}:${where}: is no valid YAML: ${why}`)
  expect(message).not.toContain('missing')
})
