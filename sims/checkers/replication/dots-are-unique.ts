import type { EndingChecker } from './ending-checker.ts'

/** No two operations ever had the same dot, whatever became of disks and clocks. */
export const dotsAreUnique: EndingChecker = {
  name: 'dots are never reused',
  look: ({ ledger }) => ledger.reused,
}
