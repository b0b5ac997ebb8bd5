/** What members tell of removals that are not known here yet: kept until they are, so many of each, since anybody can tell of what never comes. */
import { MAX_EARLY_DOTS, MAX_EARLY_WORDS, MAX_EARLY_WORDS_EACH } from './limits.ts'
import { sameDot } from './order.ts'
import type { RemovalTold } from './replicant.ts'

/** The words with another one, in the place of what its member has told of that removal before. */
export function withEarlyWord(early: readonly RemovalTold[], word: RemovalTold): readonly RemovalTold[] {
  const others = early.filter(
    ({ removal, member }) => member !== word.member || !sameDot(removal.dot, word.removal.dot),
  )
  // What one member makes up takes no room from the words of others.
  const own = [...others.filter(({ member }) => member === word.member), word]
  const rest = others.filter(({ member }) => member !== word.member)
  return [...rest, ...newest(own)].slice(-MAX_EARLY_WORDS)
}

/** As many of one member's words as are kept, the newest ones. */
function newest(words: readonly RemovalTold[]): readonly RemovalTold[] {
  let dots = 0
  const kept: RemovalTold[] = []
  for (const word of words.slice(-MAX_EARLY_WORDS_EACH).toReversed()) {
    dots += word.held.length + 1
    if (dots > MAX_EARLY_DOTS) break
    kept.unshift(word)
  }
  return kept
}
