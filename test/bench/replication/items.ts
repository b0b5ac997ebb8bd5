import { createHash } from 'node:crypto'

/**
 * What is written. Items have numbers as names, and each write of one carries a number that grows, so that an application's receipts tell
 * which write has arrived.
 */

/** Bytes of an item: a small document, the same for all that are compared. */
export const BODY_BYTES = 256

const SEQUENCE = '"sequence":'

export function nameOf(place: number): string {
  return `i${String(place)}`
}

export function placeOf(name: string): number {
  return Number(name.slice(1))
}

/**
 * Text that no compression makes much smaller, and that is the same in each run: agents compress what they send each other, and equal
 * letters would cost them nothing.
 */
const TEXT = Array.from({ length: 16_384 }, (_, part) =>
  createHash('sha256').update(String(part)).digest('base64url'),
).join('')
/** A prime, so that texts of writes that follow each other come from all over it. */
const STRIDE = 7_919

/** JSON of `BODY_BYTES` bytes. */
export function bodyOf(place: number, sequence: number): string {
  const start = `{"id":"${nameOf(place)}",${SEQUENCE}${String(sequence)},"text":"`
  const length = Math.max(0, BODY_BYTES - start.length - 2)
  const from = (sequence * STRIDE) % (TEXT.length - length)
  return `${start}${TEXT.slice(from, from + length)}"}`
}

/** @returns NaN where there is none */
export function sequenceOf(body: Buffer): number {
  const at = body.indexOf(SEQUENCE)
  return at < 0 ? NaN : Number.parseInt(body.toString('latin1', at + SEQUENCE.length, at + SEQUENCE.length + 16), 10)
}
