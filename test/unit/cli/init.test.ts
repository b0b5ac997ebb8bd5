// Shows what `cheops init` refuses before it writes anything, and that what it writes can be used: keys of the same mesh, secrets that
// git does not see, a unit that systemd takes. How: the command in this process, in temporary folders.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { closedToOthers, systemdUnit } from '../../../src/cli/systemd.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cheops-init-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const init = (...argv: string[]) => initAs({}, ...argv)

async function initAs(env: Readonly<Record<string, string>>, ...argv: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await main(['init', ...argv], {
    stdout,
    stderr,
    stdin: new PassThrough(),
    env,
    cwd: folder,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    interrupted: new AbortController().signal,
  })
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

test.each([
  [['--site', 'and'], /on the command line:.*\n {2}--site: site /],
  [['--ingress-listen', 'nowhere'], / {2}--ingress-listen: ingress\.listen /],
  [['--service', 'inventory=ftp://x'], / {2}--service: endpoint /],
  [['--bootstrap', '10.0.0.1:4078'], /Only a site with the key of the mesh can join it.*--mesh-key FILE/],
  [['--mesh-key', 'nowhere.key'], /--mesh-key: .*nowhere\.key cannot be read/],
])('%j is refused by its flag, and nothing is written', async (argv, expected) => {
  const { code, err } = await init('here', ...argv)
  expect([code, err]).toEqual([1, expect.stringMatching(expected)])
  expect(readdirSync(folder)).toEqual([])
})

test('a second site has the key of the first; only who insists gets another', async () => {
  expect((await init('a')).code).toBe(0)
  expect((await init('b', '--bootstrap', '10.0.0.1:4078', '--mesh-key', 'a/mesh.key')).code).toBe(0)
  expect((await init('c', '--bootstrap', '10.0.0.1:4078', '--new-mesh-key')).code).toBe(0)
  const [a, b, c] = ['a', 'b', 'c'].map(site => readFileSync(path.join(folder, site, 'mesh.key'), 'utf8'))
  expect([a === b, a === c]).toEqual([true, false])
})

test('git sees nothing of what it wrote in a work tree', async () => {
  execFileSync('git', ['init', '-q'], { cwd: folder })
  expect((await init('paris', '--tls')).code).toBe(0)
  const seen = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: folder, encoding: 'utf8' })
  expect(seen).toBe('')
})

test('what to type next begins as what was typed', async () => {
  expect((await init('a')).out).toContain('\n  cheops check --config a/cheops.yaml ')
  expect((await initAs({ npm_command: 'exec' }, 'b')).out).toContain('\n  npx cheops check --config b/cheops.yaml ')
})

test('outside of a work tree there is nothing to hide from', async () => {
  await init('paris')
  expect(readdirSync(path.join(folder, 'paris'))).not.toContain('.gitignore')
})

test('the unit starts the program where it stands, not a link to it', async () => {
  mkdirSync(path.join(folder, 'project'))
  const program = path.join(folder, 'project', 'cheops.js')
  writeFileSync(program, '')
  const link = path.join(folder, 'cache')
  symlinkSync(program, link)
  const before = process.argv[1]
  process.argv[1] = link
  try {
    expect(systemdUnit('/etc/cheops', '/etc/cheops/cheops.yaml')).toContain(
      `${program} up --config /etc/cheops/cheops.yaml\n`,
    )
  } finally {
    process.argv[1] = before ?? ''
  }
})

test('a folder that the user of the unit may not enter is told', async () => {
  chmodSync(folder, 0o755)
  const file = path.join(folder, 'file')
  writeFileSync(file, '', { mode: 0o644 })
  expect(closedToOthers(file)).toBeUndefined()
  chmodSync(file, 0o640)
  expect(closedToOthers(file)).toBe(file)
  chmodSync(folder, 0o750)
  expect(closedToOthers(file)).toBe(folder)
  const { err } = await init('paris', '--systemd')
  expect(err).toContain(`other users may not enter ${folder}, so the unit cannot start`)
})

const ANALYZE = '/usr/bin/systemd-analyze'
const hasVerify = spawnSync(ANALYZE, ['--version']).status === 0

test.skipIf(!hasVerify)('systemd takes the unit, also in a folder with a space and a percent sign', () => {
  const own = path.join(folder, 'a 100% folder')
  mkdirSync(own)
  const file = path.join(folder, 'cheops.service')
  writeFileSync(file, systemdUnit(own, path.join(own, 'cheops.yaml'), [process.execPath, '/a b/cheops.js']))
  const { stderr } = spawnSync(ANALYZE, ['verify', file], { encoding: 'utf8' })
  // It looks at all units of the machine: only ours counts.
  expect(stderr.split('\n').filter(line => line.includes('cheops.service'))).toEqual([])
})

test.each([
  ['a file stands in the way', 'file/site', 'ENOTDIR'],
  ['nothing can be made there', '/proc/no-such-site', 'ENOENT'],
  ['nor below that', '/proc/no-such-site/below', 'ENOENT'],
])('where %s it says so, and ends', async (_, name, code) => {
  writeFileSync(path.join(folder, 'file'), '')
  const { code: status, err: stderr } = await init(path.resolve(folder, name))
  expect(stderr).toContain(`cannot be made (${code})`)
  expect(status).toBe(1)
})

test('what it says to do at other sites makes a site of the same mesh with the same services', async () => {
  const first = path.join(folder, 'first')
  const { out: stdout } = await init(first, '--mesh', 'shops', '--service', 'books=http://127.0.0.1:9')
  const said = /^ {2}cheops init (NAME .*)$/m.exec(stdout)?.[1] ?? ''
  const second = path.join(folder, 'second')
  const words = said
    .replace('<its URL there>', 'http://127.0.0.1:8')
    .replace('<address of this machine>', '127.0.0.1')
    .replace('mesh.key', path.join(first, 'mesh.key'))
    .split(' ')
  const { code: status, err: stderr } = await init(second, ...words.slice(1))
  expect(status, stderr).toBe(0)
  expect(stderr).not.toContain('no --mesh was given')
  const written = readFileSync(path.join(second, 'cheops.yaml'), 'utf8')
  expect(written).toMatch(/^mesh: shops$/m)
  expect(written).toMatch(/name: books/)
})

test('a site that joins others is told of which mesh it is where nobody has said so', async () => {
  const { err: stderr } = await init('--bootstrap', '127.0.0.1:4078', '--new-mesh-key')
  expect(stderr).toContain('this site is of the mesh "demo"')
  expect((await init(path.join(folder, 'alone'))).err).not.toContain('of the mesh')
})
