import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { vi } from 'vitest'
import { reservePort } from '../../support/ports.ts'

/** A server of files in real folders, below `/files`. */
export interface FileServer extends AsyncDisposable {
  readonly url: string
  /** What is on its disk, past HTTP; undefined for nothing, and for a folder. */
  file(name: string): Promise<string | undefined>
}

/** Whether nginx with its module for WebDAV is there. */
export const HAS_NGINX = spawnSync('nginx', ['-V']).stderr?.includes('http_dav_module') ?? false

/** nginx as it is, with the configuration that glue's README names. */
export async function startNginx(): Promise<FileServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cheops-nginx-'))
  const port = await reservePort()
  const config = path.join(folder, 'nginx.conf')
  await mkdir(path.join(folder, 'root', 'files'), { recursive: true })
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(each => `${each}_temp_path ${folder}/${each};`)
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${paths.join(' ')}
  server { listen 127.0.0.1:${port}; root ${folder}/root;
    location / { dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; autoindex on; autoindex_format json; } } }`,
  )
  const nginx: ChildProcess = spawn('nginx', ['-e', `${folder}/error.log`, '-c', config], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  await vi.waitFor(() => fetch(url), { timeout: 20_000, interval: 50 })
  return {
    url,
    file: name => fileAt(path.join(folder, 'root', 'files', name)),
    async [Symbol.asyncDispose]() {
      const gone = once(nginx, 'exit')
      nginx.kill()
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One of our own, which lists a folder by the whole names of what is in it. */
export async function startOwn(): Promise<FileServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cheops-folders-'))
  await mkdir(path.join(folder, 'files'))
  const server = http.createServer((request, response) => {
    serve(folder, request, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    file: name => fileAt(path.join(folder, 'files', name)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function serve(folder: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const asked = decodeURIComponent(new URL(request.url ?? '', 'http://files').pathname)
  const file = path.join(folder, asked)
  const found = await stat(file).catch(() => undefined)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const answer = (status: number, body?: string | Buffer, headers: Record<string, string> = {}) =>
    void response.writeHead(status, headers).end(body)
  if (found?.isDirectory() === true && !asked.endsWith('/'))
    return answer(request.method === 'PUT' ? 409 : 301, undefined, { Location: `${asked}/` })
  switch (request.method ?? '') {
    case 'GET':
      if (found === undefined) return answer(404)
      if (!found.isDirectory()) return answer(200, await readFile(file), { 'Content-Type': 'text/plain' })
      return answer(200, JSON.stringify(await listed(folder, asked)), { 'Content-Type': 'application/json' })
    case 'PUT':
      if (asked.endsWith('/')) return answer(409)
      try {
        await mkdir(path.dirname(file), { recursive: true })
      } catch {
        // A file stands where a folder would have to be.
        return answer(409)
      }
      await writeFile(file, Buffer.concat(chunks))
      return answer(found === undefined ? 201 : 204)
    case 'DELETE':
      if (found === undefined) return answer(404)
      await rm(file, { recursive: true })
      return answer(204)
    default:
      return answer(405)
  }
}

async function listed(folder: string, asked: string): Promise<{ id: string }[]> {
  const entries = await readdir(path.join(folder, asked), { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => ({ id: path.relative(path.join(folder, 'files'), path.join(entry.parentPath, entry.name)) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

async function fileAt(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
