/**
 * Whether a multiaddress leads back to the machine that dials it. Such an address of a site on another machine leads to
 * whoever has the same port here: nearly always to this agent itself.
 */
export function isLoopback(address: string): boolean {
  return /^\/ip4\/127\.|^\/ip6\/::1\//.test(address)
}
