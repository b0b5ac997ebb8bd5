// Shows that commands can be used with an agent of another version: whatever field its answers do not have, the rest is shown, and standard
// error says what is not told, and by which version; what is given as JSON is what came. How: the command line in this process, before a
// real admin server whose answers lose one field, each in turn.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startAdminServer } from '../../../src/adapters/http/admin/index.ts'
import type { AdminServer } from '../../../src/adapters/http/admin/index.ts'
import { main } from '../../../src/cli/main.ts'
import { fakeControl, silent } from './fake-control.ts'
import { OPERATION } from './fake-replication.ts'

let folder: string
let server: AdminServer
let before: http.Server
/** The field that answers lose, at whichever depth. */
let lost: string | undefined
/** All fields that answers had since this was emptied. */
const seen = new Set<string>()

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-older-'))
  const listen = { host: '127.0.0.1', port: 0 }
  const tokenFile = path.join(folder, 'admin.token')
  server = await startAdminServer({ control: fakeControl(), listen, tls: undefined, tokenFile, logger: silent })
  before = http.createServer((request, response) => {
    void (async () => {
      const headers = { authorization: request.headers.authorization ?? '' }
      const answer = await fetch(`${server.url}${request.url}`, { method: request.method ?? 'GET', headers })
      const text = JSON.stringify(await answer.json(), (key, value: unknown) => {
        if (!/^\d*$/.test(key)) seen.add(key)
        return key === lost ? undefined : value
      })
      response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(text)
    })()
  })
  before.listen(0, '127.0.0.1')
  await once(before, 'listening')
})
afterAll(async () => {
  before.close()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

async function run(line: string) {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let [out, err] = ['', '']
  stdout.on('data', chunk => void (out += String(chunk)))
  stderr.on('data', chunk => void (err += String(chunk)))
  stdin.end()
  const agent = `http://127.0.0.1:${(before.address() as AddressInfo).port}`
  const io = { stdout, stderr, stdin, env: {}, cwd: folder, stdoutIsTerminal: false, stderrIsTerminal: false }
  const words = [...line.split(' '), '--agent', agent, '--token-file', path.join(folder, 'admin.token')]
  const code = await main(words, { ...io, interrupted: new AbortController().signal })
  return { code, out, err }
}

/** What a thing is called: no version leaves that out. */
const NAMES: ReadonlySet<string> = new Set([
  'name',
  'service',
  'kind',
  'site',
  'operation',
  'replicant',
  'peerId',
  'items',
])

test.each([
  'status',
  'check',
  'site ls',
  'site show site2',
  'peer ls',
  'service ls',
  'dht get site2',
  'dht find site2',
  'replicant ls',
  'replicant show inventory/items/purple',
  'replicant history inventory/items/purple',
  `operation show ${OPERATION}`,
  'conflict ls',
  'version',
])(
  'cheops %s shows the rest, whatever is missing',
  async line => {
    seen.clear()
    lost = undefined
    const whole = await run(line)
    expect([whole.code, whole.err]).toEqual([0, ''])
    const fields = [...seen].filter(field => !NAMES.has(field))
    expect(fields.length).toBeGreaterThan(0)
    for (const field of fields) {
      lost = field
      const { code, out, err } = await run(line)
      expect([code, err.replace(/^note: .*\n$/, '')], `without ${field}`).toEqual([0, ''])
      expect(out, `without ${field}`).not.toMatch(/undefined|NaN|\[object/)
    }
  },
  60_000,
)

test('it says what is not told, by which version, and gives JSON as it came', async () => {
  lost = 'failing'
  const { out, err } = await run('replicant ls')
  expect(out).toContain('inventory/items/purple')
  expect(err).toMatch(
    /^note: the agent at http\S+, of version 0\.1\.0, does not tell: (items|replication)\.failing\. This command, of version \S+, shows none\.\n$/,
  )
  const json = await run('replicant ls -o json')
  expect(json.out).toContain('"members"')
  expect(json.out).not.toContain('failing')
})
