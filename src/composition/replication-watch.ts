import { answeredText } from '../core/check/index.ts'
import { replicantText } from '../core/oplog/replicant-text.ts'
import type { SentPart } from '../../protocols/sync/sent-parts.ts'
import type { AgentEvent } from '../ports/control.ts'
import type { Clock, TimerHandle } from '../ports/clock.ts'
import type { Counter, Metrics } from '../ports/metrics.ts'
import type { ReplicationEvent } from '../runtime/replication/events.ts'
import { operationText, whyText } from '../runtime/replication/operator/replicant-listing.ts'

/** Events that are told in one second: thousands of writes must not push what concerns the mesh out of what is kept. */
export const MAX_EVENTS_A_SECOND = 50

/** What happens in replication, counted and told to operators. */
export class ReplicationWatch {
  readonly #site: string
  readonly #clock: Clock
  readonly #operations: Counter
  readonly #conflicts: Counter
  readonly #ahead: Counter
  readonly #drift: Counter
  readonly #sent: Counter
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  #told = 0
  #omitted = 0
  #second: TimerHandle | undefined

  constructor(site: string, clock: Clock, metrics: Metrics) {
    this.#site = site
    this.#clock = clock
    this.#operations = metrics.counter(
      'cheops_replication_operations_total',
      'What became of operations at this site, those of other sites included.',
      ['outcome'],
    )
    this.#conflicts = metrics.counter('cheops_replication_conflicts_total', 'Conflicts that became known here.')
    this.#drift = metrics.counter(
      'cheops_replication_drift_total',
      'Resources of which it was found that the application here had changed them past Cheops.',
    )
    this.#sent = metrics.counter(
      'cheops_replication_sent_bytes_total',
      'Bytes of replication that were said to other sites, by what they are: entries of outboxes by their kind, and messages; large bodies and what connections add are not in it.',
      ['part'],
    )
    this.#ahead = metrics.counter(
      'cheops_replication_stamps_ahead_total',
      'Operations whose time was more than ten minutes ahead of the clock here, by the site that wrote them.',
      ['site'],
    )
  }

  /** Part of what is said to other sites. */
  sent(part: SentPart, bytes: number): void {
    this.#sent.add(bytes, part)
  }

  see(event: ReplicationEvent): void {
    if (event.kind === 'outcome' && event.site === this.#site) this.#operations.add(1, event.outcome)
    if (event.kind === 'conflict') this.#conflicts.add(1)
    if (event.kind === 'drift') this.#drift.add(1)
    if (event.kind === 'ahead') this.#ahead.add(1, event.dot.site)
    const shown = shownEvent(event, this.#site)
    if (shown === undefined) return
    this.#second ??= this.#clock.after(1_000, () => this.#endSecond())
    if (this.#told >= MAX_EVENTS_A_SECOND) {
      this.#omitted++
      return
    }
    this.#told++
    this.#tell(shown)
  }

  /** Calls `listener` for each event from now on; returns what ends that. Listeners must not throw. */
  onEvent(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    this.#second?.cancel()
    this.#listeners.clear()
  }

  #endSecond(): void {
    const omitted = this.#omitted
    this.#second = undefined
    this.#told = 0
    this.#omitted = 0
    if (omitted === 0) return
    const detail = `${omitted} more events of replication within a second are not shown; "cheops replicant ls" has how all stands`
    this.#tell({ type: 'replication.omitted', subject: this.#site, detail })
  }

  #tell(event: Omit<AgentEvent, 'at'>): void {
    const at = this.#clock.now()
    for (const listener of this.#listeners) listener({ ...event, at })
  }
}

/** One sentence for an event; undefined for what goes as it should, and is told by other means. */
export function shownEvent(event: ReplicationEvent, self: string): Omit<AgentEvent, 'at'> | undefined {
  const detail = detailOf(event, self)
  if (detail === undefined) return undefined
  const type = `replication.${event.kind}`
  return { type, subject: subjectOf(event), detail }
}

function subjectOf(event: ReplicationEvent): string {
  if (event.kind === 'refused') return event.from
  return event.kind === 'set-back' || event.kind === 'foreign' || event.kind === 'compared'
    ? event.site
    : replicantText(event.replicant)
}

/** What was done here, by the type of the operation: by a client, by an operator or by this agent. */
function releasedText(type: string): string {
  if (type === 'state') return 'what the resource is was said anew here'
  return type === 'members' ? 'its members were changed here' : `a ${type} was accepted here`
}

