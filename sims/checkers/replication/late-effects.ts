import type { Effect, Look } from '../../world/fake-application.ts'

/** An answer and the commits between it and what is sent because of it take less, milliseconds: who sends so soon has read just before. */
const AT_ONCE_MS = 100

/**
 * Effects of one request at one application without those that nobody could have known of: the request was given up, the application was
 * read and showed nothing of it, it was sent again, before the first one landed or at once, and that landed only after that reading. No request can exclude that. Who
 * sends again what was read long before, or after the first had landed, is not excused.
 *
 * Nor could anybody know that a whole body was on its way that landed late and took the first one with it.
 *
 * @param effects of one request, in any order
 * @param all what happened at that application, in its order
 * @param looks what was read there
 * @param areSeveral they are of several operations that are one request, which may take effect each, with a whole body in between: then what came before that says
 *   nothing of what came after it, and what was on its way before both is on its way still
 */
export function withoutUnknowable(
  effects: readonly Effect[],
  all: readonly Effect[],
  looks: readonly Look[],
  areSeveral = false,
): readonly Effect[] {
  const inOrderSent = effects.toSorted((a, b) => sentAt(a) - sentAt(b))
  return inOrderSent.filter((effect, place) => {
    for (const before of inOrderSent.slice(0, place).toReversed()) {
      if (couldNotKnow(before, effect, looks) || wasTakenLate(before, effect, all)) return false
      if (!areSeveral || wholeBetween(before, effect, all).length === 0) return true
    }
    return true
  })
}

function couldNotKnow(first: Effect, again: Effect, looks: readonly Look[]): boolean {
  if (first.late === undefined) return false
  const sent = sentAt(again)
  const look = looks.findLast(({ at, path }) => path === again.path && at <= sent)
  if (look === undefined || look.at <= sentAt(first) || look.at >= first.at) return false
  // Where it has not landed by then no later reading could have shown it either.
  return sent < first.at || sent - look.at <= AT_ONCE_MS
}

function wasTakenLate(first: Effect, again: Effect, all: readonly Effect[]): boolean {
  return wholeBetween(first, again, all).some(({ late }) => late !== undefined)
}

/** What took effect after the one and before the other, and says what the resource is, or that it is none. */
function wholeBetween(first: Effect, again: Effect, all: readonly Effect[]): readonly Effect[] {
  const here = all.filter(({ path }) => path === first.path)
  const between = here.slice(here.indexOf(first) + 1, Math.max(0, here.indexOf(again)))
  return between.filter(({ method, added }) => method !== 'PATCH' && added === undefined)
}

/** What does not land late takes effect when it is sent. */
function sentAt({ at, late }: Effect): number {
  return late?.sentAt ?? at
}
