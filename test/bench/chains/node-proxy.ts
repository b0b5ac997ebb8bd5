import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilItServes } from '../processes.ts'
import type { Chain, Ground } from './chain.ts'

/** Node is up and listens within half a second; the rest is for a machine under load. */
const START_TIMEOUT_MS = 10_000
const ASK_EVERY_MS = 50

/** client → the least proxy that Node can be → service. */
export async function startNodeProxy({ processes, servicePort, signal }: Ground): Promise<Chain> {
  const main = path.join(import.meta.dirname, 'node-proxy-main.ts')
  const server = processes.start('node-proxy', process.execPath, [main, String(servicePort)])
  const deadline = performance.now() + START_TIMEOUT_MS
  let port: string | undefined
  while ((port = /^port (\d+)$/m.exec(server.log())?.[1]) === undefined) {
    if (server.ended() || performance.now() > deadline) throw new Error(`node-proxy did not start:\n${server.log()}`)
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
  const url = `http://127.0.0.1:${port}`
  await untilItServes(`${url}/1k`, {}, [server], signal)
  return { name: 'node-proxy', pids: [server.pid], target: file => ({ url: url + file, headers: {} }) }
}
