/**
 * What `cheops up` says where an agent cannot listen: all ports that are taken, and not the first one alone. How: three servers on loopback hold
 * the ports, and the agent is one that ends as a real one does at the first of them.
 */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { CheopsError } from '../../../src/errors.ts'

const servers = [0, 1, 2].map(() => net.createServer())
const ports = (): string[] => servers.map(server => `127.0.0.1:${(server.address() as AddressInfo).port}`)
beforeAll(async () => {
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  for (const server of servers) server.close()
})

async function up(...listeners: string[]): Promise<{ code: number; err: string }> {
  const stderr = new PassThrough()
  const io = {
    stdout: new PassThrough(),
    stderr,
    stdin: new PassThrough(),
    env: {},
    cwd: tmpdir(),
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    interrupted: new AbortController().signal,
  }
  const argv = ['up', '--mesh', 'm', '--site', 'a', '--data', 'never-made', ...listeners]
  const first = new CheopsError('ERR_LISTEN_TAKEN', 'the first one is taken')
  const code = await main(argv, io, () => Promise.reject(first))
  return { code, err: String(stderr.read() ?? '') }
}

test('all ports that are taken are named', async () => {
  const [peers = '', ingress = '', admin = ''] = ports()
  const { code, err } = await up('--listen', peers, '--ingress-listen', ingress, '--admin-listen', admin)
  expect(code).not.toBe(0)
  expect(err.replaceAll(/\s+/g, ' ')).toContain(
    `/ip4/127.0.0.1/tcp/${peers.split(':')[1]}, where peers should listen, is taken; ${ingress}, where ingress should listen, is taken; ${admin}, where admin should listen, is taken`,
  )
})

test('of one the agent has said it', async () => {
  const any = '127.0.0.1:0'
  const { err } = await up('--listen', any, '--ingress-listen', ports()[0] ?? '', '--admin-listen', any)
  expect(err).toContain('the first one is taken')
})
