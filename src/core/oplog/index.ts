export * from './acknowledgements.ts'
export * from './admit.ts'
export {
  conflictsOf,
  isPutAwayOutside,
  leftAsConflicts,
  settlingContext,
  type Conflict,
  type Settles,
} from './conflicts.ts'
export * from './client-context.ts'
export * from './context.ts'
export { type Dropper, type Droppers } from './dropped.ts'
export * from './executed.ts'
export { NOTHING_KNOWN, knowsAll, type Hole, type Known } from './holes.ts'
export { isOfKey, keyOf, resetKeyOf, type Keys } from './idempotency.ts'
export { fateOf, isDeleted, operationsPastReset, withOwnKeys, type Life, type LifeSummary } from './life.ts'
export * from './level.ts'
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
export { leavingContext, membersOf, type MemberChange, type MemberChanges } from './members.ts'
export * from './name-buckets.ts'
export * from './bucket-set.ts'
export * from './operation.ts'
export * from './order.ts'
export { partingFor } from './parting.ts'
export * from './plan.ts'
export { type OperationProblem } from './problem.ts'
export * from './prune.ts'
export {
  findLife,
  hasParted,
  holderOf,
  isKnown,
  leavesOfReplicant,
  livesWithoutCreate,
  memberByOf,
  membersOfReplicant,
  missingMatrices,
  missingOf,
  newReplicant,
  type Leave,
  type RemovalTold,
  wasRemoved,
  type Replicant,
} from './replicant.ts'
export { isShortener, stateIssuer, type Standing } from './state-issuer.ts'
export { commute, scheduleOf, type Schedule } from './schedule.ts'
export * from './stamp-clock.ts'
export { type ReplicantEffect, type ReplicantStep } from './step.ts'
export * from './transfer.ts'
