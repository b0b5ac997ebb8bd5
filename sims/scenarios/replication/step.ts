/**
 * What a run does, as data: so that a plan can be drawn from a seed, shortened, told in words, and kept in a file.
 */

export type Step = { readonly at: number } & Deed

export type Deed =
  /** A client asks a site to write. */
  | {
      readonly do: 'create'
      readonly site: string
      readonly name: string
      readonly members: readonly string[]
      readonly token: string
      /** Idempotency key of the request: more steps may have it, with the same token or another one. */
      readonly key?: string
    }
  | {
      readonly do: 'merge' | 'count' | 'restore'
      readonly site: string
      readonly name: string
      readonly token: string
    }
  | {
      readonly do: 'add' | 'replace'
      readonly site: string
      readonly name: string
      readonly token: string
      /** As of a create. */
      readonly key?: string
    }
  /** `key` as of a create. */
  | { readonly do: 'delete'; readonly site: string; readonly name: string; readonly key?: string }
  | {
      readonly do: 'members'
      readonly site: string
      readonly name: string
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }
  /** An operator settles conflicts: what counts stays, or what a site wrote and lost is carried out again. */
  | { readonly do: 'settle'; readonly site: string; readonly name: string; readonly take?: string }
  /** An operator makes a replicant of what the application of a site has; what differs elsewhere gives way if `overwrites`. */
  | {
      readonly do: 'adopt'
      readonly site: string
      readonly name: string
      readonly members: readonly string[]
      readonly overwrites: boolean
    }
  /** An operator wants the state of another member copied, of that one if it is named. */
  | { readonly do: 'repair'; readonly site: string; readonly name: string; readonly from?: string }
  /** An operator says what becomes of a name that belongs to something else. */
  | {
      readonly do: 'resolve'
      readonly site: string
      readonly name: string
      readonly how: 'adopt' | 'replace' | 'leave'
    }
  /** An operator looks what became of a write in doubt, and says so. */
  | { readonly do: 'decide'; readonly site: string; readonly name: string }
  /** An operator removes a site from all replicants, or brings it back to those from which it was removed. */
  | { readonly do: 'detach' | 'attach'; readonly site: string; readonly other: string }
  /** Nothing passes from one site to another, for a while. */
  | { readonly do: 'cut'; readonly from: string; readonly to: string; readonly forMs: number }
  | { readonly do: 'isolate'; readonly site: string; readonly forMs: number }
  /** Conversations between two sites break off. */
  | { readonly do: 'break'; readonly between: readonly [string, string] }
  | { readonly do: 'slow'; readonly toMs: number; readonly forMs: number }
  | { readonly do: 'kill'; readonly site: string; readonly forMs: number }
  | { readonly do: 'jump'; readonly site: string; readonly byMs: number }
  | { readonly do: 'fail the disk'; readonly site: string; readonly forMs: number }
  /** The agent stops at it, or is stopped: it goes on with the backup that was just made, or with an empty disk. */
  | { readonly do: 'flip a record'; readonly site: string; readonly isLost?: boolean }
  /** A backup is made, and put back later, with the application's or without. */
  | { readonly do: 'set back'; readonly site: string; readonly afterMs: number; readonly withApplication?: boolean }
  /** The next write to the application goes wrong. */
  | {
      readonly do: 'break the application'
      readonly site: string
      readonly how: ApplicationFault
      /** When what is late comes, milliseconds after it was sent; 4,000 where it is left out. */
      readonly delayMs?: number
    }
  | { readonly do: 'stop the application'; readonly site: string; readonly forMs: number }
  /** A site does not let another one write there (`expose`), for a while. */
  | { readonly do: 'close'; readonly site: string; readonly origin: string; readonly forMs: number }
  /** Somebody writes past Cheops; equal tokens make equal resources. */
  | { readonly do: 'outsider'; readonly site: string; readonly name: string; readonly token: string }
  /** A body on the disk changes, of those that are kept as files. */
  | { readonly do: 'damage a body'; readonly site: string }
  /** There is no more room for bodies than is taken, for a while. */
  | { readonly do: 'fill the disk'; readonly site: string; readonly forMs: number }

