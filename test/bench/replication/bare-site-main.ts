import { Agent, createServer, request } from 'node:http'
import { connect, createServer as listen } from 'node:net'
import type { Socket } from 'node:net'
import { Level } from 'level'

// The least that a site can do for a replicated write: node:http in, a synced write of its bytes to LevelDB, node:http to its application,
// the answer; then to each other site over TCP, what comes within 25 ms together, which does the same and says so. Nothing is signed, encrypted,
// ordered, compared, resumed or refused. `node bare-site-main.ts FOLDER APPLICATION-PORT SITE-PORT CLIENT-PORT OTHER-SITE-PORT…`

const [folder = '', applicationPort = '', sitePort = '', clientPort = '', ...others] = process.argv.slice(2)
const GATHER_MS = 25
const AGAIN_MS = 50

const level = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
await level.open()
const agent = new Agent({ keepAlive: true })

/** Writes that wait for the disk: what comes while one is written goes with the next. */
let waiting: { readonly key: string; readonly value: Uint8Array; readonly done: () => void }[] = []
let isWriting = false
function store(key: string, value: Uint8Array): Promise<void> {
  return new Promise(done => {
    waiting.push({ key, value, done })
    if (!isWriting) write().catch(fail)
  })
}
async function write(): Promise<void> {
  isWriting = true
  while (waiting.length > 0) {
    const batch = waiting
    waiting = []
    await level.batch(
      batch.map(({ key, value }) => ({ type: 'put', key, value })),
      { sync: true },
    )
    for (const { done } of batch) done()
  }
  isWriting = false
}

function toApplication(path: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const put = request({ agent, host: '127.0.0.1', port: applicationPort, method: 'PUT', path, headers }, answer => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 502))
    })
    put.once('error', reject)
    put.end(body)
  })
}

/** Frames to one other site: length, then a line with path and body; an empty one counts what was done. */
class Peer {
  readonly #socket: Socket
  #frames: Buffer[] = []
  #isGathering = false
  constructor(socket: Socket) {
    this.#socket = socket
  }
  tell(text: Buffer): void {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(text.length)
    this.#frames.push(length, text)
    if (this.#isGathering) return
    this.#isGathering = true
    setTimeout(() => {
      this.#isGathering = false
      this.#socket.write(Buffer.concat(this.#frames))
      this.#frames = []
    }, GATHER_MS)
  }
}

const peers: Peer[] = []
let number = 0

async function carryOut(
  path: string,
  body: Buffer,
  text: Buffer,
  then: (status: number) => Promise<void> | void,
): Promise<void> {
  await store(`${path} ${String(++number)}`, text)
  await then(await toApplication(path, body))
}

/** What it says is in the log of the benchmark. */
function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}

const sites = listen({ noDelay: true }, socket => {
  const back = new Peer(socket)
  let rest = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const length = rest.readUInt32BE()
      const text = rest.subarray(4, 4 + length)
      rest = rest.subarray(4 + length)
      const place = text.indexOf(10)
      const path = text.toString('latin1', 0, place)
      const body = Buffer.from(text.subarray(place + 1))
      carryOut(path, body, text, () => back.tell(Buffer.alloc(0))).catch(fail)
    }
  })
})

const clients = createServer((incoming, outgoing) => {
  const parts: Buffer[] = []
  incoming.on('data', (part: Buffer) => parts.push(part))
  incoming.on('end', () => {
    // `/<service>/items/<name>`
    const path = (incoming.url ?? '').replace(/^\/[^/]*/, '')
    const body = Buffer.concat(parts)
    const text = Buffer.concat([Buffer.from(`${path}\n`), body])
    const answered = async (status: number): Promise<void> => {
      await store(`${path} done`, new Uint8Array(1))
      for (const peer of peers) peer.tell(text)
      // As soon as it has all others, it is ready.
      outgoing.writeHead(peers.length < others.length ? 503 : status, { 'content-length': 0 }).end()
    }
    carryOut(path, body, text, answered).catch(fail)
  })
})

// Sites that have no load yet keep their clients: Node ends what says nothing for some seconds.
clients.keepAliveTimeout = 600_000
sites.listen(Number(sitePort), '127.0.0.1')
clients.listen(Number(clientPort), '127.0.0.1')

for (const port of others) reach(Number(port))
/** Others start at the same time. */
function reach(port: number): void {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.once('connect', () => peers.push(new Peer(socket)))
  socket.once('error', () => setTimeout(() => reach(port), AGAIN_MS))
  // What was done there is only counted.
  socket.resume()
}
