import { readFile, stat } from 'node:fs/promises'

/**
 * A small text file that others rewrite at any time (a token that is rotated): asked for at each use, read only when it has
 * changed. A link that is turned to another file counts as a change.
 */
export class WatchedFile {
  readonly #path: string
  readonly #maxBytes: number
  #known: { readonly identity: string; readonly text: string } | undefined

  constructor(path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  /** @throws Error of node:fs, or one with the code EFBIG */
  async text(): Promise<string> {
    // Looked at before it is read: what changes in between is found at the next use.
    const { size, mtimeNs, ctimeNs, ino, dev } = await stat(this.#path, { bigint: true })
    const identity = [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    if (this.#known?.identity === identity) return this.#known.text
    if (size > this.#maxBytes) throw Object.assign(new Error('the file is too large'), { code: 'EFBIG' })
    const text = await readFile(this.#path, 'utf8')
    // Clocks of file systems tick every few milliseconds: a file that was written just now may change without its times changing.
    const isSettled = BigInt(Date.now()) - mtimeNs / 1_000_000n > SETTLED_MS
    this.#known = isSettled ? { identity, text } : undefined
    return text
  }
}

const SETTLED_MS = 1_000n
