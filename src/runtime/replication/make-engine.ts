import { ZERO_STAMP, dotKey, type ReplicantName } from '../../core/oplog/index.ts'
import { UnprovenNames } from './admission/unproven-names.ts'
import type { MatrixBook } from './admission/matrix-book.ts'
import { ApplicationTurns } from './application/application-turns.ts'
import { GivenNames } from './application/given-names.ts'
import { Slashes } from './application/slashes.ts'
import type { LargeBodies } from './bodies/large-bodies.ts'
import type { ReplicationOptions } from './context.ts'
import { Repairs } from './drift/repair.ts'
import type { Engine } from './engine.ts'
import type { Awaited } from './lane/awaited.ts'
import { Behind } from './lane/behind.ts'
import type { Lanes } from './lane/lanes.ts'
import type { Quarantine } from './lane/quarantine.ts'
import { Unanswered } from './lane/unanswered.ts'
import { Waiters } from './waiters.ts'
import type { ReplicasStore } from './store/replicas-store.ts'
import { TokenBuckets } from '../membership/token-buckets.ts'
import { ASKED_STATES, WANTED } from './limits.ts'
import { StampTime } from './write/stamp-time.ts'
import { KeyRuns } from './sync/key-runs.ts'
import { Ungiven } from './sync/ungiven.ts'
import { Scans } from './sync/scans.ts'
import { Standing } from './sync/standing.ts'
import { Strangers } from './sync/strangers.ts'
import { Tellers } from './sync/told-work.ts'

/** The parts that are started and stopped, which the engine stands between. */
export interface EngineParts {
  readonly options: ReplicationOptions
  readonly matrices: MatrixBook
  readonly replicas: ReplicasStore
  readonly bodies: LargeBodies
  readonly lanes: Lanes
  /** Replicants for which clients wait. */
  readonly awaited: Awaited
  readonly quarantine: Quarantine
  readonly connectedSince: Engine['connectedSince']
  readonly losesAll: Engine['losesAll']
  readonly lookAt: Engine['lookAt']
  /** Operations of a replicant wait for others. */
  readonly onWaits: (name: ReplicantName) => void
  /** Told of what cannot be gone on after. */
  readonly onFault: (error: unknown) => void
}

/** All that the parts of replication know of each other, at the start of a run. */
export function makeEngine(parts: EngineParts): Engine {
  const { options, matrices, replicas, bodies, lanes, quarantine, connectedSince, losesAll, lookAt, onWaits } = parts
  const { clock } = options
  let number = 0
  return {
    options: {
      ...options,
      turns: new ApplicationTurns(options.application, clock, parts.awaited),
      slashes: new Slashes(),
      givenNames: new GivenNames(),
      matrices: matrices.known,
    },
    matrices,
    replicas,
    unanswered: new Unanswered(options),
    waiters: new Waiters(clock, dotKey),
    repairs: new Repairs(name => lanes.kick(name)),
    heard: new Map(),
    standing: new Standing(clock, () => lookAtAll(parts)),
    behind: new Behind(clock),
    scans: new Scans(clock),
    keyRuns: new KeyRuns(options),
    strangers: new Strangers(clock),
    ungiven: new Ungiven(clock),
    unproven: new UnprovenNames(clock),
    waitingRoom: replicas.waitingRoom,
    wants: new TokenBuckets(WANTED),
    states: new TokenBuckets(ASKED_STATES),
    tellers: options.tellers ?? new Tellers(clock),
    connectedSince,
    losesAll,
    lookAt,
    toldAnew: new Map(),
    nextNumber: () => ++number,
    lastNumber: () => number,
    bodies: bodies.records,
    fetchBodies: () => bodies.fetch(),
    isGivenUp: body => bodies.isGivenUp(body),
    clock: ZERO_STAMP,
    time: new StampTime({ clock, othersAheadMs: options.othersAheadMs ?? (() => []), logger: options.logger }),
    leaveAlone: (name, error) => quarantine.take(name, error),
    waits: onWaits,
    kick: ({ name }) => lanes.kick(name),
    kickIn: ({ name }, inMs) => lanes.kick(name, inMs),
    isIdle: ({ name }) => lanes.isIdle(name),
  }
}

/** This store is an old backup: what its application has is compared at once, not at the first use. */
function lookAtAll({ options, replicas, lanes, onFault }: EngineParts): void {
  options.onEvent({ kind: 'set-back', site: options.site })
  const all = async (): Promise<void> => {
    for await (const name of replicas.names()) await replicas.with(name, () => lanes.kick(name))
  }
  all().catch(onFault)
}
