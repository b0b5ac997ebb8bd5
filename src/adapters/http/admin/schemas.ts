import type { Schema } from './route.ts'
import { REPLICATION_SCHEMAS, replicationCounts } from './replication-schemas.ts'
import { choice, integer, list, map, moment, number, object, text } from './schema-words.ts'

export const ref = (name: keyof typeof SCHEMAS): Schema => ({ $ref: `#/components/schemas/${name}` })
export const listOf = (name: keyof typeof SCHEMAS): Schema => list(ref(name))

const counts = object({ inFlight: integer, total: integer, failed: integer })
const expose = object({ sites: list(text), methods: list(text), paths: list(text) })
const definition = {
  type: 'string',
  description: 'The same at sites that describe the application alike; left out of agents that do not tell it.',
}

const cut = object(
  {
    site: { type: 'string', description: 'Left out where all other sites are cut off.' },
    since: moment,
    until: moment,
  },
  'site',
)

/** What the admin API answers, and takes. A test validates real answers against these. */
export const SCHEMAS = {
  Problem: object({ type: text, title: text, status: integer, detail: text, code: text, hint: text }, 'hint'),
  Status: object(
    {
      mesh: text,
      site: text,
      labels: map(text),
      peerId: text,
      incarnation: text,
      version: text,
      node: text,
      pid: integer,
      startedAt: moment,
      now: moment,
      state: choice('starting', 'serving', 'stopping'),
      data: text,
      configFile: text,
      listeners: list(object({ name: text, address: text })),
      requests: object({ local: counts, forwarded: counts, received: counts }),
      replication: replicationCounts,
      cuts: list(cut),
      diskShort: object({ freeBytes: integer }),
    },
    'configFile',
    'cuts',
    'diskShort',
  ),
  Site: object(
    {
      name: text,
      self: { type: 'boolean', description: 'Whether this is the site that answers.' },
      peerId: text,
      addresses: list(text),
      services: list(object({ name: text, application: text, definition }, 'definition')),
      labels: map(text),
      version: text,
      incarnation: text,
      recordNumber: { type: 'string', description: 'Decimal: it may exceed what numbers of JSON hold.' },
      liveness: choice('alive', 'suspect', 'down'),
      since: moment,
      reason: text,
      rttMs: number,
      connection: choice('self', 'direct', 'relayed', 'none'),
      announcedRttMs: map(number),
      cannotDial: list(text),
      clockOffsetMs: number,
    },
    'rttMs',
    'clockOffsetMs',
  ),
  Cut: cut,
  CutInput: {
    type: 'object',
    description: 'Either "sites" or "all".',
    properties: {
      sites: list(text),
      all: { type: 'boolean', description: 'true: all other sites, and whoever else dials.' },
      forMs: {
        type: 'integer',
        minimum: 1_000,
        maximum: 3_600_000,
        description: 'How long it holds, in milliseconds.',
      },
    },
    required: ['forMs'],
  },
  Ping: object({ site: text, rttMs: number }),
  Peer: object(
    {
      peerId: text,
      site: text,
      address: text,
      direction: choice('inbound', 'outbound'),
      relayed: { type: 'boolean' },
      rttMs: number,
    },
    'site',
    'rttMs',
  ),
  Dial: object({ address: { type: 'string', description: 'A multiaddress, with or without /p2p/<id>.' } }),
  DhtRecord: object({
    site: text,
    peerId: text,
    number: text,
    addresses: list(text),
    services: list(text),
    labels: map(text),
    version: text,
    incarnation: text,
  }),
  DhtPeer: object({ peer: text, addresses: list(text) }),
  Service: object(
    {
      name: text,
      application: text,
      definition,
      site: text,
      liveness: choice('alive', 'suspect', 'down'),
      endpoint: { type: 'string', description: 'Services of the own site only.' },
      address: { type: 'string', description: 'Where this agent serves it; services of the own site only.' },
      expose,
      instance: {
        ...object({ state: choice('ok', 'refused', 'timeout', 'unknown-host', 'tls', 'broken'), detail: text }),
        description: 'Whether the application answers, where that was asked for.',
      },
    },
    'definition',
    'endpoint',
    'address',
    'expose',
    'instance',
  ),
  ServiceInput: {
    type: 'object',
    description: 'A service as in the configuration file, without its name.',
    properties: { endpoint: text },
    required: ['endpoint'],
  },
  ServiceChange: {
    type: 'object',
    description:
      'Keys of a service as in the configuration file; null takes one back, with all below it (RFC 7396). A new service needs an endpoint.',
    properties: { endpoint: text },
  },
  Catalog: object({
    self: text,
    sites: list(
      object(
        {
          name: text,
          labels: map(text),
          services: list(text),
          liveness: choice('alive', 'suspect', 'down'),
          rttMs: number,
          announcedRttMs: map(number),
        },
        'rttMs',
      ),
    ),
  }),
  Finding: object(
    { id: text, section: text, level: choice('ok', 'warning', 'error'), message: text, hint: text },
    'hint',
  ),
  ...REPLICATION_SCHEMAS,
  Event: object({ id: integer, type: text, subject: text, detail: text, at: moment }),
} as const satisfies Record<string, Schema>
