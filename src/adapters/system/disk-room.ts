import { statfs } from 'node:fs/promises'
import type { Logger } from '../../ports/logger.ts'

/** What a disk tells of itself, bytes. */
export interface DiskSize {
  readonly free: number
  readonly whole: number
}

export interface DiskRoomOptions {
  /** Folders that exist; of those on several disks the one with the least room counts. */
  readonly folders: readonly string[]
  /** What is kept free of a disk of that size, bytes; 0: nothing is. */
  readonly keptOf: (wholeBytes: number) => number
  readonly logger: Pick<Logger, 'warn' | 'info'>
  /** Another way than the kernel's, for tests. */
  readonly look?: (folder: string) => Promise<DiskSize>
}

/** As often as a disk that takes ten megabytes a second fills a sixth of what is kept by default. */
const LOOK_EVERY_MS = 1_000

/** There is room again at so much more than is kept free: else a write each second would change it. */
const AGAIN_SHARE = 1.25

/** Whether the disks that an agent writes to have room for more: it stops taking before they are full, since a store that cannot write can only stop. */
export class DiskRoom {
  readonly #options: DiskRoomOptions
  #timer: NodeJS.Timeout | undefined
  /** By folder: one look at a time, since that of a disk that hangs may never end, and keeps none from looking at the others. */
  readonly #looking = new Map<string, Promise<void>>()
  readonly #found = new Map<string, DiskSize>()
  #isShort = false

  constructor(options: DiskRoomOptions) {
    this.#options = options
  }

  /** On the disk with the least, as it was seen last; undefined where nobody can tell. */
  get freeBytes(): number | undefined {
    return this.#found.size === 0 ? undefined : Math.min(...[...this.#found.values()].map(({ free }) => free))
  }

  hasRoom(): boolean {
    return !this.#isShort
  }

  /** Looks now, and then each second. */
  start(): void {
    void this.look()
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Looks at each disk now. Resolves when all have told, which one that hangs may never; never rejects. */
  async look(): Promise<void> {
    await Promise.all(this.#options.folders.map(folder => this.#lookAt(folder)))
  }

  #lookAt(folder: string): Promise<void> {
    const under = this.#looking.get(folder)
    if (under !== undefined) return under
    const { look = sizeOf } = this.#options
    const looking = look(folder).then(
      size => this.#tell(folder, size),
      () => undefined,
    )
    this.#looking.set(folder, looking)
    return looking.finally(() => this.#looking.delete(folder))
  }

  #tell(folder: string, size: DiskSize): void {
    const { keptOf, logger } = this.#options
    this.#found.set(folder, size)
    const wasShort = this.#isShort
    const share = wasShort ? AGAIN_SHARE : 1
    this.#isShort = [...this.#found.values()].some(({ free, whole }) => free < keptOf(whole) * share)
    const facts = { folder, freeBytes: size.free, kept: keptOf(size.whole) }
    if (this.#isShort && !wasShort)
      logger.warn(
        facts,
        'the disk is nearly full: nothing new is taken of what is replicated until there is room (limits.freeBytes)',
      )
    if (!this.#isShort && wasShort) logger.info(facts, 'the disk has room again')
  }
}

/** @throws Error where the file system tells no size: some that are mounted from elsewhere say 0 of everything */
export async function sizeOf(folder: string): Promise<DiskSize> {
  const { bavail, blocks, bsize } = await statfs(folder)
  if (blocks === 0) throw new Error(`${folder} is on a file system that tells no size`)
  return { free: bavail * bsize, whole: blocks * bsize }
}
