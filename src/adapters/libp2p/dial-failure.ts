import { DialTimeoutError } from './dial-each.ts'
import { acceptsTcp, tcpTarget } from './tcp-probe.ts'
import type { DialFailure } from '../../ports/peer-network.ts'

/** For the look whether somebody listens at all, after a dial that took too long: a round trip of 2 s, of which the first part is lost once. */
const PROBE_TIMEOUT_MS = 4_000

/** What a failed dial means for an operator. */
export async function explainDialFailure(
  error: unknown,
  addresses: readonly string[],
): Promise<{ failure: DialFailure; detail: string }> {
  const errors = flatten(error)
  const text = errors.map(one => one.message).join('; ')
  if (errors.some(one => /dial self/i.test(one.message))) return { failure: 'self', detail: 'it is this agent itself' }
  if (errors.some(one => one.name === 'NoValidAddressesError')) {
    return { failure: 'no-address', detail: 'no address is of a kind that this agent can dial' }
  }
  // A relay on one of several ways may be cut off, and the site itself not.
  const isDenied = ({ name }: Error): boolean => name === 'DialDeniedError' || name === 'ConnectionInterceptedError'
  if (errors.length > 0 && errors.every(isDenied)) {
    const detail = 'this agent does not dial it: an operator has cut it off, or the relay on the way to it'
    return { failure: 'denied', detail }
  }
  if (errors.some(one => /ENOTFOUND|EAI_AGAIN/.test(one.message))) {
    return { failure: 'unreachable', detail: 'its host name cannot be resolved' }
  }
  if (errors.some(one => one.name === 'UnexpectedPeerError' || /does not match expected/i.test(one.message))) {
    return { failure: 'wrong-peer', detail: 'another peer answers there' }
  }
  const handshake = errors.some(isHandshake)
  if (handshake) return { failure: 'handshake', detail: handshakeDetail(text) }
  if (errors.every(one => /ECONNREFUSED/.test(one.message))) {
    return { failure: 'refused', detail: 'nobody listens there' }
  }
  if (errors.some(one => /EHOSTUNREACH|ENETUNREACH|EHOSTDOWN/.test(one.message))) {
    return { failure: 'unreachable', detail: 'there is no route to it' }
  }
  const targets = addresses.map(tcpTarget).filter(target => target !== undefined)
  const accepts = await Promise.all(targets.map(target => acceptsTcp(target, PROBE_TIMEOUT_MS)))
  return accepts.includes(true)
    ? { failure: 'unfinished', detail: UNFINISHED }
    : { failure: 'timeout', detail: 'no answer in time' }
}

const UNFINISHED =
  'somebody listens there, but the handshake was not finished in time: a slow link, another mesh key, or no agent'

function isHandshake(error: Error): boolean {
  return (
    /^(EncryptionFailedError|MuxerUnavailableError|InvalidMessageError|UnexpectedEOFError|StreamResetError|WrongMeshKeyError)$/.test(
      error.name,
    ) || /ECONNRESET|EPIPE/.test(error.message)
  )
}

function handshakeDetail(text: string): string {
  return `somebody listens there, but the connection ends in the handshake: another mesh key, no agent, or one that is down behind it (${text.slice(0, 120)})`
}

function flatten(error: unknown): Error[] {
  if (error instanceof DialTimeoutError) return [error]
  if (error instanceof AggregateError) return error.errors.flatMap(flatten)
  if (!(error instanceof Error)) return [new Error(String(error))]
  return error.cause instanceof Error ? [error, ...flatten(error.cause)] : [error]
}
