import { Webhook, type WebhookMessage, type WebhookParts } from '../adapters/http/webhook.ts'
import type { WebhookConfig, WebhookEvent } from '../config.ts'
import { replicantText } from '../core/oplog/replicant-text.ts'
import type { Clock } from '../ports/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ReplicationEvent } from '../runtime/replication/events.ts'
import { operationText, whyText } from '../runtime/replication/operator/replicant-listing.ts'

export interface WebhooksParts extends Omit<WebhookParts, 'messages'> {
  readonly site: string
  /** Of this start: identities of messages begin with it. */
  readonly incarnation: string
  readonly metrics: Metrics
}

/** Tells receivers what becomes of replication here, all of it: the limit of what operators are shown in a second does not hold here. */
export class Webhooks {
  readonly #site: string
  readonly #incarnation: string
  readonly #clock: Clock
  readonly #hooks: readonly { readonly events: ReadonlySet<WebhookEvent>; readonly hook: Webhook }[]
  #number = 0

  constructor(webhooks: readonly WebhookConfig[], { site, incarnation, metrics, ...parts }: WebhooksParts) {
    this.#site = site
    this.#incarnation = incarnation
    this.#clock = parts.clock
    const messages = metrics.counter(
      'cheops_webhook_messages_total',
      'What became of messages to webhooks: delivered, refused, expired (tried for too long), dropped (too many waited), unsent (the agent stopped).',
      ['webhook', 'outcome'],
    )
    this.#hooks = webhooks.map(config => ({
      events: new Set(config.events),
      hook: new Webhook(config, { ...parts, messages }),
    }))
  }

  /** Never waits and never throws. */
  see(event: ReplicationEvent): void {
    if (this.#hooks.length === 0) return
    const told = toldOf(event, this.#site)
    if (told === undefined) return
    const { event: name, ...content } = told
    const wanted = this.#hooks.filter(({ events }) => events.has(name))
    if (wanted.length === 0) return
    const message: WebhookMessage = {
      id: `${this.#site}/${this.#incarnation}/event-${++this.#number}`,
      at: this.#clock.now(),
      site: this.#site,
      kind: `replication.${name}`,
      ...content,
    }
    for (const { hook } of wanted) hook.tell(message)
  }

  async close(): Promise<void> {
    await Promise.all(this.#hooks.map(({ hook }) => hook.close()))
  }
}

interface Told {
  readonly event: WebhookEvent
  /** SERVICE/KIND/NAME */
  readonly replicant: string
  readonly [name: string]: unknown
}

/**
 * What receivers are told of an event, never with a body; undefined for what they are not. Only the origin of an operation hears all of
 * its outcomes, so that it alone tells them, and no receiver of several sites hears them twice.
 */
export function toldOf(event: ReplicationEvent, self: string): Told | undefined {
  switch (event.kind) {
    case 'done': {
      const { dot, sites } = event
      const everywhere = sites.every(({ outcome }) => outcome === 'applied' || outcome === 'superseded')
      const shown = sites.map(({ site, outcome, status, error }) => ({ site, outcome, ...whyOf({ status, error }) }))
      return {
        event: 'done',
        replicant: replicantText(event.replicant),
        operation: operationText(dot),
        everywhere,
        sites: shown,
      }
    }
    case 'outcome': {
      const { dot, site, outcome } = event
      if ((outcome !== 'failed' && outcome !== 'superseded') || dot.site !== self) return undefined
      return {
        event: outcome,
        replicant: replicantText(event.replicant),
        operation: operationText(dot),
        where: site,
        ...whyOf(event),
      }
    }
    case 'conflict': {
      const { operation, why } = event.conflict
      const replicant = replicantText(event.replicant)
      return {
        event: 'conflict',
        replicant,
        operation: operationText(operation.dot),
        type: operation.type,
        why,
        detail: whyText(why),
      }
    }
    case 'diverged':
      return { event: 'diverged', replicant: replicantText(event.replicant), detail: event.why }
    case 'agrees':
    case 'ahead':
    case 'behind':
    case 'body-here':
    case 'compared':
    case 'detached':
    case 'drift':
    case 'foreign':
    case 'hole':
    case 'left':
    case 'members':
    case 'refused':
    case 'released':
    case 'set-back':
    case 'settled':
    case 'unbelieved':
    case 'unbound':
    case 'waits-for-body':
      return undefined
  }
}

function whyOf({ status, error }: { readonly status?: number | undefined; readonly error?: string | undefined }) {
  return { ...(status !== undefined && { status }), ...(error !== undefined && { error }) }
}
