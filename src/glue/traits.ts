import type { KindTraits, OperationTraits } from '../ports/replication-glue.ts'
import type { GlueDefinition, KindDefinition, OperationDefinition } from './definition.ts'
import { compileTemplate, endsInRest } from './template.ts'

/** Where an ID stands when the definition does not say. */
const DEFAULT_ID_AT: readonly string[] = ['/id']

/** Some applications answer 406, or with a page for people, where nobody says what is wanted; of a body that is no JSON there is one form only. */
const DEFAULT_ACCEPT = 'application/json, */*;q=0.5'

/**
 * A definition's kind with all its defaults.
 * @param shared `agent-headers` of the whole definition
 * @throws TemplateError
 */
export function traitsOf(kind: KindDefinition, shared: GlueDefinition['agent-headers'] = {}): KindTraits {
  const at = kind.id?.at
  return {
    level: kind.level ?? 'eventual',
    idFrom: kind.id?.from ?? (isMadeByPath(kind) ? 'client' : 'either'),
    idAt: at === undefined ? DEFAULT_ID_AT : typeof at === 'string' ? [at] : at,
    createMethod: kind.create?.method ?? 'POST',
    isMadeByPath: isMadeByPath(kind),
    createsBy: [...new Set([kind.create?.method ?? 'POST', ...(kind.create?.also ?? [])])],
    isImmutable: kind.immutable ?? false,
    putMerges: kind.put === 'merges',
    hasFolders: endsInRest(compileTemplate(kind.resource)),
    agentHeaders: [
      ...new Map([['accept', DEFAULT_ACCEPT], ...lowered(shared), ...lowered(kind['agent-headers'] ?? {})]),
    ],
    comparesAll: kind.compare !== 'written',
    writeOnly: kind['write-only'] ?? [],
    markerAt: kind.marker?.at,
    conditions: conditionsOf(kind.conditions),
    settlesWithinMs: kind['settle-within'] === undefined ? undefined : kind['settle-within'] * 1_000,
    operations: operationTraits(kind),
  }
}

/** Whether what makes one is asked for at the resource's own path: what has no name yet cannot be asked for there. */
export function isMadeByPath({ create }: KindDefinition): boolean {
  return create?.method === 'PUT' || create?.on === 'resource'
}

function lowered(headers: Readonly<Record<string, string>>): [name: string, value: string][] {
  return Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
}

function conditionsOf(conditions: KindDefinition['conditions']): KindTraits['conditions'] {
  if (typeof conditions === 'object') return { in: 'body', at: conditions.at }
  return { in: conditions === 'if-match' ? 'if-match' : 'nothing' }
}

/** By name, those of HTTP and what Cheops issues itself included. */
function operationTraits(kind: KindDefinition): Readonly<Record<string, OperationTraits>> {
  const own = Object.entries(kind.operations ?? {}).map(([name, operation]) => [name, customTraits(operation)] as const)
  return {
    // A POST that is sent again may make a second one where the application chooses IDs; its doubt is resolved by reading.
    create: { isReset: true, mayReplay: true, maySendAgain: kind.create?.method === 'PUT' },
    replace: { isReset: true, mayReplay: true, maySendAgain: true },
    delete: { isReset: true, mayReplay: true, maySendAgain: true },
    state: { isReset: true, mayReplay: true, maySendAgain: true },
    merge: { isReset: false, mayReplay: true, maySendAgain: true },
    // On an earlier state a patch does what it did; on top of itself it may not (adding to an array).
    patch: { isReset: false, mayReplay: true, maySendAgain: false },
    ...Object.fromEntries(own),
  }
}

/** PUT and DELETE may be sent twice by their definition (RFC 9110, 9.2.2), and so may what says what the resource is. */
function customTraits({ method, reset = false, replay }: OperationDefinition): OperationTraits {
  const mayReplay = replay ?? (reset || method === 'PUT' || method === 'DELETE')
  return { isReset: reset, mayReplay, maySendAgain: mayReplay }
}
