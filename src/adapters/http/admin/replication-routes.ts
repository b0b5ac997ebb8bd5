import { isObject } from '../../../core/resource/json-object.ts'
import { parseReplicantText } from '../../../core/oplog/replicant-text.ts'
import { CheopsError } from '../../../errors.ts'
import type { ReplicantName } from '../../../core/oplog/index.ts'
import type { PageQuery } from '../../../ports/control.ts'
import { json, ok } from './route.ts'
import type { Route, RouteContext } from './route.ts'
import { text } from './schema-words.ts'
import { listOf, ref } from './schemas.ts'

/** Seconds that a question about an operation may wait; below the time that requests have by themselves. */
const MAX_WAIT_SECONDS = 60

/** One page: what an operator looks through, and no answer that takes long. */
const [PAGE, MAX_PAGE] = [100, 1_000]

const PAGES = {
  after: { description: '"next" of the page before.', schema: text },
  limit: {
    description: 'At most so many; a page of conflicts ends at the end of a replicant.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: PAGE },
  },
}

/** Names that one request may detach from: more are asked for in several. */
const MAX_NAMED = 1_000

const HOW = ['keep', 'take', 'adopt', 'replace', 'leave', 'done', 'undone'] as const

/** What is replicated, single operations, and what is done to replicants. */
export const REPLICATION_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/replicants',
    summary: 'What is replicated at this site, a page at a time',
    query: PAGES,
    answer: ok('By service, kind and name.', ref('Replicants')),
    errors: ['ERR_ADMIN_INPUT'],
    handle: async context => json(await context.control.replicants(pageOf(context))),
  },
  {
    method: 'GET',
    path: '/v1/replicants/{service}/{kind}/{name}',
    summary: 'One replicant: members, state, conflicts, and what became of operations of this site',
    answer: ok('How it stands at this site.', ref('Replicant')),
    errors: ['ERR_REPLICANT_NOT_FOUND'],
    async handle({ control, params }) {
      const { service = '', kind = '', name = '' } = params
      return json(await control.replicant({ service, kind, name }))
    },
  },
  {
    method: 'GET',
    path: '/v1/conflicts',
    summary: 'Accepted operations that have no effect, though nobody who decided so had seen them, a page at a time',
    query: PAGES,
    answer: ok('By replicant; without bodies.', ref('Conflicts')),
    errors: ['ERR_ADMIN_INPUT'],
    handle: async context => json(await context.control.conflicts(pageOf(context))),
  },
  {
    method: 'GET',
    path: '/v1/replicants/{service}/{kind}/{name}/history',
    summary: 'The operations of one replicant that are still known here, in their order, and what became of each',
    answer: ok('The newest are last; without bodies.', ref('History')),
    errors: ['ERR_REPLICANT_NOT_FOUND'],
    async handle({ control, params }) {
      const { service = '', kind = '', name = '' } = params
      return json(await control.replication.history({ service, kind, name }))
    },
  },
  {
    method: 'GET',
    path: '/v1/operations/{site}/{incarnation}/{number}',
    summary: 'One operation, by its identity in the header Cheops-Operation; waits for news of it if that is asked for',
    query: {
      wait: {
        description: 'Seconds to wait until "version" is another than "known".',
        schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_SECONDS, default: 0 },
      },
      known: { description: '"version" of the answer before.', schema: text },
    },
    answer: ok('What became of it at each site.', ref('Operation')),
    errors: ['ERR_OPERATION_NOT_FOUND', 'ERR_ADMIN_INPUT'],
    async handle({ control, params, query, signal }) {
      const { site = '', incarnation = '', number = '' } = params
      const known = query.get('known') ?? undefined
      const waitMs = known === undefined ? 0 : secondsOf(query) * 1_000
      return json(await control.replication.operation(`${site}/${incarnation}/${number}`, { known, waitMs, signal }))
    },
  },
  {
    method: 'GET',
    path: '/v1/operations/{site}/{incarnation}/{number}/body',
    summary: 'What a client wrote: the request of an operation with its body, also of one that lost against another',
    answer: ok("Without the client's credentials, which nobody keeps.", ref('OperationBody')),
    errors: ['ERR_OPERATION_NOT_FOUND', 'ERR_OPERATION_BODY_GONE', 'ERR_ADMIN_INPUT'],
    async handle({ control, params, signal }) {
      const { site = '', incarnation = '', number = '' } = params
      return json(await control.replication.operationBody(`${site}/${incarnation}/${number}`, { signal }))
    },
  },
  {
    method: 'POST',
    path: '/v1/sites/{site}/detach',
    summary: 'Remove a site from the members of replicants, a page of them at a time: for one that is gone for good',
    query: {
      after: { description: '"next" of the page before.', schema: text },
    },
    body: ref('Detach'),
    answer: ok('Ask again with "next" until there is none.', ref('Detached')),
    errors: ['ERR_ADMIN_INPUT', 'ERR_REPLICANT_NOT_FOUND', 'ERR_REPLICANT_MEMBER_ALIVE'],
    async handle(context) {
      const { control, params, query, signal } = context
      const { force, replicants } = detachBody(context)
      const after = query.get('after') ?? undefined
      return json(await control.replication.detach(params['site'] ?? '', { replicants, force, after, signal }))
    },
  },
  {
    method: 'POST',
    path: '/v1/sites/{site}/attach',
    summary:
      'Add a site to the members of replicants that are named, or, a page at a time, of all from which it was removed',
    query: {
      after: { description: '"next" of the page before.', schema: text },
    },
    body: ref('Attach'),
    answer: ok('Ask again with "next" until there is none.', ref('Attached')),
    errors: ['ERR_ADMIN_INPUT', 'ERR_SITE_UNKNOWN', 'ERR_REPLICANT_NOT_FOUND', 'ERR_SCOPE_SERVICE_NOT_AT_SITE'],
    async handle(context) {
      const { control, params, query, signal } = context
      const { replicants } = detachBody(context)
      const after = query.get('after') ?? undefined
      return json(await control.replication.attach(params['site'] ?? '', { replicants, after, signal }))
    },
  },
  {
    method: 'POST',
    path: '/v1/replicants/{service}/{kind}/{name}/repair',
    summary: 'Copy the state of another member that agrees to the application here, now',
    query: { from: { description: 'Only from this member.', schema: text } },
    answer: ok('What came of it.', ref('Repair')),
    errors: ['ERR_REPLICANT_NOT_FOUND', 'ERR_REPLICANT_UNBOUND', 'ERR_REPLICANT_LOCKED', 'ERR_REPLICANT_NO_MEMBER'],
    async handle({ control, params, query, signal }) {
      const { service = '', kind = '', name = '' } = params
      const from = query.get('from') ?? undefined
      return json(await control.replication.repair({ service, kind, name }, from, { signal }))
    },
  },
  {
    method: 'POST',
    path: '/v1/replicants/{service}/{kind}/{name}/adopt',
    summary:
      'Make one replicant of what the application here has by the name, and of what other members have; nothing is sent here',
    body: ref('Adopt'),
    answer: ok('It is one from now on.', ref('Adopted')),
    errors: [
      'ERR_ADMIN_INPUT',
      'ERR_REPLICANT_NOT_FOUND',
      'ERR_REPLICANT_BOUND',
      'ERR_REPLICANT_UNNAMED',
      'ERR_REPLICANT_MEMBERS',
      'ERR_SCOPE_UNKNOWN_SITE',
    ],
    async handle({ control, params, body }) {
      const { service = '', kind = '', name = '' } = params
      const given: Readonly<Record<string, unknown>> = typeof body === 'object' ? { ...body } : {}
      const { scope, overwrite = false } = given
      if (typeof scope !== 'string' || typeof overwrite !== 'boolean')
        throw new CheopsError(
          'ERR_ADMIN_INPUT',
          'The body needs "scope", members with "&" between them, and may have "overwrite", true or false.',
        )
      return json(await control.replication.adopt({ service, kind, name }, scope, overwrite))
    },
  },
  {
    method: 'POST',
    path: '/v1/replicants/{service}/{kind}/{name}/resolve',
    summary:
      'Settle the conflicts of one replicant, or say what is of a name that belongs to something else here, or of a write in doubt',
    query: {
      how: {
        description:
          'Of writes that lost: keep: what counts stays; take: one of them is carried out again. Of what is unbound: adopt: it is the resource, everywhere; replace: it gives way; leave: it stays, and this site leaves. Of a write in doubt: done: it took effect here; undone: it did not.',
        schema: { type: 'string', enum: [...HOW] },
      },
      write: { description: 'Of "take": the operation that lost, or the site that wrote it.', schema: text },
    },
    answer: ok('It is said; lanes carry it out.', ref('Resolved')),
    errors: [
      'ERR_ADMIN_INPUT',
      'ERR_REPLICANT_NOT_FOUND',
      'ERR_REPLICANT_BOUND',
      'ERR_REPLICANT_CERTAIN',
      'ERR_REPLICANT_LOCKED',
      'ERR_CONFLICT_NOT_FOUND',
      'ERR_CONFLICT_REFUSED',
    ],
    async handle({ control, params, query }) {
      const { service = '', kind = '', name = '' } = params
      const [how, write] = [HOW.find(known => known === query.get('how')), query.get('write')]
      if (how === undefined) throw new CheopsError('ERR_ADMIN_INPUT', `"how" is ${HOW.join(', ')}.`)
      if ((how === 'take') !== (write !== null))
        throw new CheopsError('ERR_ADMIN_INPUT', '"write" names the write to take, and stands with "how=take" alone.')
      const replicant = { service, kind, name }
      if (how === 'take' && write !== null)
        return json({ how, settled: await control.replication.settle(replicant, { how, write }) })
      if (how === 'keep') return json({ how, settled: await control.replication.settle(replicant, { how }) })
      if (how === 'done' || how === 'undone')
        return json({ how, settled: [await control.replication.decide(replicant, how === 'done')] })
      if (how !== 'take') await control.replication.resolve(replicant, how)
      return json({ how, settled: [] })
    },
  },
  {
    method: 'GET',
    path: '/v1/replication/peers',
    summary: 'How this site stands with each one that it tells of replicants: what waits for it, and for how long',
    answer: ok('By site.', listOf('ReplicationPeer')),
    handle: ({ control }) => json(control.replication.peers()),
  },
]

