/** What clients were answered: how often while nothing was wrong, and how often while a fault explains it. */
export interface Count {
  calm: number
  inFault: number
}

/** Of calm answers that nobody should get, so many are kept in full. */
const KEPT_SAMPLES = 5

/** By style and method, then by status and code. */
export class Counts {
  readonly #counts = new Map<string, Map<string, Count>>()
  readonly #unexpected = new Map<string, string[]>()

  add(row: string, label: string, isExplained: boolean): void {
    const ofRow = this.#counts.get(row) ?? new Map<string, Count>()
    const count = ofRow.get(label) ?? { calm: 0, inFault: 0 }
    if (isExplained) count.inFault++
    else count.calm++
    this.#counts.set(row, ofRow.set(label, count))
  }

  /** An answer that nothing explains. */
  unexpected(what: string, text: string): void {
    const samples = this.#unexpected.get(what) ?? []
    if (samples.length < KEPT_SAMPLES) samples.push(text)
    this.#unexpected.set(what, samples)
  }

  get findings(): readonly string[] {
    return [...this.#unexpected].flatMap(([what, samples]) => samples.map(text => `${what}: ${text}`))
  }

  total(): number {
    let sum = 0
    for (const row of this.#counts.values()) for (const { calm, inFault } of row.values()) sum += calm + inFault
    return sum
  }

  /** All by status class, for a progress line. */
  summary(): string {
    const classes = new Map<string, number>()
    for (const row of this.#counts.values()) {
      for (const [label, { calm, inFault }] of row) {
        const of = /^\d/.test(label) ? `${label.slice(0, 1)}xx` : 'none'
        classes.set(of, (classes.get(of) ?? 0) + calm + inFault)
      }
    }
    return [...classes]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([of, count]) => `${of} ${String(count)}`)
      .join(', ')
  }

  /** Lines of a table: what was asked, then each status as `calm+in faults`. */
  table(): string[] {
    return [...this.#counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([row, labels]) => {
        const cells = [...labels].toSorted(([a], [b]) => (a < b ? -1 : 1))
        return `${row.padEnd(24)} ${cells.map(([label, { calm, inFault }]) => `${label}: ${String(calm)}+${String(inFault)}`).join('  ')}`
      })
  }
}
