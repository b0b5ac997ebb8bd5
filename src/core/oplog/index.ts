export * from './acknowledgements.ts'
export { conflictsOf, type Conflict } from './conflicts.ts'
export * from './context.ts'
export { lastDelete, type Dropper, type Droppers } from './dropped.ts'
export * from './executed.ts'
export { NOTHING_KNOWN, wasHeld, type Hole, type Known } from './holes.ts'
export { keyOf, type Keys } from './idempotency.ts'
export { fateOf, hasCreate, isDeleted, operationsPastReset, type Life, type LifeSummary } from './life.ts'
export * from './limits.ts'
export {
  compileMatrix,
  isReset,
  matrixProblems,
  NO_MATRICES,
  type Matrices,
  type Matrix,
  type MatrixDefinition,
  type Resolution,
} from './matrix.ts'
export { membersOf, type MemberChange, type MemberChanges } from './members.ts'
export { countedChanges } from './names.ts'
export * from './operation.ts'
export * from './order.ts'
export * from './plan.ts'
export { problemOf, type OperationProblem } from './problem.ts'
export * from './prune.ts'
export * from './replicant.ts'
export { commute, scheduleOf, type Schedule } from './schedule.ts'
export * from './stamp-clock.ts'
export * from './transfer.ts'
