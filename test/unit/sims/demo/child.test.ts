/**
 * Shows that a process of the demonstration is known to serve before anyone is told, that one which does not start says
 * why, and that none is left behind: neither what a killed one started, nor one whose start is given up. How: small
 * programs written for the purpose.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Child, type ChildOptions } from '../../../../sims/demo/child.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cheops-child-'))
})
afterAll(() => rm(folder, { recursive: true }))

const READY = `import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[2], '{"url":"here"}');`
const WAIT = 'setInterval(() => {}, 1000);'

const program = async (name: string, source: string): Promise<ChildOptions> => {
  const file = join(folder, `${name}.mjs`)
  await writeFile(file, source)
  const readyFile = join(folder, `${name}.ready`)
  return { name, args: [file, readyFile], cwd: folder, logFile: join(folder, `${name}.log`), readyFile }
}
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const never = new AbortController().signal

test('serves, and ends when it is asked', async () => {
  const child = await Child.start(await program('good', READY + WAIT), never)
  expect(child.ready).toEqual({ url: 'here' })
  expect(alive(child.pid)).toBe(true)
  await child.stop()
  expect(child.running).toBe(false)
  expect(alive(child.pid)).toBe(false)
  await child.stop()
})

test('is killed at once, with what it started', async () => {
  const inner = `import { spawn } from 'node:child_process'; console.log(spawn(process.execPath, ['-e', '${WAIT}']).pid);`
  const options = await program('parent', inner + READY + WAIT)
  const child = await Child.start(options, never)
  const grandchild = Number(await readFile(options.logFile, 'utf8'))
  expect(alive(grandchild)).toBe(true)
  await child.kill()
  // It stays a zombie until the machine's first process takes note of it.
  await expect.poll(() => alive(grandchild), { timeout: 10_000 }).toBe(false)
})

test('says why it did not start', async () => {
  const options = await program('bad', `console.error('port is taken'); process.exit(3)`)
  await expect(Child.start(options, never)).rejects.toThrow(
    /bad did not start: it ended with exit code 3\.\nport is taken/,
  )
})

test('a ready file from before does not count', async () => {
  const options = await program('stale', 'process.exit(1)')
  await writeFile(options.readyFile, '{"url":"old"}')
  await expect(Child.start(options, never)).rejects.toThrow('stale did not start')
})

test('is killed when its start is given up', async () => {
  const options = await program('slow', `console.log(process.pid); ${WAIT}`)
  const end = new AbortController()
  const starting = Child.start(options, end.signal)
  await expect.poll(() => readFile(options.logFile, 'utf8')).toMatch(/\d/)
  const pid = Number(await readFile(options.logFile, 'utf8'))
  end.abort()
  await expect(starting).rejects.toThrow('aborted')
  expect(alive(pid)).toBe(false)
})
