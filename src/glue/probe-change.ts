/** How a probe is changed and taken away: as the agent would do it at an application that wants to be told which version is meant. */
import { headerValue } from '../core/resource/http-head.ts'
import { isSuccess } from '../core/resource/success.ts'
import type { KindDefinition } from './definition.ts'
import type { Answer } from './instance-request.ts'
import type { ProbedKind } from './probed-kind.ts'
import { traitsOf } from './traits.ts'

/** What takes no change without a precondition (428) is told what it shows now. */
export async function change(
  probed: ProbedKind,
  step: 'update' | 'delete',
  method: string,
  path: string,
  body: unknown,
  expected: (status: number) => boolean,
  meaning: Readonly<Record<string, string>>,
): Promise<Answer | undefined> {
  const isExpected = (status: number): boolean => status === PRECONDITION_REQUIRED || expected(status)
  const answer = await probed.send(step, method, path, body, isExpected, meaning)
  if (answer?.status !== PRECONDITION_REQUIRED) return answer
  const current = await probed.send('read', 'GET', path, undefined)
  const tag = current && headerValue(current.rawHeaders, 'etag')
  if (tag === undefined) return answer
  return probed.send(step, method, path, body, expected, { ...meaning, 'if-match': tag })
}

/** The application changes nothing where it is not told which version is meant. */
const PRECONDITION_REQUIRED = 428

/** Headers that say the version that was shown, for an application that wants to be told. */
export function meaningOf(kind: KindDefinition, { rawHeaders }: Answer): Readonly<Record<string, string>> {
  const tag = headerValue(rawHeaders, 'etag')
  return traitsOf(kind).conditions.in !== 'nothing' && tag?.startsWith('"') === true ? { 'if-match': tag } : {}
}

export const isAbsent = (answer: Answer | undefined): boolean => answer?.status === 404 || answer?.status === 410
export const isGone = (status: number): boolean => isSuccess(status) || status === 404 || status === 410

/**
 * Takes away what stands at a path whose ID was drawn here, or what is known to have been made here, and says where it cannot.
 * @returns whether there was something that is gone now, nothing, or something that is left
 */
export function removeProbe(probed: ProbedKind, path: string): Promise<'removed' | 'absent' | 'left'> {
  return probed.evenInterrupted(() => remove(probed, path))
}

async function remove(probed: ProbedKind, path: string): Promise<'removed' | 'absent' | 'left'> {
  const current = await probed.send('read', 'GET', path, undefined, () => true)
  const meaning = current === undefined ? {} : meaningOf(probed.kind, current)
  const answer = await change(probed, 'delete', 'DELETE', path, undefined, isGone, meaning)
  if (answer !== undefined && isGone(answer.status)) return isSuccess(answer.status) ? 'removed' : 'absent'
  if (isAbsent(current)) return 'absent'
  sayLeft(probed, path)
  return 'left'
}

export function sayLeft(probed: ProbedKind, path: string): void {
  probed.say('error', [], `the probe could not be removed; delete it yourself: DELETE ${probed.url}${path}`)
}

/** Whether nobody can tell from an answer, or from none, that a request was not carried out. */
export const isInDoubt = (answer: Answer | undefined): boolean => answer === undefined || answer.status >= 500

/**
 * Takes away what a create in doubt may have made under an ID that was drawn here. What a gateway has given up on, or nothing has answered, may
 * still be on its way: it is waited for a while, as after other creates, and said where it has not come.
 */
export async function removeDoubtful(probed: ProbedKind, path: string, answer: Answer | undefined): Promise<void> {
  const isUnderWay = answer === undefined || answer.status === 502 || answer.status === 504
  if (isUnderWay) await probed.until(path, isSuccess)
  const is = await removeProbe(probed, path)
  if (!isUnderWay || is !== 'absent') return
  const message = `nobody knows whether a create that was answered ${answer?.status ?? 'nothing'} is carried out yet: a probe may be left at ${probed.url}${path}`
  probed.say('warning', [], message)
}
