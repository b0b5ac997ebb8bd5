import type { World } from '../world/world.ts'

/** Watches a world and says what must never be. */
export interface Checker {
  readonly name: string
  /** What was violated so far, in sentences. */
  readonly violations: readonly string[]
}

/** Collects violations, and keeps the first few: one cause often makes thousands. */
export class Violations {
  readonly list: string[] = []
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  add(text: string): void {
    if (this.list.length >= 5) return
    this.list.push(`${(this.#world.time.now / 1000).toFixed(3)} s: ${text}`)
    this.#world.tell(`VIOLATION ${text}`)
  }
}
