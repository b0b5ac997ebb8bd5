import type { ReplicantName } from '../../core/oplog/index.ts'
import { parseReplicantText, replicantText } from '../../core/oplog/replicant-text.ts'
import { CheopsError } from '../../errors.ts'
import { displayWidth } from '../output/display-width.ts'
import { printable } from '../output/visible.ts'

/** The argument of commands that are about one replicant. */
export const REPLICANT = { name: '<replicant>', help: 'SERVICE/KIND/NAME, as "cheops replicant ls" shows it' } as const

/** @throws CheopsError ERR_CLI_USAGE */
export function replicantName(text: string): ReplicantName {
  const name = parseReplicantText(text)
  if (name !== undefined) return name
  throw new CheopsError('ERR_CLI_USAGE', `"${text}" is no SERVICE/KIND/NAME, as inventory/items/purple is.`)
}

/** A line for each replicant that an operation was written to, the operations below each other. */
export function changeLines(
  changes: readonly { readonly replicant: ReplicantName; readonly operation: string }[],
): readonly string[] {
  const names = changes.map(({ replicant }) => printable(replicantText(replicant)))
  const width = Math.max(0, ...names.map(displayWidth))
  return changes.map(({ operation }, index) => {
    const name = names[index] ?? ''
    return `${name}${' '.repeat(width - displayWidth(name))}  ${operation}`
  })
}
