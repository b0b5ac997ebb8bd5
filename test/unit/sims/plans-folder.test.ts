/** Where plans of runs that fail are kept is there before any seed runs. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makePlansFolder } from '../../../sims/options.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'cheops-sims-'))))
afterEach(() => rm(folder, { recursive: true }))

test('it is made, and may be there', async () => {
  const plans = join(folder, 'of/this/run')
  for (const _ of [1, 2]) expect(await makePlansFolder(plans)).toBeUndefined()
  expect((await stat(plans)).isDirectory()).toBe(true)
})

test('where it cannot be made that is said', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  expect(await makePlansFolder(file)).toContain(`${file} cannot be made: `)
})
