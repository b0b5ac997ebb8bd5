import { MeshMembership } from '../../src/runtime/membership/mesh-membership.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/config.ts'
import { createPeerNode } from '../../src/peer-node.ts'
import { MemoryStore } from './memory-store.ts'
import { realClock, realRandom, silentLogger } from './real-time.ts'
import type { PeerConfig, PeerNode, PeerNodeDeps } from '../../src/peer-node.ts'
import type { MembershipChange } from '../../src/ports/membership.ts'

/** A temporary folder that goes away with its test. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'cheops-test-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Times at which a beat comes every 100 ms, so that a site is suspect within a second and down within two. */
export const FAST_BEAT_MS = 100

/** Peers of one test: made with short settings, stopped and cleaned up at its end. */
export class TestPeers implements AsyncDisposable {
  readonly #nodes = new Set<PeerNode>()
  readonly #folders: Awaited<ReturnType<typeof temporaryFolder>>[] = []
  readonly #disks = new Map<string, Map<string, Uint8Array>>()

  /** Starts a peer. The same `data` (by default the site's name) is the same disk. */
  async start(
    site: string,
    config: Partial<PeerConfig> = {},
    deps: Partial<PeerNodeDeps> & { disk?: string } = {},
  ): Promise<PeerNode> {
    const disk = deps.disk ?? site
    const node = await createPeerNode(
      {
        mesh: 'test',
        site,
        labels: {},
        data: await this.folder(disk),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        announce: [],
        bootstrap: [],
        meshKey: undefined,
        mdns: false,
        relay: { serve: false, use: false },
        heartbeat: { intervalMs: FAST_BEAT_MS },
        timeouts: DEFAULT_TIMEOUTS,
        limits: DEFAULT_LIMITS,
        ...config,
      },
      {
        clock: realClock,
        random: realRandom,
        logger: silentLogger,
        store: new MemoryStore(this.#values(disk)),
        version: '0.0.0-test',
        services: [],
        inMemory: true,
        ...deps,
        times: { tickMs: 25, ...deps.times },
      },
    )
    this.#nodes.add(node)
    await node.start()
    return node
  }

  async stop(node: PeerNode): Promise<void> {
    this.#nodes.delete(node)
    await node.stop()
  }

  /** Ends a peer as a kill does: without a word to the others. */
  async kill(node: PeerNode): Promise<void> {
    if (!(node.membership instanceof MeshMembership)) throw new Error('its membership cannot be ended by itself')
    node.membership.leave()
    await this.stop(node)
  }

  /** The folder behind a disk's name. */
  async folder(disk: string): Promise<string> {
    const known = this.#byName.get(disk)
    if (known !== undefined) return known
    const folder = await temporaryFolder()
    this.#folders.push(folder)
    this.#byName.set(disk, folder.path)
    return folder.path
  }
  readonly #byName = new Map<string, string>()

  #values(disk: string): Map<string, Uint8Array> {
    const values = this.#disks.get(disk) ?? new Map<string, Uint8Array>()
    this.#disks.set(disk, values)
    return values
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes].map(node => node.stop()))
    for (const folder of this.#folders) await folder[Symbol.asyncDispose]()
  }
}

/**
 * Waits until `condition` holds, looking whenever the membership of one of the nodes changes (and now and then beside it,
 * as not everything is announced).
 */
export async function until(
  nodes: readonly PeerNode[],
  condition: () => boolean,
  timeoutMs: number,
  what: string,
): Promise<void> {
  if (condition()) return
  const done = Promise.withResolvers<void>()
  const changes: MembershipChange[] = []
  const look = (change?: MembershipChange): void => {
    if (change !== undefined) changes.push(change)
    if (condition()) done.resolve()
  }
  const ends = nodes.map(node => node.membership.onChange(look))
  const regularly = setInterval(() => look(), 20)
  const timeout = setTimeout(() => {
    const story = changes.map(change => `  ${change.kind} ${change.site}: ${change.detail}`).join('\n')
    done.reject(new Error(`not within ${timeoutMs} ms: ${what}\n${story}`))
  }, timeoutMs)
  try {
    await done.promise
  } finally {
    clearInterval(regularly)
    clearTimeout(timeout)
    for (const end of ends) end()
  }
}

/** Whether each node also has a connection to all of them. */
export function allConnected(nodes: readonly PeerNode[]): boolean {
  const isConnected = (node: PeerNode, site: string): boolean =>
    (node.membership.site(site)?.connection ?? 'none') !== 'none'
  return allAlive(nodes) && nodes.every(node => nodes.every(other => isConnected(node, other.membership.self)))
}

/** Whether each node sees all of them alive. */
export function allAlive(nodes: readonly PeerNode[]): boolean {
  return nodes.every(node => nodes.every(other => node.membership.site(other.membership.self)?.liveness === 'alive'))
}