function detailOf(event: ReplicationEvent, self: string): string | undefined {
  switch (event.kind) {
    case 'released':
      return `${releasedText(event.type)} as ${operationText(event.dot)}; the other members will get it`
    case 'outcome':
      return outcomeText(event, self)
    case 'done':
      return doneText(event)
    case 'conflict': {
      const { dot, type } = event.conflict.operation
      return `the ${type} ${operationText(dot)} has no effect: ${whyText(event.conflict.why)}; see "cheops conflict ls"`
    }
    case 'settled':
      return `the ${event.conflict.operation.type} ${operationText(event.conflict.operation.dot)} is no conflict any more: a later write has seen it, or it counts after all`
    case 'unbound':
      if (event.why !== undefined) return event.why
      return 'what the application here has by this name is not the replicated resource: it is not touched; rename or remove one of the two'
    case 'drift':
      return 'somebody has changed the resource at the application here, past Cheops: it is made equal to the other members again'
    case 'diverged':
      return `the application here cannot be made equal to the other members: ${event.why}`
    case 'behind':
      return `the application here cannot be brought up to date now: ${answeredText(event.status)}; it is tried again`
    case 'agrees':
      return 'the application here is equal to the other members again'
    case 'detached':
      return `${event.sites.join(', ')} was not heard for so long that this site has detached it: it gets no more of the resource; "cheops replicant attach" adds it again when it is back`
    case 'hole':
      return `operations of ${event.last.site} up to ${operationText(event.last)} are lost: no member holds them`
    case 'left':
      if (event.givenUp === 0) return undefined
      return `this site has left, and for a month no member has told that it holds what this site held: ${event.givenUp} operations are given up`
    case 'ahead':
      return aheadText(event)
    case 'refused':
      return `an operation that ${event.from} sent was not taken: ${event.why}`
    case 'unbelieved':
      return `${event.from} says that it is replicated at ${event.members.join(', ')}, and nobody else of these says so: what is created here by that name is created; if it says so of what nobody has, let it create nothing here ("expose")`
    case 'compared':
      return event.agrees
        ? `this site and ${event.site} hold the same of all that they share again`
        : `this site and ${event.site} do not hold the same of what they share, though nothing is on its way: an audit will find what differs`
    case 'foreign':
      return `the agent of ${event.site} speaks no version of replication that this one does: nothing is told to it; update the older of the two`
    case 'set-back':
      return `the store of ${event.site} was set back to an older state: all that is shared with it is told anew`
    case 'waits-for-body':
      return `a body of ${event.bytes} bytes is not here yet (${event.why}): the resource waits for it`
    case 'body-here':
    case 'members':
      return undefined
  }
}

function aheadText({ dot, byMs }: ReplicationEvent & { readonly kind: 'ahead' }): string {
  const minutes = Math.round(byMs / 60_000)
  return `the time of ${operationText(dot)} is ${minutes} minutes ahead of the clock here: set the clock of ${dot.site}, or the one of this site; until then it wins against writes that have not seen it`
}

/** One summary: `site1/…/7 is done everywhere: applied at site1, site2; failed at site3`. */
function doneText({ dot, sites }: ReplicationEvent & { readonly kind: 'done' }): string {
  const byOutcome = [...Map.groupBy(sites, ({ outcome }) => outcome)]
  const told = byOutcome.map(([outcome, all]) => `${outcome} at ${all.map(({ site }) => site).join(', ')}`)
  const isWell = sites.every(({ outcome: is }) => is === 'applied' || is === 'superseded')
  const what = isWell ? 'is done everywhere' : 'has come to an end at all members'
  return `${operationText(dot)} ${what}: ${told.join('; ')}`
}

/** What ends well is not told: that is what everything should do. */
function outcomeText(
  { dot, site, outcome, status, error }: ReplicationEvent & { readonly kind: 'outcome' },
  self: string,
): string | undefined {
  const operation = operationText(dot)
  const code = error === undefined ? '' : `: ${error}`
  const answered = status === undefined ? code : `: the application answered ${status}`
  switch (outcome) {
    case 'failed':
      return `${operation} has failed at ${site}${answered}`
    case 'uncertain':
      return `whether ${operation} took effect at ${site} is not known yet; nothing else is done to the resource there until it is`
    case 'superseded':
      return site === self
        ? undefined
        : `${operation} was not carried out at ${site}: a later write had replaced it before`
    case 'void':
      return `${operation} came to nothing: the application at ${site} had accepted it, and has not done it; no other site has seen it`
    case 'applied':
    case 'pending':
      return undefined
  }
}
