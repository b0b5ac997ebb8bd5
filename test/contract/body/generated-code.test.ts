/** The generated code of the wire messages is what protons makes of message.proto now (`npm run pb`). */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../support/peers.ts'

const FOLDER = join(import.meta.dirname, '../../../protocols/body')
const PROTONS = join(import.meta.dirname, '../../../node_modules/.bin/protons')

test('message.proto and pb/message.ts agree', async () => {
  await using folder = await temporaryFolder()
  const run = promisify(execFile)
  await run(process.execPath, [PROTONS, '--strict', '-o', folder.path, join(FOLDER, 'message.proto')])
  const fresh = await readFile(join(folder.path, 'message.ts'), 'utf8')
  expect(await readFile(join(FOLDER, 'pb/message.ts'), 'utf8')).toBe(fresh)
})
