import type { Effect, Look } from '../../world/fake-application.ts'

/** An answer and the commits between it and what is sent because of it take less, milliseconds: who sends so soon has read just before. */
const AT_ONCE_MS = 100

/**
 * Effects of one request at one application without those that nobody could have known of: the request was given up, the application was
 * read and showed nothing of it, it was sent again at once, and the first one landed only after that reading. No request can exclude that. Who
 * sends again what was read long before, or after the first had landed, is not excused.
 *
 * @param effects of one request, in any order
 * @param looks what was read at that application
 */
export function withoutUnknowable(effects: readonly Effect[], looks: readonly Look[]): readonly Effect[] {
  const inOrderSent = effects.toSorted((a, b) => sentAt(a) - sentAt(b))
  return inOrderSent.filter((effect, place) => {
    const before = inOrderSent[place - 1]
    return before === undefined || !couldNotKnow(before, effect, looks)
  })
}

function couldNotKnow(first: Effect, again: Effect, looks: readonly Look[]): boolean {
  if (first.late === undefined) return false
  const sent = sentAt(again)
  const look = looks.findLast(({ at, path }) => path === again.path && at <= sent)
  return look !== undefined && sentAt(first) < look.at && look.at < first.at && sent - look.at <= AT_ONCE_MS
}

/** What does not land late takes effect when it is sent. */
function sentAt({ at, late }: Effect): number {
  return late?.sentAt ?? at
}
