/** What is found out about addresses before an agent runs. */
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../../src/config/load.ts'
import { probeBootstrap } from '../../../../src/config/probe/ports.ts'

test.each([
  ['127.0.0.1:4079', '127.0.0.1:4079'],
  ['0.0.0.0:4079', '127.0.0.1:4079'],
  ['0.0.0.0:4079', 'localhost:4079'],
])(
  'an agent that listens on %s is found at %s of its own bootstrap, whatever answers there now',
  async (listen, address) => {
    const {
      listen: listens,
      bootstrap,
      announce,
    } = loadConfig({
      env: {},
      flags: { mesh: 'm', site: 's', listen: [listen], bootstrap: [address] },
    })
    const found = await probeBootstrap({ listen: listens, bootstrap, announce }, AbortSignal.timeout(5_000))
    expect(found).toMatchObject([{ result: 'self' }])
  },
)

test('another port of the same machine is another agent', async () => {
  const server = createServer()
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const config = loadConfig({
    env: {},
    flags: { mesh: 'm', site: 's', listen: ['127.0.0.1:4079'], bootstrap: [`127.0.0.1:${port}`] },
  })
  expect(await probeBootstrap(config, AbortSignal.timeout(5_000))).toMatchObject([{ result: 'open' }])
  await new Promise(resolve => void server.close(resolve))
  expect(await probeBootstrap(config, AbortSignal.timeout(5_000))).toMatchObject([{ result: 'refused' }])
})
