/** What the list of a kind tells of a probe: which IDs it shows, before it is made and afterwards. */
import { isSuccess } from '../core/resource/success.ts'
import { compileGlue } from './compile.ts'
import type { KindDefinition } from './definition.ts'
import type { Answer } from './instance-request.ts'
import { itemName, items } from './lists.ts'
import type { ProbedKind } from './probed-kind.ts'

/** To requests a slash at the end of the collection makes no difference; to servers of files it does. */
export async function readList(
  probed: ProbedKind,
  expected?: (status: number) => boolean,
): Promise<Answer | undefined> {
  const { collection } = probed.kind
  const answer = await probed.send('list', 'GET', collection, undefined, expected ?? (status => status < 400))
  if (answer?.location?.endsWith(`${collection}/`) !== true) return answer
  return probed.send('list', 'GET', `${collection}/`, undefined, expected)
}

/** The IDs in a list; undefined where it cannot be read, or shows something that has none. */
export function idsIn(kind: KindDefinition, answer: Answer | undefined): ReadonlySet<string> | undefined {
  if (answer === undefined || !isSuccess(answer.status)) return undefined
  const glue = compileGlue({ glue: 1, application: KIND, kinds: { [KIND]: kind } })
  const list = items(glue, KIND, { is: 'json', value: answer.body })
  const ids = list?.items.map(item => itemName(glue, KIND, kind.collection, item))
  return ids?.every(id => id !== undefined) === true ? new Set(ids) : undefined
}

const KIND = 'probe'

/**
 * Whether a list shows that an ID has come. All that was there before has to be shown still: of a list in parts the first one shows other
 * things when one has come, and others may be in the rest.
 */
export function hasCome(
  id: string,
  before: ReadonlySet<string> | undefined,
  after: ReadonlySet<string> | undefined,
): boolean {
  if (before === undefined || after === undefined || before.has(id)) return false
  return after.has(id) && [...before].every(each => after.has(each))
}
