import { syncCodec } from '../../../protocols/sync/codec.ts'
import { loadRecords } from '../../../src/runtime/replication/store/replica-records.ts'
import { ReplicantListing } from '../../../src/runtime/replication/operator/replicant-listing.ts'
import { prefixOf } from '../../../src/runtime/replication/store/replica-keys.ts'
import { decodeAnswer, encodeAnswer } from '../../../protocols/state/codec.ts'
import { ASK_TIMEOUT_MS } from '../../../protocols/state/limits.ts'
import { Replicator } from '../../../src/runtime/replication/replicator.ts'
import { MemoryStore } from '../memory-store.ts'
import { operate } from './real-operator.ts'
import { SERVICE } from './sim-glue.ts'
import { cheapHash } from '../cheap-hash.ts'
import type { Replicant, ReplicantName } from '../../../src/core/oplog/index.ts'
import type { ReplicationOptions } from '../../../src/runtime/replication/context.ts'
import type { Agent, AgentPorts, ClientAnswer, ClientRequest } from './agent.ts'
import type { DiskCopy } from './disk.ts'
import type { WorldParts } from './replication-world.ts'

/** The real codec, and the real replicator on the ports of the simulation. */
export const REAL_PARTS: WorldParts = { codec: syncCodec, startAgent: startReplicator, readReplicant }

async function startReplicator(ports: AgentPorts): Promise<Agent> {
  const { glue, reach } = ports
  const options: ReplicationOptions = {
    ...ports,
    glueOf: service => (service === SERVICE ? glue : undefined),
    hash: fingerprint,
    fetchState: async (other, name) => {
      const asked = (await reach(other))?.stateFor(name, ports.site)
      const late = new Promise<undefined>(resolve => void ports.clock.after(ASK_TIMEOUT_MS, () => resolve(undefined)))
      // An agent that ends meanwhile never answers.
      const state = await Promise.race([asked, late])
      // As it comes over the wire.
      return state && decodeAnswer(encodeAnswer(state))
    },
    mayRun: ({ dot }) => ports.isOpenTo(dot.site),
    onEvent: event => ports.onEvent(event),
  }
  const replicator = new Replicator(options)
  await replicator.start()
  const listing = new ReplicantListing(ports.store, replicator, ports.clock)
  return {
    connect: other => replicator.connected(other),
    disconnect: other => replicator.disconnected(other),
    forget: other => replicator.forgotten(other),
    write: async request => write(replicator, ports, request),
    changeMembers: async (name, added, removed) => ({
      status: 200,
      dot: await replicator.changeMembers(name, added, removed),
    }),
    operate: deed => operate(replicator, listing, ports.site, deed),
    stateFor: async (name, to) => replicator.stateFor(name, to),
    pieceFor: (other, piece) => replicator.pieceFor(other, piece),
    show: async (name, disk) => {
      const status = await replicator.status(name)
      const replicant = await readReplicant(name, disk)
      const state = status?.state
      const isWell = state === undefined || state === 'agrees' || state === 'busy'
      const admits = isWell ? undefined : state
      return { replicant: replicant.lives.length === 0 ? undefined : replicant, admits, reason: status?.reason }
    },
  }
}

async function readReplicant(name: ReplicantName, disk: DiskCopy): Promise<Replicant> {
  const store = new MemoryStore(new Map(disk))
  const { core } = await loadRecords({ store, codec: syncCodec, hash: fingerprint, site: '' }, name, prefixOf(name))
  return core.replicant
}

async function write(replicator: Replicator, { glue }: AgentPorts, request: ClientRequest): Promise<ClientAnswer> {
  const { method, path, rawHeaders, body = new Uint8Array(), members, key } = request
  const head = { method, target: path, rawHeaders }
  const description = glue.describe(head, path, glue.parseBody(rawHeaders, body))
  if (description.is !== 'operation') throw new Error(`${method} ${path} is ${description.is}`)
  const { outcome, answer, operation } = await replicator.accept({
    service: SERVICE,
    description,
    head,
    path,
    body,
    members,
    ...(key !== undefined && { idempotency: { principal: '', key } }),
  })
  // A write whose outcome is uncertain was not acknowledged.
  if (outcome !== 'applied') return { status: answer?.status ?? 502, dot: undefined }
  return { status: answer?.status ?? 200, dot: operation }
}

/** As long as a real one. */
function fingerprint(bytes: Uint8Array): string {
  return `${bytes.length.toString(16).padStart(8, '0')}${cheapHash(bytes)}`.padStart(64, '0')
}
