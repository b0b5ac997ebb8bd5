/**
 * How far a site's clock is ahead of this one's, told from when its beats were sent and when they came. What holds a beat up, above all a process that
 * stood still and reads a queue of old ones afterwards, makes the other clock look slow, and never fast: so the largest of the latest counts.
 */

/** Milliseconds, the newest last. */
export type ClockOffsets = readonly number[]

/** Beats that are looked at: with one every few seconds, half a minute. */
const SAMPLES = 8

export function addClockOffset(offsets: ClockOffsets | undefined, offsetMs: number): ClockOffsets {
  return [...(offsets ?? []), offsetMs].slice(-SAMPLES)
}

/** Undefined before the first beat. */
export function clockOffsetMs(offsets: ClockOffsets | undefined): number | undefined {
  return offsets === undefined ? undefined : Math.max(...offsets)
}
