/** Time as the runtime sees it; the simulation has its own. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. It may jump either way. */
  now(): number
  /** Milliseconds since some moment; never goes back. */
  monotonic(): number
  /** Calls `fn` once after `delayMs`. The handle cancels it; cancelling twice does nothing. */
  after(delayMs: number, fn: () => void): TimerHandle
}

export interface TimerHandle {
  cancel(): void
}
