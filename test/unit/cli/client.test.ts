// Shows that a mistyped name of a site is answered with the nearest that there is. How: an admin API that knows one site.
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { AdminClient } from '../../../src/cli/agent/client.ts'

test('a site that nobody knows', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/v1/sites') response.end(JSON.stringify([{ name: 'paris' }]))
    else response.writeHead(404).end(JSON.stringify({ code: 'ERR_SITE_UNKNOWN', detail: 'no such site', hint: 'look' }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = new AdminClient({
    url: `http://127.0.0.1:${String(port)}`,
    token: undefined,
    tls: { ca: undefined, cert: undefined, key: undefined },
    timeoutMs: 5_000,
    interrupted: new AbortController().signal,
  })
  const near = 'Did you mean "paris"? "cheops site ls" lists all.'
  await expect(client.site('pari')).rejects.toMatchObject({ code: 'ERR_SITE_UNKNOWN', hint: near })
  await expect(client.ping('prais')).rejects.toMatchObject({ hint: near })
  await expect(client.site('tokyo')).rejects.toMatchObject({ hint: 'look' })
  server.close()
})
