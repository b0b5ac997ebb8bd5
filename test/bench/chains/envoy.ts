import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePorts, untilItServes } from '../processes.ts'
import { writeCertificates } from './certificates.ts'
import type { MiddleLeg } from './certificates.ts'
import type { Chain, Ground } from './chain.ts'

/**
 * client → Envoy → TLS 1.3 with certificates on both sides, HTTP/2 → Envoy → service: the way through a service mesh such
 * as Istio. One worker each; no access log, no tracing, no admin.
 */
export async function startEnvoyChain(ground: Ground): Promise<Chain> {
  const { processes, tools, signal } = ground
  if (tools.envoy === undefined) throw new Error('Envoy is missing')
  const { front, back } = await freePorts('front', 'back')
  const folder = path.join(ground.folder, 'envoy')
  await mkdir(folder, { recursive: true })
  const tls = await writeCertificates(path.join(folder, 'tls'))
  const configs = {
    'envoy-far': config(listener(back, downstreamTls(tls)), cluster(ground.servicePort, HTTP_1)),
    'envoy-near': config(listener(front), cluster(back, HTTP_2, upstreamTls(tls))),
  }
  const servers = []
  for (const [name, content] of Object.entries(configs)) {
    const file = path.join(folder, `${name}.json`)
    await writeFile(file, JSON.stringify(content))
    const flags = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'warning']
    servers.push(processes.start(name, tools.envoy, ['-c', file, ...flags]))
  }
  const url = `http://127.0.0.1:${String(front)}`
  await untilItServes(`${url}/1k`, {}, servers, signal)
  return { name: 'envoy', pids: servers.map(({ pid }) => pid), target: file => ({ url: url + file, headers: {} }) }
}

const TYPE = 'type.googleapis.com'
const HTTP_1 = { http_protocol_options: {} }
const HTTP_2 = { http2_protocol_options: {} }
/** Above the most in flight; Envoy's own default refuses from 1,024 on. */
const MOST = 8_192

function config(listener: object, cluster: object): object {
  return { static_resources: { listeners: [listener], clusters: [cluster] } }
}

function address(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

function listener(port: number, transport: object = {}): object {
  return {
    name: 'in',
    address: address(port),
    filter_chains: [
      {
        ...transport,
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: 'in',
              codec_type: 'AUTO',
              stream_idle_timeout: '0s',
              route_config: {
                virtual_hosts: [
                  {
                    name: 'all',
                    domains: ['*'],
                    routes: [{ match: { prefix: '/' }, route: { cluster: 'next', timeout: '0s' } }],
                  },
                ],
              },
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
                },
              ],
            },
          },
        ],
      },
    ],
  }
}

function cluster(port: number, protocol: object, transport: object = {}): object {
  return {
    name: 'next',
    type: 'STATIC',
    connect_timeout: '5s',
    ...transport,
    circuit_breakers: {
      thresholds: [{ max_connections: MOST, max_pending_requests: MOST, max_requests: MOST }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': `${TYPE}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: protocol,
      },
    },
    load_assignment: {
      cluster_name: 'next',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
  }
}

function commonTls({ ca, cert, key }: MiddleLeg): object {
  return {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    alpn_protocols: ['h2'],
    tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
    validation_context: { trusted_ca: { filename: ca } },
  }
}

function downstreamTls(tls: MiddleLeg): object {
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': `${TYPE}/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`,
        common_tls_context: commonTls(tls),
        require_client_certificate: true,
      },
    },
  }
}

function upstreamTls(tls: MiddleLeg): object {
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': `${TYPE}/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
        common_tls_context: commonTls(tls),
        sni: 'localhost',
      },
    },
  }
}
