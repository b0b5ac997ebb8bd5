import { remember } from '../../core/resource/remember.ts'
/** Something that an operator should know of, until it is over. */
export interface PeerProblem {
  readonly id: PeerProblemId
  /** Site, address or peer that it is about: with the ID it is unique. */
  readonly subject: string
  /** A sentence for people. */
  readonly detail: string
  /** What to do about it. */
  readonly hint: string
  /** Wall clock of when it was seen first and last, milliseconds. */
  readonly since: number
  readonly seenAt: number
}

export type PeerProblemId = keyof typeof HINTS

const HINTS = {
  'name-taken': 'Two agents use one site name. Rename the younger one, or give it back the peer.key of before.',
  'wrong-mesh':
    'Set "mesh" to the same name at both sites, or remove the address from "bootstrap" of the site that dials.',
  'wrong-mesh-key': 'Copy the file that meshKey names from a site that works; it must be the same everywhere.',
  'two-agents-one-key': 'Two agents run with copies of one data folder. Stop one and give it a folder of its own.',
  'bad-record': 'The other agent does not follow protocols/heartbeat/README.md, or somebody forges records.',
  'table-full': 'The mesh has more sites than this agent takes. Somebody may be minting records.',
  'clock-off': 'Set the clock of one of the two sites (NTP): records and operations are ordered with its help.',
  'cannot-dial': 'One of the two directions is blocked. Open the port of the peer, or set "announce" there.',
} as const

/** What an attacker can fill with invented names is bounded; the oldest goes. */
const MAX_PROBLEMS = 256

/** What lasts is seen again within a minute (redialling, probes, beats): what was not seen for so long is over. */
const OVER_AFTER_MS = 180_000

export class Problems {
  readonly #problems = new Map<string, PeerProblem>()
  readonly #onNew: (problem: PeerProblem) => void

  /** @param onNew told of each problem once, when it is seen first */
  constructor(onNew: (problem: PeerProblem) => void = () => {}) {
    this.#onNew = onNew
  }

  report(id: PeerProblemId, subject: string, detail: string, now: number): void {
    const key = `${id} ${subject}`
    const known = this.#problems.get(key)
    const isNew = known === undefined || isOver(known, now)
    const problem = { id, subject, detail, hint: HINTS[id], since: isNew ? now : known.since, seenAt: now }
    remember(this.#problems, key, problem, MAX_PROBLEMS)
    if (isNew) this.#onNew(problem)
  }

  /** It is over. */
  clear(id: PeerProblemId, subject: string): void {
    this.#problems.delete(`${id} ${subject}`)
  }

  /** All that was about a site, an address or a peer is over. */
  clearSubject(subject: string): void {
    for (const [key, problem] of this.#problems) if (problem.subject === subject) this.#problems.delete(key)
  }

  list(now: number): readonly PeerProblem[] {
    for (const [key, problem] of this.#problems) if (isOver(problem, now)) this.#problems.delete(key)
    return [...this.#problems.values()]
  }
}

function isOver(problem: PeerProblem, now: number): boolean {
  return now - problem.seenAt > OVER_AFTER_MS
}
