/**
 * Shows that `npm start` does its job with real processes: the tour goes through, the mesh is shown as it is, keys and
 * signals do what the guide says, and whatever way it ends, no process and no file is left. How: runs the built program with
 * a temporary folder of its own as `TMPDIR`, by which everything that it started can be told; for keys under `script`, which
 * gives it a terminal. Needs `npm run build`.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../../../dist/sims/demo/main.js')
const SCRIPT = '/usr/bin/script'

let folder: string
let demo: Demo | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cheops-e2e-demo-'))
})
afterEach(async () => {
  demo?.child.kill('SIGKILL')
  for (const pid of startedHere()) process.kill(pid, 'SIGKILL')
  demo = undefined
  await rm(folder, { recursive: true, force: true })
})

/** PIDs of processes that work in the test's folder: all agents and applications do. */
function startedHere(): readonly number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)
    } catch {
      return false
    }
  })
}

/** The program, with everything that it has said so far. */
class Demo {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  output = ''
  #heard = Promise.withResolvers<void>()

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { env: { ...process.env, TMPDIR: folder, NO_COLOR: '1' }, stdio: 'pipe' })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        this.#heard.resolve()
        this.#heard = Promise.withResolvers()
      })
    }
    this.ended = new Promise(resolve => {
      this.child.once('close', code => {
        resolve(code)
        this.#heard.resolve()
      })
    })
  }

  /** Resolves when the output, from `from` on, matches; rejects when the program ends without it. */
  async says(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output.slice(from))
      if (match !== null) return match
      if (this.child.exitCode !== null) throw new Error(`it ended without saying ${String(pattern)}:\n${this.output}`)
      await this.#heard.promise
    }
  }
}

const start = (...args: string[]): Demo => (demo = new Demo(process.execPath, [MAIN, ...args]))

/** Nothing that was started runs any more, and nothing that was written is there. */
function expectNothingLeft(): void {
  expect(startedHere()).toEqual([])
  expect(readdirSync(folder)).toEqual([])
}

test('the tour goes through by itself', async () => {
  const { ended } = start('--once', '--json')
  const code = await ended
  const result = JSON.parse(demo?.output ?? '') as { ok: boolean; steps: { title: string; ok: boolean }[] }
  expect(result.steps.filter(({ ok }) => !ok)).toEqual([])
  expect(result.steps.length).toBeGreaterThan(40)
  expect(result.ok).toBe(true)
  expect(code).toBe(0)
  expectNothingLeft()
})

test('without a terminal it prints a line for each change, and SIGINT ends it', async () => {
  const running = start()
  for (const site of ['site1', 'site2', 'site3'])
    await running.says(new RegExp(`● ${site}  serving, sees .* alive, .* alive`))
  expect(startedHere()).toHaveLength(9)
  const [, pids = ''] = await running.says(/kill -9 ([\d ]+),/)
  for (const pid of pids.trim().split(' ')) process.kill(Number(pid), 'SIGKILL')
  await running.says(/○ site2 {2}down/)
  await running.says(/● site1 .*site2 (suspect|down)/)
  expect(startedHere()).toHaveLength(6)
  running.child.kill('SIGINT')
  expect(await running.ended).toBe(0)
  expectNothingLeft()
})

test.skipIf(!existsSync(SCRIPT))(
  'on a terminal keys cut a site off, where both sides write and are the same when it is joined, stop and start it, and q ends',
  async () => {
    const running = (demo = new Demo(SCRIPT, ['-qec', `${process.execPath} ${MAIN}`, '/dev/null']))
    await running.says(/● site1 {2}serving, sees site2 alive.*site3 alive/)
    await running.says(/1 2 3 stop or start a site/)
    const urls = [...running.output.matchAll(/http:\/\/127\.0\.0\.1:\d+\/inventory/g)].map(([url]) => url)
    const [first = '', second = ''] = [...new Set(urls)]
    const write = async (url: string, method: string, body: object, headers = {}): Promise<void> => {
      const type = { 'Content-Type': 'application/json' }
      const answer = await fetch(url, { method, body: JSON.stringify(body), headers: { ...type, ...headers } })
      expect(answer.status, await answer.text()).toBeLessThan(300)
    }
    await write(
      `${first}/items`,
      'POST',
      { id: 'nut', count: 3 },
      { 'Cheops-Scope': 'site1 & site2', Prefer: 'wait=20' },
    )
    running.child.stdin?.write('c')
    await running.says(/● site2 {2}serving, cut off/)
    await write(`${second}/items/nut`, 'PUT', { count: 9 })
    await write(`${first}/items/nut`, 'PUT', { count: 5 })
    await running.says(/nut count 5[^]*nut count 9/)
    const cutOff = running.output.length
    running.child.stdin?.write('c')
    await running.says(/nut count 5 {3}1 in conflict[^]*nut count 5 {3}1 in conflict/, cutOff)
    const joined = running.output.length
    running.child.stdin?.write('2')
    await running.says(/○ site2 {2}down/, joined)
    const stopped = running.output.length
    running.child.stdin?.write('2')
    await running.says(/● site2 {2}serving, sees site1 alive.*site3 alive/, stopped)
    await running.says(/site2: started again/, stopped)
    running.child.stdin?.write('q')
    expect(await running.ended).toBe(0)
    expectNothingLeft()
  },
)

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s while it starts leaves nothing', async signal => {
  const running = start('--once')
  await running.says(/Starting site1/)
  await expect.poll(() => startedHere().length, { timeout: 10_000 }).toBeGreaterThan(0)
  running.child.kill(signal)
  expect(await running.ended).toBe(130)
  expectNothingLeft()
})

test('options that do not fit are refused with the usage', async () => {
  const wrong = start('--json')
  expect(await wrong.ended).toBe(2)
  expect(wrong.output).toContain('--json is for --once.')
  const unknown = start('--colour')
  expect(await unknown.ended).toBe(2)
  expect(unknown.output).toContain('npm start -- --once')
})
