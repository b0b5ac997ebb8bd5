/**
 * A fault that nobody caught, in a process that runs an agent: it is told in full, the agent stops in order (its ready file
 * goes), and the exit code says so to whoever watches over it. How: the built program with a throw planted behind its start.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'

const program = path.resolve(import.meta.dirname, '../../../dist/src/cli/main.js')
let folder: string | undefined
afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

test('an agent with a fault tells it, stops in order and exits with 1', async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-fault-'))
  const config = path.join(folder, 'cheops.yaml')
  const any = '"127.0.0.1:0"'
  await writeFile(config, `mesh: m\nsite: a\nlisten: [${any}]\ningress: {listen: ${any}}\nadmin: {listen: ${any}}\n`)
  const ready = path.join(folder, 'ready.json')
  const planted = `
    import { watch } from 'node:fs'
    import { runProcess } from ${JSON.stringify(program)}
    watch(${JSON.stringify(folder)}, (_event, name) => {
      if (name === 'ready.json') setTimeout(() => { throw new Error('planted') }, 50)
    })
    await runProcess()`
  // What stands behind -e is no argument: the command line begins at its second place, as behind a file.
  const args = ['--input-type=module', '-e', planted, 'cheops', 'up', '--config', config, '--ready-file', ready]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect(errors).toMatch(/^fault of cheops, please report it: Error: planted\n {4}at /m)
  expect(code).toBe(1)
  await expect(access(ready)).rejects.toThrow(/ENOENT/)
})
