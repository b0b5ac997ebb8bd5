// Shows where commands look for agents of this machine, and that `--agent` takes the name of a site there. How: ready files as `up`
// leaves them, with the process of this test, and admin APIs that tell which token they got.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localAgents } from '../../../src/cli/agent/local.ts'
import { connectAgent } from '../../../src/cli/agent/resolve.ts'
import { Options } from '../../../src/cli/command.ts'
import type { Io } from '../../../src/cli/io.ts'

let folder: string
const servers: Server[] = []
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cheops-local-'))
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const io = (cwd: string): Io => ({
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  stdin: new PassThrough(),
  env: { HOME: folder },
  cwd,
  stdoutIsTerminal: false,
  stderrIsTerminal: false,
  interrupted: new AbortController().signal,
})

/** A ready file in `data`, and an admin API that answers with the authorization that it got. */
async function agent(site: string, data: string, pid = process.pid): Promise<void> {
  const server = createServer((request, response) => {
    response.end(JSON.stringify([site, request.headers.authorization]))
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  mkdirSync(data, { recursive: true })
  const adminTokenFile = path.join(data, 'admin.token')
  writeFileSync(adminTokenFile, `token-of-${site}\n`)
  writeFileSync(
    path.join(data, 'ready.json'),
    JSON.stringify({ site, pid, admin: `http://127.0.0.1:${String(port)}`, adminTokenFile }),
  )
}

test('an agent is found from its own folder, and from the folder in which `init paris` was typed, with its token', async () => {
  await agent('paris', path.join(folder, 'paris/data/paris'))
  for (const cwd of [folder, path.join(folder, 'paris')]) {
    const client = await connectAgent({ io: io(cwd), args: [], options: new Options({}) })
    expect(await client.sites()).toEqual(['paris', 'Bearer token-of-paris'])
  }
})

test('with several the command asks which, and takes the name of the site', async () => {
  await agent('paris', path.join(folder, 'paris/data/paris'))
  await agent('rennes', path.join(folder, 'rennes/data/rennes'))
  const connect = (options: Record<string, unknown>) =>
    connectAgent({ io: io(folder), args: [], options: new Options(options) })
  await expect(connect({})).rejects.toThrow(
    'Several agents run here (paris, rennes): say which with --agent NAME, or once',
  )
  await expect(connect({ agent: 'rennse' })).rejects.toThrow('did you mean "rennes"?')
  expect(await (await connect({ agent: 'rennes' })).sites()).toEqual(['rennes', 'Bearer token-of-rennes'])
})

test('who has ended, who hides and what lies deeper is not looked for', async () => {
  // No process has this number: it is above what Linux gives.
  await agent('gone', path.join(folder, 'gone/data/gone'), 2 ** 30)
  await agent('hidden', path.join(folder, '.hidden/data/hidden'))
  await agent('deep', path.join(folder, 'a/b/data/deep'))
  expect((await localAgents(io(folder))).map(each => each.site)).toEqual([])
})
