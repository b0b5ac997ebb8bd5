/**
 * With whose authority a request arrives at a real application: the agent's own account of each kind, rotated while the agent runs, and
 * that of a live client. What the agent shows is never lent to a client, and what a client shows is never the agent's.
 */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import https from 'node:https'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, expect, test } from 'vitest'
import { applicationClient, asked } from '../../support/application-client.ts'
import type { TestServiceOptions } from '../../support/application-client.ts'
import { testAuthorities } from '../../support/certificates.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'cheops-test-'))
const { authorities, remove } = await testAuthorities('servers', 'clients')
afterAll(async () => {
  await Promise.all([remove(), rm(folder, { recursive: true })])
})
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

async function listening(server: http.Server | https.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

function clientOf(options: TestServiceOptions) {
  const made = applicationClient(options)
  ends.push(made.stop)
  return made
}

test('401 with the old token; the next request has the new one', async () => {
  let token = 'one'
  const port = await listening(
    http.createServer((request, response) => {
      response.writeHead(request.headers.authorization === `Bearer ${token}` ? 200 : 401).end()
    }),
  )
  const file = path.join(folder, 'token')
  await writeFile(file, 'one\n')
  const { client } = clientOf({ endpoint: `http://127.0.0.1:${port}`, credential: { kind: 'bearer', file } })
  const status = async () => (await client.request(asked({ method: 'PUT', body: Buffer.from('{}') }))).status
  expect(await status()).toBe(200)
  token = 'two'
  expect(await status()).toBe(401)
  await writeFile(file, 'two\n')
  expect(await status()).toBe(200)
})

test('a file that is missing: nothing is sent, and no other account is used in its place', async () => {
  let requests = 0
  const port = await listening(http.createServer((_request, response) => void (requests++, response.end())))
  const file = path.join(folder, 'nowhere')
  const { client } = clientOf({ endpoint: `http://127.0.0.1:${port}`, credential: { kind: 'basic', file } })
  const headers = ['Authorization', 'Bearer of-somebody']
  await expect(client.request(asked({ method: 'DELETE', headers }))).rejects.toMatchObject({
    code: 'ERR_CREDENTIAL',
    message: `credential.basicFile of "app" (${file}) does not exist`,
  })
  expect(requests).toBe(0)
})

test('a live client: its own credentials, and nothing of the agent', async () => {
  let seen: IncomingMessage | undefined
  const port = await listening(http.createServer((request, response) => void ((seen = request), response.end())))
  const file = path.join(folder, 'headers')
  await writeFile(file, 'X-Api-Key: of-the-agent')
  const { client } = clientOf({ endpoint: `http://127.0.0.1:${port}`, credential: { kind: 'headers', file } })
  await client.request(asked({ authority: { client: ['Host', 'h', 'Authorization', 'Bearer of-the-client'] } }))
  expect(seen?.headers).toMatchObject({ host: 'h', authorization: 'Bearer of-the-client' })
  expect(seen?.headers['x-api-key']).toBeUndefined()
  await client.request(asked({ headers: ['Authorization', 'Bearer of-somebody'] }))
  expect(seen?.headers['x-api-key']).toBe('of-the-agent')
  expect(seen?.headers.authorization).toBeUndefined()
})

test('a client certificate: shown by the agent alone, on connections of its own, and rotated', async () => {
  const server = await authorities.servers.issue('server', ['127.0.0.1'])
  const [first, second] = [await authorities.clients.issue('agent-1'), await authorities.clients.issue('agent-2')]
  const answer: RequestListener = (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate()
    response.end((subject as { CN?: string } | undefined)?.CN ?? 'nobody')
  }
  const port = await listening(
    https.createServer(
      {
        cert: readFileSync(server.cert),
        key: readFileSync(server.key),
        ca: readFileSync(authorities.clients.ca),
        requestCert: true,
        rejectUnauthorized: false,
      },
      answer,
    ),
  )
  const [cert, key] = [path.join(folder, 'agent.pem'), path.join(folder, 'agent.key')]
  const use = async (issued: { readonly cert: string; readonly key: string }) => {
    await writeFile(cert, readFileSync(issued.cert))
    await writeFile(key, readFileSync(issued.key))
  }
  await use(first)
  const { client, sharedConnections } = clientOf({
    endpoint: `https://127.0.0.1:${port}`,
    endpointTLS: { ca: authorities.servers.ca },
    credential: { kind: 'certificate', cert, key },
  })
  const ask = async (authority: 'agent' | { client: string[] }) => {
    const { body } = await client.request(asked({ authority }))
    return Buffer.from(body).toString()
  }
  expect(await ask('agent')).toBe('agent-1')
  expect(sharedConnections()).toBe(0)
  expect(await ask({ client: [] })).toBe('nobody')
  expect(await ask('agent')).toBe('agent-1')
  await use(second)
  expect(await ask('agent')).toBe('agent-2')
  expect(await ask({ client: [] })).toBe('nobody')
  await writeFile(key, readFileSync(first.key))
  await expect(client.request(asked())).rejects.toMatchObject({ code: 'ERR_CREDENTIAL' })
})

test('which Host an application is told: its own, or that of the live client, unless endpointHost says it', async () => {
  const seen: unknown[] = []
  const port = await listening(
    http.createServer(({ headers }, response) => {
      seen.push([headers.host, headers['x-forwarded-host']])
      response.end()
    }),
  )
  const endpoint = `http://127.0.0.1:${port}`
  for (const endpointHost of [undefined, 'client', 'endpoint', 'app.internal']) {
    const { client } = clientOf({ endpoint, ...(endpointHost !== undefined && { endpointHost }) })
    await client.request(asked({ method: 'GET' }))
    await client.request(asked({ method: 'GET', authority: { client: ['Host', 'said:8079'] } }))
  }
  const own = [`127.0.0.1:${port}`, undefined]
  const clients = ['said:8079', undefined]
  const forwarded = [`127.0.0.1:${port}`, 'said:8079']
  const named = ['app.internal', undefined]
  expect(seen).toEqual([own, clients, own, clients, own, forwarded, named, ['app.internal', 'said:8079']])
})
