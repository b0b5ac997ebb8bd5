/**
 * One signature for many operations: their origin signs the root of a hash tree over them, and each carries the way from itself to the root.
 * README.md, "Signatures".
 */
import { hash } from 'node:crypto'

/** Of SHA-256; whoever wants to pass off another operation has to find one that hashes to a given value. */
const NODE_BYTES = 20
const SIGNATURE_BYTES = 64
/** Levels of a tree: as many as one byte can say the sides of. */
const MAX_LEVELS = 8
/** Operations under one signature. */
export const MAX_BATCH = 2 ** MAX_LEVELS

/** What stands before what is hashed: no node can be taken for an operation. */
const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** The way from a leaf to the root. */
export interface Branch {
  /** Bit k: whether sibling k stands to the left. */
  readonly sides: number
  /** From the leaf up. */
  readonly siblings: readonly Uint8Array[]
}

/** A proof as it stands in the place of a signature: `signature`, one byte `sides`, and `siblings`, at least one. */
export interface BatchProof extends Branch {
  /** Of the root. */
  readonly signature: Uint8Array
}

export function leafOf(bytes: Uint8Array): Uint8Array {
  return shortened([LEAF, bytes])
}

/**
 * The root of a tree over these leaves, 2 to {@link MAX_BATCH}, and the branch of each in their order. Of an odd number on a level the last one goes up
 * as it is.
 */
export function treeOf(leaves: readonly Uint8Array[]): { root: Uint8Array; branches: readonly Branch[] } {
  const ways = leaves.map(() => ({ sides: 0, siblings: [] as Uint8Array[] }))
  let level = leaves.map((node, place) => ({ node, of: [place] }))
  while (level.length > 1) {
    const above: typeof level = []
    for (let place = 0; place < level.length; place += 2) {
      const [left, right] = [level[place], level[place + 1]]
      if (left === undefined) break
      if (right === undefined) {
        above.push(left)
        break
      }
      for (const leaf of left.of) ways[leaf]?.siblings.push(right.node)
      for (const leaf of right.of) {
        const way = ways[leaf]
        if (way === undefined) continue
        way.sides |= 1 << way.siblings.length
        way.siblings.push(left.node)
      }
      above.push({ node: parentOf(left.node, right.node), of: [...left.of, ...right.of] })
    }
    level = above
  }
  return { root: level[0]?.node ?? new Uint8Array(), branches: ways }
}

/** The root to which a branch leads. */
export function rootOf(leaf: Uint8Array, { sides, siblings }: Branch): Uint8Array {
  return siblings.reduce(
    (node, sibling, place) => ((sides >> place) & 1 ? parentOf(sibling, node) : parentOf(node, sibling)),
    leaf,
  )
}

export function encodeProof({ signature, sides, siblings }: BatchProof): Uint8Array {
  const bytes = new Uint8Array(SIGNATURE_BYTES + 1 + siblings.length * NODE_BYTES)
  bytes.set(signature)
  bytes[SIGNATURE_BYTES] = sides
  for (const [place, sibling] of siblings.entries()) bytes.set(sibling, SIGNATURE_BYTES + 1 + place * NODE_BYTES)
  return bytes
}

/** @returns undefined where the bytes are no proof by their length, or say sides of siblings that are not there */
export function decodeProof(bytes: Uint8Array): BatchProof | undefined {
  const levels = (bytes.length - SIGNATURE_BYTES - 1) / NODE_BYTES
  if (!Number.isInteger(levels) || levels < 1 || levels > MAX_LEVELS) return undefined
  const sides = bytes[SIGNATURE_BYTES] ?? 0
  if (sides >> levels !== 0) return undefined
  const siblings = Array.from({ length: levels }, (_, place) => {
    const from = SIGNATURE_BYTES + 1 + place * NODE_BYTES
    return bytes.subarray(from, from + NODE_BYTES)
  })
  return { signature: bytes.subarray(0, SIGNATURE_BYTES), sides, siblings }
}

/** Whether bytes have the length of a signature: of one operation, or with a branch. */
export function isSignatureLength(length: number): boolean {
  const levels = (length - SIGNATURE_BYTES - 1) / NODE_BYTES
  return length === SIGNATURE_BYTES || (Number.isInteger(levels) && levels >= 1 && levels <= MAX_LEVELS)
}

function parentOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return shortened([NODE, left, right])
}

function shortened(parts: readonly Uint8Array[]): Uint8Array {
  return hash('sha256', Buffer.concat(parts), 'buffer').subarray(0, NODE_BYTES)
}
