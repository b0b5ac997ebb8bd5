import { mkdir, open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePorts, untilItServes } from '../processes.ts'
import type { Started } from '../processes.ts'
import type { Chain, Ground } from './chain.ts'
import { nginxConfig } from './nginx-config.ts'

/** Bytes of each file that the service has. */
export const FILES = { '/1k': 1_024, '/4m': 4 * 1_024 ** 2, '/1g': 1_024 ** 3 } as const
/** An answer that goes on for a quarter of an hour, with something new each second: what a watch looks like on the wire. */
export const WATCH_PATH = '/watch'
/** One page: nginx sends whole pages of a file, and then waits until that was due. */
const WATCH_BYTES_PER_SECOND = 4_096

/**
 * The service is nginx with static files: it costs next to nothing, so what is measured is the chain before it. The
 * 1 GB file is sparse and goes with the run's folder.
 */
export async function startService(ground: Omit<Ground, 'servicePort'>): Promise<{ port: number; server: Started }> {
  const folder = path.join(ground.folder, 'service')
  const files = path.join(folder, 'files')
  await mkdir(files, { recursive: true })
  for (const [name, bytes] of Object.entries(FILES)) {
    const file = await open(path.join(files, name), 'w')
    await file.truncate(bytes)
    await file.close()
  }
  const { port } = await freePorts('port')
  const config = path.join(folder, 'nginx.conf')
  await writeFile(
    config,
    nginxConfig(
      folder,
      `server {
    listen 127.0.0.1:${String(port)} backlog=4096;
    root ${files};
    location = ${WATCH_PATH} { alias ${path.join(files, '4m')}; limit_rate ${String(WATCH_BYTES_PER_SECOND)}; }
  }`,
    ),
  )
  if (ground.tools.nginx === undefined) throw new Error('nginx is missing')
  const server = ground.processes.start('service', ground.tools.nginx, ['-p', folder, '-c', config, '-e', 'stderr'])
  await untilItServes(`http://127.0.0.1:${String(port)}/1k`, {}, [server], ground.signal)
  return { port, server }
}

export function directChain(port: number, server: Started): Chain {
  return {
    name: 'direct',
    pids: [server.pid],
    target: file => ({ url: `http://127.0.0.1:${String(port)}${file}`, headers: {} }),
  }
}
