// Pins what scripts outside this project rely on: keys of the configuration with their variables and flags, keys of the
// ready file, names of headers, exit codes, variables of the command line. A change here is a change for users: say so in
// CHANGELOG.md.
import { expect, expectTypeOf, test } from 'vitest'
import { EXIT } from '../../../src/cli/io.ts'
import { AGENT_OPTIONS } from '../../../src/cli/command.ts'
import { flagOf, KEYS, OTHER_VARIABLES, SERVICE_KEYS, variableOf } from '../../../src/config/keys.ts'
import { HEADER_NAMES } from '../../../src/core/resource/headers.ts'
import type { ReadyInfo } from '../../../src/ports/running-agent.ts'

test('keys of the configuration, each with its variable and flag', () => {
  expect([...Object.keys(KEYS), 'services'].map(key => `${key} ${variableOf(key)} ${flagOf(key)}`)).toEqual([
    'mesh CHEOPS_MESH --mesh',
    'site CHEOPS_SITE --site',
    'labels CHEOPS_LABELS --labels',
    'data CHEOPS_DATA --data',
    'listen CHEOPS_LISTEN --listen',
    'announce CHEOPS_ANNOUNCE --announce',
    'bootstrap CHEOPS_BOOTSTRAP --bootstrap',
    'meshKey CHEOPS_MESH_KEY --mesh-key',
    'mdns CHEOPS_MDNS --mdns',
    'relay.serve CHEOPS_RELAY_SERVE --relay-serve',
    'relay.use CHEOPS_RELAY_USE --relay-use',
    'heartbeat.intervalMs CHEOPS_HEARTBEAT_INTERVAL_MS --heartbeat-interval-ms',
    'ingress.listen CHEOPS_INGRESS_LISTEN --ingress-listen',
    'ingress.tls.cert CHEOPS_INGRESS_TLS_CERT --ingress-tls-cert',
    'ingress.tls.key CHEOPS_INGRESS_TLS_KEY --ingress-tls-key',
    'ingress.tls.clientCA CHEOPS_INGRESS_TLS_CLIENT_CA --ingress-tls-client-ca',
    'ingress.tokenFile CHEOPS_INGRESS_TOKEN_FILE --ingress-token-file',
    'admin.listen CHEOPS_ADMIN_LISTEN --admin-listen',
    'admin.tls.cert CHEOPS_ADMIN_TLS_CERT --admin-tls-cert',
    'admin.tls.key CHEOPS_ADMIN_TLS_KEY --admin-tls-key',
    'admin.tls.clientCA CHEOPS_ADMIN_TLS_CLIENT_CA --admin-tls-client-ca',
    'admin.tokenFile CHEOPS_ADMIN_TOKEN_FILE --admin-token-file',
    'bodies.folder CHEOPS_BODIES_FOLDER --bodies-folder',
    'bodies.maxBytes CHEOPS_BODIES_MAX_BYTES --bodies-max-bytes',
    'webhooks CHEOPS_WEBHOOKS --webhooks',
    'limits.headerBytes CHEOPS_LIMITS_HEADER_BYTES --limits-header-bytes',
    'limits.urlBytes CHEOPS_LIMITS_URL_BYTES --limits-url-bytes',
    'limits.bodyBytes CHEOPS_LIMITS_BODY_BYTES --limits-body-bytes',
    'limits.connections CHEOPS_LIMITS_CONNECTIONS --limits-connections',
    'limits.streamsPerPeer CHEOPS_LIMITS_STREAMS_PER_PEER --limits-streams-per-peer',
    'limits.queuedPerPeer CHEOPS_LIMITS_QUEUED_PER_PEER --limits-queued-per-peer',
    'limits.requestsPerSecondPerPeer CHEOPS_LIMITS_REQUESTS_PER_SECOND_PER_PEER --limits-requests-per-second-per-peer',
    'limits.connectionsPerEndpoint CHEOPS_LIMITS_CONNECTIONS_PER_ENDPOINT --limits-connections-per-endpoint',
    'limits.outboxEntries CHEOPS_LIMITS_OUTBOX_ENTRIES --limits-outbox-entries',
    'limits.outboxBytes CHEOPS_LIMITS_OUTBOX_BYTES --limits-outbox-bytes',
    'limits.freeBytes CHEOPS_LIMITS_FREE_BYTES --limits-free-bytes',
    'timeouts.dialMs CHEOPS_TIMEOUTS_DIAL_MS --timeouts-dial-ms',
    'timeouts.connectMs CHEOPS_TIMEOUTS_CONNECT_MS --timeouts-connect-ms',
    'timeouts.queueMs CHEOPS_TIMEOUTS_QUEUE_MS --timeouts-queue-ms',
    'timeouts.answerMs CHEOPS_TIMEOUTS_ANSWER_MS --timeouts-answer-ms',
    'timeouts.headMs CHEOPS_TIMEOUTS_HEAD_MS --timeouts-head-ms',
    'timeouts.bodyIdleMs CHEOPS_TIMEOUTS_BODY_IDLE_MS --timeouts-body-idle-ms',
    'timeouts.keepAliveMs CHEOPS_TIMEOUTS_KEEP_ALIVE_MS --timeouts-keep-alive-ms',
    'timeouts.drainMs CHEOPS_TIMEOUTS_DRAIN_MS --timeouts-drain-ms',
    'timeouts.silentMemberMs CHEOPS_TIMEOUTS_SILENT_MEMBER_MS --timeouts-silent-member-ms',
    'log.level CHEOPS_LOG_LEVEL --log-level',
    'log.format CHEOPS_LOG_FORMAT --log-format',
    'services CHEOPS_SERVICES --services',
  ])
})

