import { chooseConnection } from './connection-choice.ts'
import type { OpenedConnection } from './connection-choice.ts'
import type { PeerConnection } from '../../ports/peer-network.ts'

/** A connection as the membership knows it. */
export interface Link extends OpenedConnection {
  /** Both sides have shown their records over it: requests may pass. */
  greeted: boolean
  /** A ping over it was not answered: it may be dead although nobody closed it. */
  failing: boolean
}

/** The connections that stand now, by peer, and which of them to use. */
export class Links {
  readonly #self: string
  readonly #byId = new Map<string, Link>()
  readonly #byPeer = new Map<string, Link[]>()

  constructor(selfPeerId: string) {
    this.#self = selfPeerId
  }

  open(connection: PeerConnection, openedAt: number): Link {
    const known = this.#byId.get(connection.id)
    if (known !== undefined) return known
    const link: Link = { connection, openedAt, greeted: false, failing: false }
    this.#byId.set(connection.id, link)
    const links = this.#byPeer.get(connection.peerId)
    if (links === undefined) this.#byPeer.set(connection.peerId, [link])
    else links.push(link)
    return link
  }

  /** @returns whether it was the peer's last connection */
  closed(connection: PeerConnection): boolean {
    if (!this.#byId.delete(connection.id)) return false
    const rest = this.of(connection.peerId).filter(link => link.connection.id !== connection.id)
    if (rest.length > 0) this.#byPeer.set(connection.peerId, rest)
    else this.#byPeer.delete(connection.peerId)
    return rest.length === 0
  }

  get(connectionId: string): Link | undefined {
    return this.#byId.get(connectionId)
  }

  of(peerId: string): readonly Link[] {
    return this.#byPeer.get(peerId) ?? []
  }

  peers(): readonly string[] {
    return [...this.#byPeer.keys()]
  }

  /** The connection to use for requests: greeted, and working as far as is known. */
  best(peerId: string): Link | undefined {
    const greeted = this.of(peerId).filter(link => link.greeted)
    const working = greeted.filter(link => !link.failing)
    return chooseConnection(this.#self, working.length > 0 ? working : greeted) as Link | undefined
  }
}
