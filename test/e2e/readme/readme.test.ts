/**
 * Shows that the commands of README.md do what stands below them. Blocks marked `sh demo` are pasted into a shell beside the mesh of
 * `npm start`, with the ports that it found; blocks marked `sh run` are typed in a temporary folder, where `npx cheops` is this build.
 * A block that follows at once is what must come, `…` being anything. Needs `npm run build`, and curl for the former.
 */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../../..')
/** Ports of the agents in README.md, as `npm start` takes them when they are free. */
const WRITTEN_PORTS = ['8071', '8072', '8073']

type Block = { readonly mark: string; readonly command: string; readonly expected: string | undefined }

const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(/^```sh (demo|run)\n(.*?)^```\n(?:\n```(?:json|text)\n(.*?)^```)?/gms)].map(
    ([, mark = '', command = '', expected]) => ({ mark, command, expected }),
  )

const blocks = blocksOf(await readFile(path.join(ROOT, 'README.md'), 'utf8'))
const run = promisify(execFile)

/** Types a block into a shell that stops at the first command that fails. */
const type = async (command: string, cwd: string): Promise<string> => {
  const env = {
    ...process.env,
    PATH: `${cwd}/bin:${path.dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    NO_COLOR: '1',
  }
  const { stdout } = await run('sh', ['-euc', command], { cwd, env })
  return stdout
}

const pattern = (expected = '…'): RegExp => {
  const parts = expected.trim().split('…')
  return new RegExp(`^${parts.map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[^]*')}$`)
}

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-readme-'))
  await run('mkdir', [`${folder}/bin`])
  const npx = `#!/bin/sh\n[ "$1" = cheops ] || exit 127\nshift\nexec "${process.execPath}" "${ROOT}/dist/bin/cheops.js" "$@"\n`
  await writeFile(`${folder}/bin/npx`, npx)
  await chmod(`${folder}/bin/npx`, 0o755)
  // Whose files they are makes no difference here.
  await writeFile(`${folder}/bin/sudo`, '#!/bin/sh\nexec "$@"\n')
  await chmod(`${folder}/bin/sudo`, 0o755)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test('README.md has blocks of both kinds', () => {
  expect(new Set(blocks.map(({ mark }) => mark))).toEqual(new Set(['demo', 'run']))
})

describe('typed in a folder', () => {
  test.each(blocks.filter(({ mark }) => mark === 'run'))('$command', async ({ command, expected }) => {
    expect((await type(command, folder)).trim()).toMatch(pattern(expected))
  })

  test('`init` leaves what the next commands name', async () => {
    expect(await readdir(`${folder}/paris`)).toEqual(
      expect.arrayContaining(['cheops.yaml', 'cheops.service', 'mesh.key']),
    )
    expect(await readFile(`${folder}/rennes/mesh.key`)).toEqual(await readFile(`${folder}/paris/mesh.key`))
  })
})

test('`npx cheops` is found in the folder of the project', async () => {
  const npm = await run('npx', ['--no', 'cheops', 'version', '--client'], { cwd: ROOT })
  expect(npm.stdout).toMatch(/^client +\d+\.\d+\.\d+/)
})

const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

describe.skipIf(!hasCurl)('pasted beside `npm start`', () => {
  let demo: ChildProcess
  let ports: readonly string[]

  beforeAll(async () => {
    demo = spawn(process.execPath, [path.join(ROOT, 'dist/sims/demo/main.js')], {
      env: { ...process.env, TMPDIR: folder, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    ports = await meshIsThere(demo)
  })

  afterAll(async () => {
    if (demo.exitCode !== null) return
    demo.kill('SIGINT')
    await once(demo, 'exit')
  })

  test.each(blocks.filter(({ mark }) => mark === 'demo'))('$command', async ({ command, expected }) => {
    const here = WRITTEN_PORTS.reduce((text, port, index) => text.replaceAll(`:${port}`, `:${ports[index]}`), command)
    expect((await type(here, folder)).trim()).toMatch(pattern(expected))
  })
})

/** Ports of the three agents, once site1 has said that it sees the other two. */
const meshIsThere = async (demo: ChildProcess): Promise<readonly string[]> => {
  if (demo.stdout === null) throw new Error('the output of the demonstration is not piped')
  let ports: readonly string[] = []
  const heard: string[] = []
  for await (const line of createInterface({ input: demo.stdout })) {
    heard.push(line)
    const found = [...line.matchAll(/agent :(\d+)/g)].map(([, port = '']) => port)
    if (found.length === 3) ports = found
    if (/site1 .*site2 alive, site3 alive/.test(line)) {
      // It goes on talking, and nobody listens.
      demo.stdout.resume()
      return ports
    }
  }
  throw new Error(`the demonstration ended:\n${heard.join('\n')}`)
}
