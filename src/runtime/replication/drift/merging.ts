import type { Operation } from '../../../core/oplog/index.ts'
import type { State } from '../application/state.ts'
import { isJsonPatch } from './json-patch.ts'
import { isObject } from './merge-patch.ts'

/**
 * Whether what an operation has set can be seen: a merge patch, or a PATCH of plain JSON, which nearly all applications take for one. Where what it names is shown, it is
 * in effect; where it is not, nobody can say.
 */
export function isMerging({ type, payload }: Pick<Operation, 'type' | 'payload'>, state: State | undefined): boolean {
  if (type !== 'patch') return type === 'merge'
  return state?.is === 'json' && isObject(state.value) && !isJsonPatch(payload?.headers ?? [])
}
