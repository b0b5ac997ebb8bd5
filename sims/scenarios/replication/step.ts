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
    }
  | { readonly do: 'replace' | 'merge'; readonly site: string; readonly name: string; readonly token: string }
  | {
      readonly do: 'add'
      readonly site: string
      readonly name: string
      readonly token: string
      /** Idempotency key of the request: more steps may have it, with the same token or another one. */
      readonly key?: string
    }
  | { readonly do: 'delete'; readonly site: string; readonly name: string }
  | {
      readonly do: 'members'
      readonly site: string
      readonly name: string
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }
  /** An operator settles conflicts: what counts stays, or what a site wrote and lost is carried out again. */
  | { readonly do: 'settle'; readonly site: string; readonly name: string; readonly take?: string }
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
  | { readonly do: 'break the application'; readonly site: string; readonly how: ApplicationFault }
  | { readonly do: 'stop the application'; readonly site: string; readonly forMs: number }
  /** A site does not let another one write there (`expose`), for a while. */
  | { readonly do: 'close'; readonly site: string; readonly origin: string; readonly forMs: number }
  /** Somebody writes past Cheops. */
  | { readonly do: 'outsider'; readonly site: string; readonly name: string; readonly token: string }

export type ApplicationFault =
  'crash-before' | 'crash-after' | 'late-answer' | 'late-effect' | 'cut-answer' | 'refuse-503' | 'refuse-422'

/** One line of a story. */
export function inWords(step: Step): string {
  switch (step.do) {
    case 'create':
      return `a client at ${step.site} creates ${step.name} on ${step.members.join(' & ')} (${step.token})`
    case 'replace':
    case 'merge':
      return `a client at ${step.site} asks to ${step.do} ${step.name} (${step.token})`
    case 'add': {
      const key = step.key === undefined ? '' : `, key ${step.key}`
      return `a client at ${step.site} asks to add ${step.name} (${step.token}${key})`
    }
    case 'delete':
      return `a client at ${step.site} deletes ${step.name}`
    case 'members': {
      const changes = [...step.added.map(site => `+${site}`), ...step.removed.map(site => `-${site}`)]
      return `a client at ${step.site} changes the members of ${step.name}: ${changes.join(' ')}`
    }
    case 'settle':
      return `an operator at ${step.site} settles the conflicts of ${step.name}: ${step.take === undefined ? 'what counts stays' : `what ${step.take} wrote counts`}`
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
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
