import { applicationOf } from '../../../core/check/index.ts'
import { CheopsError } from '../../../errors.ts'
import type { SiteView } from '../../../ports/membership.ts'
import { livez, readyz } from './health.ts'
import { openapi } from './openapi.ts'
import { REPLICATION_ROUTES } from './replication-routes.ts'
import { json, ok } from './route.ts'
import type { Route, RouteContext } from './route.ts'
import { text } from './schema-words.ts'
import { listOf, ref } from './schemas.ts'

const SAVE = {
  save: {
    description: 'Also change the configuration file of the agent: true or false.',
    schema: { type: 'boolean', default: false },
  },
}

/** Events that one request may ask for from before. */
const MAX_LAST = 1_000

/** Everything that the admin API serves. The server, the OpenAPI document and a test read this table. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/livez',
    summary: 'Whether the process runs',
    open: true,
    answer: { status: 200, description: 'It runs.', type: 'text/plain', schema: text },
    handle: livez,
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'Whether the agent can do its work; 503 while it cannot',
    open: true,
    query: {
      verbose: { description: 'One line a check, and whether the applications answer, which are asked.', schema: text },
    },
    answer: { status: 200, description: 'It can.', type: 'text/plain', schema: text },
    async handle({ control, query }) {
      const isVerbose = query.has('verbose')
      const applications = isVerbose ? await control.applications() : []
      return readyz([...control.readiness(), ...applications.map(applicationOf)], isVerbose)
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics in the text format of Prometheus',
    open: true,
    answer: { status: 200, description: 'All metrics.', type: 'text/plain', schema: text },
    async handle({ control }) {
      const { contentType, body } = await control.metrics()
      return { kind: 'text', status: 200, type: contentType, body }
    },
  },
  {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    answer: ok('An OpenAPI 3.1 document.', { type: 'object' }),
    handle: ({ control }) => json(openapi(ROUTES, control.status().version)),
  },
  {
    method: 'GET',
    path: '/v1/status',
    summary: 'The agent: site, versions, listeners, requests',
    answer: ok('Its state now.', ref('Status')),
    handle: ({ control }) => json(control.status()),
  },
  {
    method: 'GET',
    path: '/v1/check',
    summary: 'All checks of the doctor; asks applications and peers',
    answer: ok('One finding or more a check.', listOf('Finding')),
    handle: async ({ control, signal }) => json(await control.check({ signal })),
  },
  {
    method: 'GET',
    path: '/v1/sites',
    summary: 'All known sites, by name',
    answer: ok('The own site included.', listOf('Site')),
    handle: ({ control }) => json(control.membership.sites().map(site => siteJson(site, control.membership.self))),
  },
  {
    method: 'GET',
    path: '/v1/sites/{site}',
    summary: 'One site',
    answer: ok('What is known of it.', ref('Site')),
    errors: ['ERR_SITE_UNKNOWN'],
    handle: context => json(siteJson(siteOf(context), context.control.membership.self)),
  },
  {
    method: 'DELETE',
    path: '/v1/sites/{site}',
    summary: 'Forget a site that is gone for good, and its key, at this agent',
    answer: {
      status: 204,
      description: 'It is forgotten; a site that still runs is soon known again.',
      type: '',
      schema: {},
    },
    errors: ['ERR_SITE_UNKNOWN'],
    async handle({ control, params }) {
      await control.forgetSite(params['site'] ?? '')
      return { kind: 'empty' }
    },
  },
  {
    method: 'POST',
    path: '/v1/sites/{site}/ping',
    summary: "One round trip to a site's agent",
    answer: ok('How long it took.', ref('Ping')),
    errors: ['ERR_SITE_UNKNOWN', 'ERR_SITE_UNREACHABLE'],
    async handle(context) {
      const { name } = siteOf(context)
      return json({ site: name, ...(await context.control.ping(name, { signal: context.signal })) })
    },
  },
  {
    method: 'GET',
    path: '/v1/cuts',
    summary: 'What an operator has cut off from this site for a while',
    answer: ok('One entry a site, or one for all.', listOf('Cut')),
    handle: ({ control }) => json(control.cuts()),
  },
  {
    method: 'POST',
    path: '/v1/cuts',
    summary: 'Cut sites off from this one for a while, to see what that does; it ends by itself, and with the agent',
    body: ref('CutInput'),
    answer: ok('All that holds now.', listOf('Cut')),
    errors: ['ERR_ADMIN_INPUT', 'ERR_SITE_UNKNOWN'],
    handle({ control, body }) {
      const { sites, forMs } = cutInput(record(body))
      return json(control.cut(sites, forMs))
    },
  },
  {
    method: 'DELETE',
    path: '/v1/cuts',
    summary: 'End all cuts before their time',
    answer: ok('What still holds.', listOf('Cut')),
    handle: ({ control }) => json(control.join(undefined)),
  },
  {
    method: 'DELETE',
    path: '/v1/cuts/{site}',
    summary: 'End the cut of one site before its time',
    answer: ok('What still holds.', listOf('Cut')),
    errors: ['ERR_ADMIN_INPUT', 'ERR_SITE_UNKNOWN'],
    handle: ({ control, params }) => json(control.join([params['site'] ?? ''])),
  },
  {
    method: 'GET',
    path: '/v1/peers',
    summary: 'Connections to other agents',
    answer: ok('One entry a connection.', listOf('Peer')),
    handle: ({ control }) => json(control.peers()),
  },
  {
    method: 'POST',
    path: '/v1/peers',
    summary: 'Dial an agent by its address',
    body: ref('Dial'),
    answer: ok('The connection.', ref('Peer')),
    errors: ['ERR_ADMIN_INPUT', 'ERR_ADMIN_DIAL'],
    async handle({ control, body, signal }) {
      const address = record(body)['address']
      if (typeof address !== 'string')
        throw new CheopsError('ERR_ADMIN_INPUT', 'The body needs "address", a multiaddress.')
      return json(await control.dial(address, { signal }))
    },
  },
  {
    method: 'GET',
    path: '/v1/dht/records/{site}',
    summary: "A site's record, read from the DHT",
    answer: ok('The newest valid one.', ref('DhtRecord')),
    errors: ['ERR_ADMIN_NOT_FOUND'],
    handle: async ({ control, params, signal }) => json(await control.dhtGet(params['site'] ?? '', { signal })),
  },
  {
    method: 'GET',
    path: '/v1/dht/peers/{peer}',
    summary: 'Addresses of a peer, by its ID or the name of its site, asked of the DHT',
    answer: ok('Where it can be dialled.', ref('DhtPeer')),
    errors: ['ERR_ADMIN_INPUT', 'ERR_ADMIN_NOT_FOUND'],
    handle: async ({ control, params, signal }) => json(await control.dhtFind(params['peer'] ?? '', { signal })),
  },
  {
    method: 'GET',
    path: '/v1/services',
    summary: 'The services of all sites; endpoints of the own ones only',
    query: {
      look: {
        description: 'Also ask the applications of the own site whether they answer: true or false.',
        schema: { type: 'boolean', default: false },
      },
    },
    answer: ok('One entry a service and site.', listOf('Service')),
    async handle(context) {
      const looked = flag(context.query, 'look') ? await context.control.applications() : []
      const instances = new Map(looked.map(({ service, state, detail }) => [service, { state, detail }]))
      const { self } = context.control.membership
      return json(
        services(context).map(each => (each.site === self ? { ...each, instance: instances.get(each.name) } : each)),
      )
    },
  },
  {
    method: 'PUT',
    path: '/v1/services/{service}',
    summary: 'Offer a service at this site, as it is given and no otherwise, in place of one that has the name',
    query: SAVE,
    body: ref('ServiceInput'),
    answer: ok('The service.', ref('Service')),
    errors: ['ERR_CONFIG_INVALID', 'ERR_ADMIN_SAVE'],
    async handle(context) {
      const { control, params, body, signal } = context
      const input = { ...record(body), name: params['service'] ?? '' }
      const { name } = await control.addService(input, { signal, save: flag(context.query, 'save') })
      return json(services(context).find(service => service.name === name && service.site === control.membership.self))
    },
  },
  {
    method: 'PATCH',
    path: '/v1/services/{service}',
    summary: 'Offer a service at this site, or offer it differently: what is not named stays',
    query: SAVE,
    body: ref('ServiceChange'),
    answer: ok('The service.', ref('Service')),
    errors: ['ERR_CONFIG_INVALID', 'ERR_ADMIN_SAVE'],
    async handle(context) {
      const { control, params, body, signal, query } = context
      const options = { signal, save: flag(query, 'save') }
      const { name } = await control.changeService(params['service'] ?? '', record(body), options)
      return json(services(context).find(service => service.name === name && service.site === control.membership.self))
    },
  },
  {
    method: 'DELETE',
    path: '/v1/services/{service}',
    summary: 'Offer a service no longer at this site',
    query: SAVE,
    answer: { status: 204, description: 'It is gone.', type: '', schema: {} },
    errors: ['ERR_ADMIN_NOT_FOUND', 'ERR_ADMIN_SAVE'],
    async handle({ control, params, query, signal }) {
      await control.removeService(params['service'] ?? '', { signal, save: flag(query, 'save') })
      return { kind: 'empty' }
    },
  },
  {
    method: 'GET',
    path: '/v1/catalog',
    summary: 'Sites and services as scopes see them',
    answer: ok('What scopes are resolved against.', ref('Catalog')),
    handle: ({ control }) => json(control.membership.catalog()),
  },
  ...REPLICATION_ROUTES,
  {
    method: 'GET',
    path: '/v1/events',
    summary: 'Server-sent events, from now on, or from behind Last-Event-ID as far as they are kept',
    answer: {
      status: 200,
      description: 'Each data line is one Event.',
      type: 'text/event-stream',
      schema: ref('Event'),
    },
    query: {
      last: {
        description: 'So many of those that are kept come first, without Last-Event-ID.',
        schema: { type: 'integer', minimum: 0, maximum: MAX_LAST, default: 0 },
      },
      follow: {
        description: 'Whether new ones follow: true or false.',
        schema: { type: 'boolean', default: true },
      },
    },
    handle({ query }) {
      const kept = Number(query.get('last') ?? 0)
      if (!Number.isInteger(kept) || kept < 0 || kept > MAX_LAST)
        throw new CheopsError('ERR_ADMIN_INPUT', `"last" is a whole number from 0 to ${String(MAX_LAST)}.`)
      return { kind: 'events', kept, follow: !query.has('follow') || flag(query, 'follow') }
    },
  },
]

function siteOf({ control, params }: RouteContext): SiteView {
  const name = params['site'] ?? ''
  const site = control.membership.site(name)
  if (site === undefined) throw new CheopsError('ERR_SITE_UNKNOWN', `No site is called "${name}".`, { site: name })
  return site
}

const siteJson = (site: SiteView, self: string) => ({
  ...site,
  self: site.name === self,
  // JSON has no integers of this size.
  recordNumber: site.recordNumber.toString(),
})

/** Own services with what only this agent knows, then those of other sites. */
function services({ control }: RouteContext) {
  const { membership } = control
  const own = control.services().map(service => ({ ...service, site: membership.self, liveness: 'alive' as const }))
  const others = membership
    .sites()
    .filter(site => site.name !== membership.self)
    .flatMap(site => site.services.map(service => ({ ...service, site: site.name, liveness: site.liveness })))
  return [...own, ...others]
}

function record(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new CheopsError('ERR_ADMIN_INPUT', 'The body must be a JSON object.')
  }
  return { ...body }
}

/** @throws CheopsError ERR_ADMIN_INPUT; bounds are for who cuts to know */
function cutInput({ sites, all, forMs }: Readonly<Record<string, unknown>>): {
  readonly sites: readonly string[] | undefined
  readonly forMs: number
} {
  if (typeof forMs !== 'number')
    throw new CheopsError('ERR_ADMIN_INPUT', 'The body needs "forMs": how long the cut holds, in milliseconds.')
  if ((sites !== undefined) === (all === true))
    throw new CheopsError('ERR_ADMIN_INPUT', 'The body needs either "sites", a list of names, or "all": true.')
  if (sites === undefined) return { sites, forMs }
  if (!Array.isArray(sites) || !sites.every(site => typeof site === 'string'))
    throw new CheopsError('ERR_ADMIN_INPUT', '"sites" is a list of names.')
  return { sites, forMs }
}

/** @throws CheopsError ERR_ADMIN_INPUT */
function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  if (value === null || value === 'false') return false
  if (value === 'true' || value === '') return true
  throw new CheopsError('ERR_ADMIN_INPUT', `"${name}" is true or false.`)
}
