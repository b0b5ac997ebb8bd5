// What a fake control answers of single operations and of members, from constants.
import { CheopsError } from '../../../src/errors.ts'
import type { OperationDetail, ReplicationControl } from '../../../src/ports/replication-control.ts'

export const OPERATION = 'site1/1763800000000-9f86d081884c7d65/3'

const written: OperationDetail = {
  replicant: { service: 'inventory', kind: 'items', name: 'purple' },
  operation: OPERATION,
  site: 'site1',
  at: 1_763_805_600_000,
  type: 'replace',
  request: { method: 'PUT', path: '/items/purple', bytes: 17 },
  members: undefined,
  fate: 'executed',
  detail: undefined,
  why: undefined,
  life: 'site1/1763800000000-9f86d081884c7d65/1',
  sites: [
    { site: 'site1', outcome: 'applied', status: 200, at: 1_763_805_600_000 },
    { site: 'site2', outcome: 'pending', at: 0 },
  ],
  done: false,
  version: 'executed site1=applied200 site2=pending',
}

/** The second answer about the operation, to who knows the first. */
const finished: OperationDetail = {
  ...written,
  sites: [
    { site: 'site1', outcome: 'applied', status: 200, at: 1_763_805_600_000 },
    { site: 'site2', outcome: 'failed', status: 507, at: 1_763_805_601_000 },
  ],
  done: true,
  version: 'executed site1=applied200 site2=failed507',
}

/** @param calls is told what was called, with its arguments */
export function fakeReplication(calls: string[]): ReplicationControl {
  return {
    async history({ service, kind, name }) {
      if (name !== 'purple') throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `Nothing is replicated here as ${name}.`)
      const { replicant: _, why: __, done: ___, version: ____, ...entry } = written
      return {
        service,
        kind,
        name,
        members: ['site1', 'site2'],
        state: 'agrees',
        deleted: false,
        reason: undefined,
        failing: [],
        operations: [
          {
            ...entry,
            operation: 'site2/1763800000000-9f86d081884c7d65/9',
            site: 'site2',
            fate: 'conflict',
            detail: 'another write counts',
          },
          entry,
        ],
        omitted: 4,
      }
    },
    async operation(operation, { known, waitMs }) {
      calls.push(`operation ${operation} ${String(waitMs)}`)
      if (operation !== OPERATION) throw new CheopsError('ERR_OPERATION_NOT_FOUND', `Nothing is known of ${operation}.`)
      return known === undefined ? written : finished
    },
    async operationBody(operation) {
      calls.push(`operation body ${operation}`)
      if (operation !== OPERATION) throw new CheopsError('ERR_OPERATION_NOT_FOUND', `Nothing is known of ${operation}.`)
      const headers = [['content-type', 'application/json']] as const
      return { operation, method: 'PUT', path: '/items/purple', headers, bytes: 7, encoding: 'text', body: '{"n":1}' }
    },
    async detach(site, { replicants, force, after }) {
      calls.push(`detach ${site} ${JSON.stringify(replicants ?? 'all')} ${String(force)} ${after ?? '-'}`)
      if (site === 'site2' && !force) throw new CheopsError('ERR_REPLICANT_MEMBER_ALIVE', 'site2 is alive.', { site })
      const name = { service: 'inventory', kind: 'items', name: after === undefined ? 'purple' : 'red' }
      return {
        detached: [{ replicant: name, operation: OPERATION }],
        kept: after === undefined ? [] : [{ ...name, name: 'alone' }],
        next: after === undefined && replicants === undefined ? 'inventory/items/purple' : undefined,
      }
    },
    async attach(site, { replicants, after }) {
      calls.push(`attach ${site} ${JSON.stringify(replicants ?? 'all')} ${after ?? '-'}`)
      if (site === 'site9') throw new CheopsError('ERR_SITE_UNKNOWN', 'No site is called "site9".', { site })
      const name = { service: 'inventory', kind: 'items', name: after === undefined ? 'purple' : 'red' }
      return {
        attached: [{ replicant: name, operation: OPERATION }],
        next: after === undefined && replicants === undefined ? 'inventory/items/purple' : undefined,
      }
    },
    async repair({ name }, from) {
      calls.push(`repair ${name} ${from ?? '-'}`)
      if (from === 'site4') return { result: 'not-yet', waitsFor: [from] }
      return { result: from === 'site3' ? 'nobody' : 'copied' }
    },
    async resolve({ name }, how) {
      calls.push(`resolve ${name} ${how}`)
      if (how === 'leave') throw new CheopsError('ERR_REPLICANT_BOUND', `${name} is not unbound here.`)
    },
    async settle({ name }, choice) {
      const write = choice.how === 'take' ? choice.write : '-'
      calls.push(`settle ${name} ${choice.how} ${write}`)
      if (write === 'site9')
        throw new CheopsError('ERR_CONFLICT_NOT_FOUND', `site9 wrote nothing to ${name} that has lost.`)
      return [OPERATION]
    },
    async adopt({ name }, scope, overwrites) {
      calls.push(`adopt ${name} ${scope} ${String(overwrites)}`)
      if (name === 'blue') throw new CheopsError('ERR_REPLICANT_NOT_FOUND', 'The application at site1 has no blue.')
      const unseen = name === 'locked' && { neverShown: ['/password'] }
      return { operation: OPERATION, members: ['site1', 'site2'], ...unseen }
    },
    async decide({ name }, tookEffect) {
      calls.push(`decide ${name} ${String(tookEffect)}`)
      if (!tookEffect) throw new CheopsError('ERR_REPLICANT_CERTAIN', `No write to ${name} is in doubt here.`)
      return OPERATION
    },
    peers: () => [
      { site: 'site2', connected: true, outbox: 0, lagMs: 0, shared: 3, digest: 'agrees', agreedAt: 1_763_805_600_000 },
      {
        site: 'site3',
        connected: false,
        outbox: 12,
        lagMs: 3_600_000,
        shared: 3,
        digest: 'unknown',
        agreedAt: undefined,
      },
    ],
  }
}
