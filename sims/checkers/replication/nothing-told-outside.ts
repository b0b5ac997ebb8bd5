import type { EndingChecker } from './ending-checker.ts'

/** Who is no member any more is told nothing that was written by somebody who knew so: not by anybody who knew so too. */
export const nothingToldOutside: EndingChecker = {
  name: 'nothing is told to former members',
  look: ({ ledger }) => ledger.beliefs.toldOutside,
}
