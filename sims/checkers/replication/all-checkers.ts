import { dotsAreUnique } from './dots-are-unique.ts'
import { executedOnce } from './executed-once.ts'
import { nobodyStaysDiverged } from './nobody-stays-diverged.ts'
import { notDoneAgain } from './not-done-again.ts'
import { nothingDeleted } from './nothing-deleted.ts'
import { nothingForeign } from './nothing-foreign.ts'
import { nothingLost } from './nothing-lost.ts'
import { nothingShortenedAway } from './nothing-shortened-away.ts'
import { nothingHeldOutside } from './nothing-held-outside.ts'
import { nothingToldOutside } from './nothing-told-outside.ts'
import { oncePerKey } from './once-per-key.ts'
import { sameConflicts } from './same-conflicts.ts'
import { sameOperations } from './same-operations.ts'
import { sameSchedule } from './same-schedule.ts'
import { sameState } from './same-state.ts'
import type { EndingChecker } from './ending-checker.ts'

/** Everything that is looked at when a run of the replication has come to rest. */
export const CHECKERS: readonly EndingChecker[] = [
  sameOperations,
  sameSchedule,
  sameState,
  sameConflicts,
  nothingLost,
  nothingDeleted,
  nothingForeign,
  executedOnce,
  oncePerKey,
  notDoneAgain,
  nothingShortenedAway,
  nothingToldOutside,
  nothingHeldOutside,
  dotsAreUnique,
]

/** What is looked at when all that has held for a while: it may take longer, since states are said ten minutes apart. */
export const PATIENT_CHECKERS: readonly EndingChecker[] = [nobodyStaysDiverged]
