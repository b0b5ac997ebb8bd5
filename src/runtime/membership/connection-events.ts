import type { NetworkEvent, PeerConnection } from '../../ports/peer-network.ts'
import type { LinkChecker } from './link-checker.ts'
import type { Link } from './links.ts'
import type { MeshContext } from './options.ts'
import type { Redialer } from './redialer.ts'

export interface ConnectionEventsParts {
  readonly redialer: Redialer
  readonly checker: LinkChecker
  readonly greet: (link: Link) => Promise<unknown>
  /** This agent has other addresses. */
  readonly onAddresses: () => Promise<void>
  /** A site is connected that was not. */
  readonly onSite: () => void
}

/** What follows when connections come, are known, and go. */
export class ConnectionEvents {
  readonly #mesh: MeshContext
  readonly #parts: ConnectionEventsParts

  constructor(mesh: MeshContext, parts: ConnectionEventsParts) {
    this.#mesh = mesh
    this.#parts = parts
  }

  /** Something happened in the network. */
  heard(event: NetworkEvent): void {
    const { life, view, network, options } = this.#mesh
    switch (event.kind) {
      case 'connected':
        return this.opened(event.connection)
      case 'disconnected':
        return this.#onDisconnected(event.connection)
      case 'addresses':
        return life.run(this.#parts.onAddresses)
      case 'discovered': {
        const isCut = this.#mesh.cuts.hasPeer(event.peerId)
        if (isCut || event.peerId === network.peerId || view.links.of(event.peerId).length > 0) return
        const { peerId, addresses } = event
        return life.run(async () => {
          await network.dial({ peerId, addresses, timeoutMs: options.dialTimeoutMs })
        })
      }
    }
  }

  /** A connection is there. Whoever does not greet over it is a stranger. */
  opened(connection: PeerConnection): void {
    const { life, view, clock, network, times, cuts } = this.#mesh
    // It was made while the site was being cut off.
    if (cuts.hasPeer(connection.peerId)) return network.close(connection.id, { force: true })
    const link = view.links.open(connection, clock.monotonic())
    life.after(times.strangerMs, () => {
      if (!link.greeted && view.links.get(connection.id) === link) network.close(connection.id, { force: true })
    })
    if (connection.direction === 'inbound' || link.greeted) return
    life.run(async () => {
      await this.#parts.greet(link)
    })
  }

  #onDisconnected(connection: PeerConnection): void {
    const { view } = this.#mesh
    const wasGreeted = view.links.get(connection.id)?.greeted === true
    if (!view.links.closed(connection) || !wasGreeted) return
    const site = view.siteOfPeer(connection.peerId)
    if (site === undefined) return
    view.changed('disconnected', site, `the connection to ${connection.address} has ended`)
    this.#parts.redialer.wake(site)
  }

  /** The agent at its other end has shown which site it is. */
  greeted(link: Link, site: string): void {
    const { view, cuts, network } = this.#mesh
    const { connection } = link
    // A site that was not known by this key until now.
    if (cuts.of(site) !== undefined) return network.close(connection.id, { force: true })
    const others = view.links.of(connection.peerId).filter(other => other.greeted && other !== link)
    this.#parts.checker.watch(link, site)
    if (others.length > 0) {
      // The new one answers; those that did not are of no use any more.
      for (const other of others)
        if (other.failing) this.#mesh.network.close(other.connection.id, { force: true })
        else this.#parts.checker.check(other, site)
      return
    }
    view.changed('connected', site, `${connection.direction}, ${connection.relayed ? 'relayed' : 'direct'}`)
    this.#parts.onSite()
    if (view.links.peers().length === 1) this.#parts.redialer.wakeAll()
  }
}
