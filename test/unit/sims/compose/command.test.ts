/**
 * Shows that commands of the container test end: well, badly with the reason, or late and then killed. How: runs small
 * programs of this Node.
 */
import { expect, test } from 'vitest'
import { attempt, run, which, works } from '../../../../sims/compose/command.ts'

const node = (source: string): readonly string[] => [process.execPath, '-e', source]
const timeoutMs = 20_000

test('a command that succeeds gives its output', async () => {
  expect(await run(node('console.log(process.env.WORD)'), { timeoutMs, env: { WORD: 'hello' } })).toBe('hello\n')
})

test('a command that fails gives its code and what it said last', async () => {
  const failing = node('for (let n = 0; n < 50; n++) console.error("line", n); process.exitCode = 3')
  expect(await attempt(failing, { timeoutMs })).toMatchObject({ code: 3, stdout: '' })
  const error = await run(failing, { timeoutMs }).catch((thrown: unknown) => thrown)
  expect(String(error)).toContain('ended with 3:\nline 40')
  expect(String(error)).toContain('line 49')
  expect(await works(failing, { timeoutMs })).toBe(false)
})

test('a command that is late is killed', async () => {
  await expect(run(node('setInterval(() => {}, 1000)'), { timeoutMs: 200 })).rejects.toThrow('took more than 0.2 s')
})

test('a command that is given up is killed, and that is no mere failure', async () => {
  const end = new AbortController()
  const given = works(node('setInterval(() => {}, 1000)'), { timeoutMs, signal: end.signal })
  end.abort()
  await expect(given).rejects.toThrow('aborted')
})

test('a program that is not there is found by nobody', async () => {
  expect(await which('cheops-no-such-program')).toBeUndefined()
  expect(await works(['cheops-no-such-program'], { timeoutMs })).toBe(false)
  expect(await which('sh')).toMatch(/\/sh$/)
})
