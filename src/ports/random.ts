/** Randomness as the runtime sees it; the simulation seeds its own. */
export interface Random {
  /** A number in [0, 1). */
  uniform(): number
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
}
