import { isSuccess } from '../core/resource/success.ts'
import type { ProbedKind } from './probed-kind.ts'

/**
 * Whether a PUT makes what is not there, where the definition does not say so: under "&" such a PUT would be refused, though it is the
 * application's usual way.
 * @param path of a probe that was deleted
 * @param body which it took by PUT; undefined where it took none
 * @returns whether there may be a probe at `path` now
 */
export async function tryPut(probed: ProbedKind, path: string, body: unknown): Promise<boolean> {
  const { create, id } = probed.kind
  const isSaid = create?.method === 'PUT' || create?.also?.includes('PUT') === true
  if (isSaid || body === undefined || id?.from === 'server') return false
  const before = await probed.send('read', 'GET', path, undefined, () => true)
  // What is still shown would only be replaced.
  if (before === undefined || isSuccess(before.status)) return false
  const made = await probed.send('create', 'PUT', path, body, () => true)
  if (made === undefined) return true
  if (!isSuccess(made.status)) return false
  const after = await probed.send('read', 'GET', path, undefined, () => true)
  if (after !== undefined && isSuccess(after.status)) {
    const message =
      'a PUT makes what is not there, and the definition does not say so: write "create: {also: [PUT]}", else a PUT under "&" of what is not there is refused'
    probed.say('warning', create === undefined ? [] : ['create'], message)
  }
  return true
}