/** @throws CheopsError ERR_ADMIN_INPUT */
function secondsOf(query: URLSearchParams): number {
  const seconds = Number(query.get('wait') ?? 0)
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_WAIT_SECONDS) return seconds
  throw new CheopsError('ERR_ADMIN_INPUT', `"wait" is a whole number of seconds from 0 to ${String(MAX_WAIT_SECONDS)}.`)
}

/** @throws CheopsError ERR_ADMIN_INPUT */
function detachBody({ body }: RouteContext): { force: boolean; replicants: readonly ReplicantName[] | undefined } {
  const refuse = (why: string): never => {
    throw new CheopsError('ERR_ADMIN_INPUT', why)
  }
  if (!isObject(body)) return refuse('The body must be a JSON object.')
  const { force = false, replicants } = body
  if (typeof force !== 'boolean') return refuse('"force" is true or false.')
  if (replicants === undefined) return { force, replicants }
  if (!Array.isArray(replicants) || replicants.length === 0 || replicants.length > MAX_NAMED)
    return refuse(`"replicants" is a list of 1 to ${String(MAX_NAMED)} names; without it all are meant.`)
  const names = replicants.map((text: unknown) => {
    const name = typeof text === 'string' ? parseReplicantText(text) : undefined
    return name ?? refuse(`${JSON.stringify(text)} is no SERVICE/KIND/NAME, as "inventory/items/purple" is.`)
  })
  return { force, replicants: names }
}

function pageOf({ query, signal }: RouteContext): PageQuery {
  const after = query.get('after') ?? undefined
  // Three names as encodeURIComponent writes them: what was given out, and nothing else that could be a key.
  if (after !== undefined && !/^(?:[\w.~!*'()%-]+\/){2}[\w.~!*'()%-]+$/.test(after))
    throw new CheopsError('ERR_ADMIN_INPUT', '"after" must be "next" of another page.')
  const limit = Number(query.get('limit') ?? PAGE)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw new CheopsError('ERR_ADMIN_INPUT', `"limit" is a whole number from 1 to ${String(MAX_PAGE)}.`)
  return { after, limit, signal }
}
