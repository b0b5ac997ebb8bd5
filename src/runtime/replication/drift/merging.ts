import type { Operation, Payload } from '../../../core/oplog/index.ts'
import type { State } from '../application/state.ts'
import { isJsonPatch } from './json-patch.ts'
import { isObject } from './merge-patch.ts'

/**
 * Whether what an operation has set can be seen: a merge patch, or a PATCH of plain JSON, which nearly all applications take for one. Where what it names is shown, it is
 * in effect; where it is not, nobody can say.
 */
export function isMerging({ type, payload }: Pick<Operation, 'type' | 'payload'>, state: State | undefined): boolean {
  if (type !== 'patch') return type === 'merge'
  if (state?.is !== 'json' || !isObject(state.value)) return false
  const headers = payload?.headers ?? []
  return !isJsonPatch(headers) && !mergesLists(headers, state.value)
}

/** Strategic merge patches and server-side apply, of Kubernetes. */
const BY_KEYS = /^application\/(strategic-merge-patch\+json|apply-patch\+yaml)\b/i

/**
 * Whether the application merges lists in it by keys of their items, or is told by directives (`$patch`) what to do: what comes of that only the application knows, and
 * what takes an item out nobody ever shows.
 */
export function mergesLists(headers: Payload['headers'], body: unknown): boolean {
  return headers.some(([name, value]) => name === 'content-type' && BY_KEYS.test(value)) && hasListOrDirective(body)
}

function hasListOrDirective(value: unknown): boolean {
  if (Array.isArray(value)) return true
  return (
    isObject(value) && Object.entries(value).some(([name, item]) => name.startsWith('$') || hasListOrDirective(item))
  )
}
