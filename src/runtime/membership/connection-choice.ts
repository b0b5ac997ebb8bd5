import type { PeerConnection } from '../../ports/peer-network.ts'

/** A connection and when it was opened, by the monotonic clock of this agent, milliseconds. */
export interface OpenedConnection {
  readonly connection: PeerConnection
  readonly openedAt: number
}

/**
 * Two peers that dial each other at once get two connections within a round trip or two; one that is newer by more than
 * this was opened because the older one did not work any more.
 */
export const SAME_TIME_MS = 10_000

/**
 * The connection that both ends use when there are several: a direct one rather than a relayed one; one that was opened
 * later; of those that were opened at once, the one that the smaller peer ID dialled.
 */
export function chooseConnection(self: string, connections: readonly OpenedConnection[]): OpenedConnection | undefined {
  let best: OpenedConnection | undefined
  for (const candidate of connections) {
    if (best === undefined || isBetter(self, candidate, best)) best = candidate
  }
  return best
}

function isBetter(self: string, a: OpenedConnection, b: OpenedConnection): boolean {
  if (a.connection.relayed !== b.connection.relayed) return b.connection.relayed
  const newerByMs = a.openedAt - b.openedAt
  if (Math.abs(newerByMs) > SAME_TIME_MS) return newerByMs > 0
  const dialerA = dialer(self, a.connection)
  const dialerB = dialer(self, b.connection)
  return dialerA === dialerB ? newerByMs > 0 : dialerA < dialerB
}

function dialer(self: string, connection: PeerConnection): string {
  return connection.direction === 'outbound' ? self : connection.peerId
}
