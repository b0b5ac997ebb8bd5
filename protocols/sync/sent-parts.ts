import type { OutboxEntry, SyncMessage } from '../../src/ports/sync.ts'

/** What bytes of a conversation were spent on: a message as a whole, or one entry of many. */
export type SentPart = Exclude<SyncMessage['kind'], 'entries'> | OutboxEntry['kind'] | 'entries'

/** By the number of the field that an entry has. */
const ENTRIES: readonly (OutboxEntry['kind'] | undefined)[] = [
  undefined,
  'operation',
  'acknowledgement',
  'outcome',
  'removal',
  'matrix',
  'transfer',
]

/**
 * Tells of a message what its bytes are for. Entries are compressed together, so that each kind has a share by its length before; `entries` are
 * those of kinds that are not known here.
 */
export function tellParts(
  message: SyncMessage,
  frameBytes: number,
  tell: (part: SentPart, bytes: number) => void,
): void {
  if (message.kind !== 'entries') return tell(message.kind, frameBytes)
  const lengths = new Map<SentPart, number>()
  let total = 0
  for (const entry of message.entries) {
    const part = ENTRIES[(entry[0] ?? 0) >> 3] ?? 'entries'
    lengths.set(part, (lengths.get(part) ?? 0) + entry.length)
    total += entry.length
  }
  for (const [part, length] of lengths) tell(part, Math.round((frameBytes * length) / Math.max(1, total)))
}