export type ApplicationFault =
  'crash-before' | 'crash-after' | 'late-answer' | 'late-effect' | 'cut-answer' | 'refuse-503' | 'refuse-422'

/** One line of a story. */
export function inWords(step: Step): string {
  switch (step.do) {
    case 'create':
      return `a client at ${step.site} creates ${step.name} on ${step.members.join(' & ')} (${step.token}${keyed(step)})`
    case 'merge':
    case 'count':
    case 'restore':
      return `a client at ${step.site} asks to ${step.do} ${step.name} (${step.token})`
    case 'replace':
    case 'add':
      return `a client at ${step.site} asks to ${step.do} ${step.name} (${step.token}${keyed(step)})`
    case 'delete':
      return `a client at ${step.site} deletes ${step.name}${keyed(step)}`
    case 'members': {
      const changes = [...step.added.map(site => `+${site}`), ...step.removed.map(site => `-${site}`)]
      return `a client at ${step.site} changes the members of ${step.name}: ${changes.join(' ')}`
    }
    case 'settle':
      return `an operator at ${step.site} settles the conflicts of ${step.name}: ${step.take === undefined ? 'what counts stays' : `what ${step.take} wrote counts`}`
    case 'adopt':
      return `an operator at ${step.site} adopts ${step.name} on ${step.members.join(' & ')}${step.overwrites ? ', and overwrites' : ''}`
    case 'repair':
      return `an operator at ${step.site} repairs ${step.name}${step.from === undefined ? '' : ` from ${step.from}`}`
    case 'resolve':
      return `an operator at ${step.site} says what becomes of ${step.name} there: ${step.how}`
    case 'decide':
      return `an operator at ${step.site} says what became of the write to ${step.name} in doubt`
    case 'detach':
    case 'attach':
      return `an operator at ${step.site} wants to ${step.do} ${step.other}`
    case 'cut':
      return `nothing passes from ${step.from} to ${step.to} for ${seconds(step.forMs)}`
    case 'isolate':
      return `${step.site} is cut off from everybody for ${seconds(step.forMs)}`
    case 'break':
      return `conversations between ${step.between.join(' and ')} break off`
    case 'slow':
      return `messages take up to ${seconds(step.toMs)} for ${seconds(step.forMs)}`
    case 'kill':
      return `${step.site} is killed, and comes back after ${seconds(step.forMs)}`
    case 'jump':
      return `the clock of ${step.site} jumps by ${seconds(step.byMs)}`
    case 'fail the disk':
      return `no write to the disk of ${step.site} succeeds; it comes back after ${seconds(step.forMs)}`
    case 'flip a record':
      return `a record on the disk of ${step.site} changes; the disk is ${step.isLost === true ? 'replaced by an empty one' : 'set back to its last backup'}`
    case 'set back':
      return `a backup of the disk of ${step.site}${step.withApplication === true ? ' and of its application' : ''} is made, and put back after ${seconds(step.afterMs)}`
    case 'break the application':
      return `the application of ${step.site}: ${step.how} at the next write`
    case 'stop the application':
      return `the application of ${step.site} is away for ${seconds(step.forMs)}`
    case 'close':
      return `${step.site} does not let ${step.origin} write there for ${seconds(step.forMs)}`
    case 'outsider':
      return `somebody writes ${step.name} at ${step.site} past Cheops (${step.token})`
    case 'damage a body':
      return `a large body on the disk of ${step.site} is damaged`
    case 'fill the disk':
      return `there is no room for more large bodies at ${step.site} for ${seconds(step.forMs)}`
  }
}

function keyed({ key }: { readonly key?: string }): string {
  return key === undefined ? '' : `, key ${key}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
