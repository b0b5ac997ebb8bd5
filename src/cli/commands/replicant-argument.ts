import type { ReplicantName } from '../../core/oplog/index.ts'
import { parseReplicantText } from '../../core/oplog/replicant-text.ts'
import { CheopsError } from '../../errors.ts'

/** The argument of commands that are about one replicant. */
export const REPLICANT = { name: '<replicant>', help: 'SERVICE/KIND/NAME, as "cheops replicant ls" shows it' } as const

/** @throws CheopsError ERR_CLI_USAGE */
export function replicantName(text: string): ReplicantName {
  const name = parseReplicantText(text)
  if (name !== undefined) return name
  throw new CheopsError('ERR_CLI_USAGE', `"${text}" is no SERVICE/KIND/NAME, as inventory/items/purple is.`)
}
