import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

export interface StoredFile {
  /** SHA-256 in hexadecimal. */
  readonly hash: string
  readonly bytes: number
  readonly type: string | undefined
}

/** An application of which a resource is a file of any size: PUT, GET and DELETE of `/files/{id}`. Nothing is held in memory. */
export class FilesApplication implements AsyncDisposable {
  readonly url: string
  readonly files = new Map<string, StoredFile>()
  /** PUTs that came, whole or not. */
  puts = 0
  readonly #folder: string
  readonly #server: http.Server

  private constructor(folder: string, server: http.Server) {
    this.#folder = folder
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<FilesApplication> {
    const folder = await mkdtemp(path.join(tmpdir(), 'cheops-files-'))
    const server = http.createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const application = new FilesApplication(folder, server)
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      application.#serve(request, response).catch(() => response.destroy())
    })
    return application
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const id = /^\/files\/([^/?]+)$/.exec(request.url ?? '')?.[1]
    if (id === undefined) return void response.writeHead(404).end()
    const file = path.join(this.#folder, encodeURIComponent(id))
    const stored = this.files.get(id)
    if (request.method === 'PUT') {
      const part = `${file}.${this.puts++}`
      const sum = createHash('sha256')
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        sum.update(chunk)
      })
      await pipeline(request, createWriteStream(part))
      await rm(file, { force: true })
      await pipeline(createReadStream(part), createWriteStream(file))
      await rm(part)
      this.files.set(id, { hash: sum.digest('hex'), bytes, type: request.headers['content-type'] })
      return void response.writeHead(stored === undefined ? 201 : 200).end()
    }
    if (stored === undefined) return void response.writeHead(404).end()
    if (request.method === 'DELETE') {
      this.files.delete(id)
      await rm(file, { force: true })
      return void response.writeHead(204).end()
    }
    response.writeHead(200, {
      'Content-Type': stored.type ?? 'application/octet-stream',
      'Content-Length': stored.bytes,
    })
    await pipeline(createReadStream(file), response)
  }
}