test('keys of a service', () => {
  expect(Object.keys(SERVICE_KEYS)).toEqual([
    'name',
    'endpoint',
    'endpointTLS.ca',
    'endpointTLS.cert',
    'endpointTLS.key',
    'endpointTLS.serverName',
    'endpointHost',
    'credential.bearerFile',
    'credential.basicFile',
    'credential.headersFile',
    'credential.cert',
    'credential.key',
    'glue',
    'doubt',
    'lookup',
    'connections',
    'hosts',
    'listen',
    'tls.cert',
    'tls.key',
    'tls.clientCA',
    'expose.sites',
    'expose.methods',
    'expose.paths',
  ])
})

test('the ready file', () => {
  expectTypeOf<ReadyInfo>().toEqualTypeOf<{
    readonly site: string
    readonly peerId: string
    readonly pid: number
    readonly addresses: readonly string[]
    readonly ingress: string
    readonly admin: string
    readonly adminTokenFile: string
    readonly services: Readonly<Record<string, string>>
  }>()
})

test('headers, exit codes, variables of the command line', () => {
  expect(HEADER_NAMES).toMatchObject({ scope: 'Cheops-Scope', site: 'Cheops-Site', error: 'Cheops-Error' })
  expect(EXIT).toEqual({ ok: 0, couldNotAsk: 1, failed: 2, notInstalled: 127 })
  expect(OTHER_VARIABLES).toEqual([
    'CHEOPS_CONFIG',
    'CHEOPS_READY_FILE',
    'CHEOPS_ADMIN',
    'CHEOPS_CA_FILE',
    'CHEOPS_CERT_FILE',
    'CHEOPS_KEY_FILE',
    'CHEOPS_TOKEN_FILE',
  ])
  expect(AGENT_OPTIONS.map(({ flags, variable }) => `${flags.split(' ')[0] ?? ''} ${variable ?? ''}`)).toEqual([
    '--agent CHEOPS_ADMIN',
    '--token-file CHEOPS_TOKEN_FILE',
    '--ca-file CHEOPS_CA_FILE',
    '--cert-file CHEOPS_CERT_FILE',
    '--key-file CHEOPS_KEY_FILE',
    '--timeout ',
  ])
})
