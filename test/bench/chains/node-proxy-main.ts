import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

// The least that a proxy in Node can be: http.request with a keep-alive agent, heads and bodies passed as they come.
// No scope, no policy, no limits, no metrics. `node node-proxy-main.ts SERVICE-PORT` prints its own port.

const servicePort = Number(process.argv[2])
const agent = new Agent({ keepAlive: true })

const server = createServer((incoming, outgoing) => {
  const upstream = request(
    {
      agent,
      host: '127.0.0.1',
      port: servicePort,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
      setHost: false,
    },
    answer => {
      outgoing.sendDate = false
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders)
      answer.pipe(outgoing)
      answer.once('error', () => outgoing.destroy())
    },
  )
  upstream.once('error', () => outgoing.destroy())
  outgoing.once('close', () => upstream.destroy())
  incoming.pipe(upstream)
})

server.listen(0, '127.0.0.1', () => console.log(`port ${String((server.address() as AddressInfo).port)}`))
