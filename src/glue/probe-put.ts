import { isSuccess } from '../core/resource/success.ts'
import { pointerGet, pointerSet } from './pointer.ts'
import { isInDoubt, removeDoubtful, removeProbe } from './probe-change.ts'
import type { MadeProbe } from './probe-creation.ts'
import { alike } from './probe-name.ts'
import type { ProbedKind } from './probed-kind.ts'
import { traitsOf } from './traits.ts'

/**
 * Finds out whether a PUT makes what is not there, where the definition does not say so: under "&" such a PUT would be refused, though it is the
 * application's usual way. What it makes is taken away again.
 * @param probe that was deleted
 * @param taken a body which it took by PUT; undefined where it took none
 */
export async function tryPut(probed: ProbedKind, probe: MadeProbe, taken: unknown): Promise<void> {
  const { create, id: ids } = probed.kind
  const isSaid = create?.method === 'PUT' || create?.also?.includes('PUT') === true
  if (isSaid || taken === undefined || ids?.from === 'server') return
  // An ID that the application chose may be somebody else's by now: some give one again once it is free.
  const id = probe.isDrawn ? probe.id : (alike(probe.id) ?? probed.own)
  const body = traitsOf(probed.kind).idAt.reduce<unknown>(
    (said, at) => (pointerGet(said, at) === undefined ? said : pointerSet(said, at, id)),
    taken,
  )
  const path = probed.pathOf(id)
  const before = await probed.send('read', 'GET', path, undefined, () => true)
  // What is still shown would only be replaced.
  if (before === undefined || isSuccess(before.status)) return
  const made = await probed.send('create', 'PUT', path, body, () => true)
  if (isInDoubt(made)) return removeDoubtful(probed, path, made)
  if (made === undefined || !isSuccess(made.status)) return
  const after = await probed.send('read', 'GET', path, undefined, () => true)
  if (after !== undefined && isSuccess(after.status)) {
    const message =
      'a PUT makes what is not there, and the definition does not say so: write "create: {also: [PUT]}", else a PUT under "&" of what is not there is refused'
    probed.say('warning', create === undefined ? [] : ['create'], message)
  } else {
    const message = `what a PUT has made that was answered ${made.status} was not found at ${path}: a probe may be left at ${probed.url}${probed.kind.collection}`
    probed.say('warning', [], message)
  }
  await removeProbe(probed, path)
}
