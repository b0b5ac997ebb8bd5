import { statfs } from 'node:fs/promises'
import type { Logger } from '../../ports/logger.ts'

export interface DiskRoomOptions {
  /** Folders that exist; of those on several disks the fullest counts. */
  readonly folders: readonly string[]
  /** What is kept free, bytes; 0: nothing is. */
  readonly freeBytes: number
  readonly logger: Pick<Logger, 'warn' | 'info'>
  /** Bytes that are free on the disk of a folder. Another way than the kernel's, for tests. */
  readonly look?: (folder: string) => Promise<number>
}

/** As often as a disk that takes ten megabytes a second fills a sixth of what is kept by default. */
const LOOK_EVERY_MS = 1_000

/** There is room again at so much more than is kept free: else a write each second would change it. */
const AGAIN_SHARE = 1.25

/** Whether the disks that an agent writes to have room for more: it stops taking before they are full, since a store that cannot write can only stop. */
export class DiskRoom {
  readonly #options: DiskRoomOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #freeBytes: number | undefined
  #isShort = false

  constructor(options: DiskRoomOptions) {
    this.#options = options
  }

  /** On the fullest of the disks, as it was seen last; undefined where nobody can tell. */
  get freeBytes(): number | undefined {
    return this.#freeBytes
  }

  hasRoom(): boolean {
    return !this.#isShort
  }

  /** Looks once, and then each second. */
  async start(): Promise<void> {
    await this.look()
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Looks now; never rejects. One look at a time: that of a disk that hangs may take long. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #look(): Promise<void> {
    const { folders, freeBytes: kept, logger, look = freeBytesOf } = this.#options
    const found = await Promise.allSettled(folders.map(look))
    const free = found.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    if (free.length === 0) return
    this.#freeBytes = Math.min(...free)
    const wasShort = this.#isShort
    this.#isShort = this.#freeBytes < (wasShort ? kept * AGAIN_SHARE : kept)
    const facts = { freeBytes: this.#freeBytes, kept, folders }
    if (this.#isShort && !wasShort)
      logger.warn(
        facts,
        'the disk is nearly full: nothing new is taken of what is replicated until there is room (limits.freeBytes)',
      )
    if (!this.#isShort && wasShort) logger.info(facts, 'the disk has room again')
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
