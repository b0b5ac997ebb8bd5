/**
 * A peer of OrbitDB 4 as its documentation sets one up: libp2p (TCP, noise, yamux, gossipsub), Helia with bitswap, blocks and records in
 * level. Copied into the folder where OrbitDB is installed, and run there: its packages are none of this project's.
 *
 *   node orbitdb-peer.mjs <folder> <ready file>
 *
 * It is told what to do over HTTP, with JSON: POST /open {name} or {address, dial}, /put {seconds, from, items, bodies, inFlight}, GET /seen.
 */
import { createServer } from 'node:http'
import { renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { noise } from '@chainsafe/libp2p-noise'
import { bitswap } from '@helia/block-brokers'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createOrbitDB } from '@orbitdb/core'
import { LevelBlockstore } from 'blockstore-level'
import { LevelDatastore } from 'datastore-level'
import { createHelia } from 'helia'
import { createLibp2p } from 'libp2p'

const [folder, readyFile] = process.argv.slice(2)

const libp2p = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) },
})
const blockstore = new LevelBlockstore(path.join(folder, 'blocks'))
const datastore = new LevelDatastore(path.join(folder, 'data'))
await blockstore.open()
await datastore.open()
const ipfs = await createHelia({ libp2p, blockstore, datastore, blockBrokers: [bitswap()] })
const orbitdb = await createOrbitDB({ ipfs, directory: path.join(folder, 'orbitdb') })

/** Greatest number that the other peer's writes carried, and when it came, by the clock that all processes share. */
const seen = { updates: 0, sequence: 0, atMs: 0 }
const faults = []
let db

const nowMs = () => Number(process.hrtime.bigint()) / 1e6

async function open({ name, address, dial }) {
  if (dial !== undefined) await libp2p.dial(multiaddr(dial))
  db = await orbitdb.open(address ?? name, { type: 'keyvalue' })
  db.events.on('error', error => faults.push(String(error)))
  db.events.on('update', entry => {
    seen.updates++
    const { sequence } = JSON.parse(entry.payload.value)
    if (sequence > seen.sequence) Object.assign(seen, { sequence, atMs: nowMs() })
  })
  return { address: db.address }
}

/** Puts as fast as it goes; each is on its way to the disk and to the other when it resolves. */
async function put({ seconds, from, items, bodies, inFlight }) {
  const began = nowMs()
  let [sequence, puts] = [from, 0]
  const one = async () => {
    while (nowMs() - began < seconds * 1_000) {
      const own = ++sequence
      const body = { id: `i${own % items}`, sequence: own, text: bodies[own % bodies.length] }
      await db.put(body.id, JSON.stringify(body))
      puts++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, one))
  return { puts, sequence, beganMs: began, endedMs: nowMs() }
}

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    const given = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
    const answers = { '/open': () => open(given), '/put': () => put(given), '/seen': () => ({ ...seen, faults }) }
    response.end(JSON.stringify(await answers[request.url]()))
  } catch (error) {
    response.writeHead(500).end(String(error.stack ?? error))
  }
})
server.listen(0, '127.0.0.1', () => {
  const ready = { control: `http://127.0.0.1:${server.address().port}`, address: String(libp2p.getMultiaddrs()[0]) }
  writeFileSync(`${readyFile}.new`, JSON.stringify(ready))
  renameSync(`${readyFile}.new`, readyFile)
})
process.once('SIGTERM', () => process.exit(0))
