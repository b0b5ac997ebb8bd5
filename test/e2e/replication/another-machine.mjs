// Loaded into an agent's process before its own code (NODE_OPTIONS): lets it live on a machine of its own, as far as one machine can play
// several. Its connections to loopback come from CHEOPS_TEST_SOURCE, so that what stands between two agents can tell who calls; its clock
// is CHEOPS_TEST_AHEAD_MS ahead.
import net from 'node:net'

const source = process.env.CHEOPS_TEST_SOURCE
const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (...given) {
  // `net.connect` hands on a list with the options in front.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0]
  if (source !== undefined && options?.host?.startsWith('127.') && !options.path) options.localAddress ??= source
  return connect.apply(this, given)
}

const aheadMs = Number(process.env.CHEOPS_TEST_AHEAD_MS ?? 0)
const { now } = Date
Date.now = () => now() + aheadMs
