import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePorts, untilItServes } from '../processes.ts'
import { writeCertificates } from './certificates.ts'
import type { Chain, Ground } from './chain.ts'
import { nginxConfig } from './nginx-config.ts'

/**
 * Connections to the next hop that stay open: above the most in flight. Bodies are never put on disk, which nginx would
 * do with what its 64 KB of buffers do not hold.
 */
const PROXY = `
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_max_temp_file_size 0;`
const KEEP = `
    keepalive 1024;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;`

/** client → nginx → TLS 1.3 with certificates on both sides → nginx → service; one worker each. */
export async function startNginxChain(ground: Ground): Promise<Chain> {
  const { processes, tools, signal } = ground
  if (tools.nginx === undefined) throw new Error('nginx is missing')
  const { front, back } = await freePorts('front', 'back')
  const { ca, cert, key } = await writeCertificates(path.join(ground.folder, 'nginx-tls'))
  const near = `${PROXY}
  upstream back { server 127.0.0.1:${String(back)}; ${KEEP}
  }
  server {
    listen 127.0.0.1:${String(front)} backlog=4096;
    location / {
      proxy_pass https://back;
      proxy_ssl_protocols TLSv1.3;
      proxy_ssl_certificate ${cert};
      proxy_ssl_certificate_key ${key};
      proxy_ssl_trusted_certificate ${ca};
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
    }
  }`
  const far = `${PROXY}
  upstream service { server 127.0.0.1:${String(ground.servicePort)}; ${KEEP}
  }
  server {
    listen 127.0.0.1:${String(back)} ssl backlog=4096;
    ssl_protocols TLSv1.3;
    ssl_certificate ${cert};
    ssl_certificate_key ${key};
    ssl_client_certificate ${ca};
    ssl_verify_client on;
    location / { proxy_pass http://service; }
  }`
  const servers = []
  for (const [name, http] of Object.entries({ 'nginx-far': far, 'nginx-near': near })) {
    const folder = path.join(ground.folder, name)
    const config = path.join(folder, 'nginx.conf')
    await mkdir(folder, { recursive: true })
    await writeFile(config, nginxConfig(folder, http))
    servers.push(processes.start(name, tools.nginx, ['-p', folder, '-c', config, '-e', 'stderr']))
  }
  const url = `http://127.0.0.1:${String(front)}`
  await untilItServes(`${url}/1k`, {}, servers, signal)
  return { name: 'nginx', pids: servers.map(({ pid }) => pid), target: file => ({ url: url + file, headers: {} }) }
}
