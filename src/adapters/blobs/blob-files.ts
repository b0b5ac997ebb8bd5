import * as fs from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { CheopsError } from '../../errors.ts'

/** What is used of the file system; a test lets some of it fail. */
export type FileSystem = Pick<typeof fs, 'chmod' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'stat' | 'unlink'>

/** Bytes that are read at once: large enough that reading costs little, small enough for many readers at once. */
const READ_BYTES = 64 * 1024

/** Codes of the system that mean: not now, but nothing is broken. */
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const NO_FILES = new Set(['EMFILE', 'ENFILE'])

/**
 * Files and folders that are ours alone (0600, 0700), and calls that say what a fault means: no room, or a disk that cannot be
 * relied on any more, after which nothing is written and `onFailure` is told, once.
 */
export class BlobFiles {
  readonly #fs: FileSystem
  readonly #onFailure: (error: CheopsError) => void
  #failure: CheopsError | undefined

  constructor(onFailure: (error: CheopsError) => void, fileSystem: FileSystem = fs) {
    this.#fs = fileSystem
    this.#onFailure = onFailure
  }

  /** @throws CheopsError ERR_STORE_FAILED once anything has failed */
  checkWritable(): void {
    if (this.#failure === undefined) return
    throw new CheopsError('ERR_STORE_FAILED', 'The disk has failed before.', {}, { cause: this.#failure })
  }

  /** Makes a folder; its name is on disk, synced, when the promise resolves. */
  async makeFolder(folder: string): Promise<void> {
    await this.#do(async () => {
      const made = await this.#fs.mkdir(folder, { recursive: true, mode: 0o700 })
      await this.#fs.chmod(folder, 0o700)
      if (made !== undefined) await this.#sync(path.dirname(folder))
    })
  }

  /** The names of a folder's files and folders; none if there is no such folder. */
  async names(folder: string): Promise<string[]> {
    return this.#do(() => this.#unlessMissing(this.#fs.readdir(folder), []))
  }

  /** Length of a file in bytes; undefined if there is none. */
  async bytesOf(file: string): Promise<number | undefined> {
    const found = await this.#do(() => this.#unlessMissing(this.#fs.stat(file), undefined))
    return found?.isFile() === true ? found.size : undefined
  }

  /** Opens a file to read, or undefined if there is none. */
  async openToRead(file: string): Promise<FileHandle | undefined> {
    return this.#do(() => this.#unlessMissing(this.#fs.open(file, 'r'), undefined))
  }

  /** Opens a file to write, which there is not yet. */
  async create(file: string): Promise<FileHandle> {
    return this.#do(() => this.#fs.open(file, 'wx', 0o600))
  }

  /** Opens a file to write into it, which there is already. */
  async openToWrite(file: string): Promise<FileHandle> {
    return this.#do(() => this.#fs.open(file, 'r+'))
  }

  /** Bytes [from, to) of a file, each time in memory of its own; ends early where the file is shorter. */
  async *chunks(handle: FileHandle, from: number, to: number): AsyncGenerator<Uint8Array> {
    for (let position = from; position < to;) {
      const chunk = new Uint8Array(Math.min(READ_BYTES, to - position))
      const { bytesRead } = await this.#do(() => handle.read(chunk, 0, chunk.length, position))
      if (bytesRead === 0) return
      yield chunk.subarray(0, bytesRead)
      position += bytesRead
    }
  }

  /** Writes all bytes; the system may take only some at a time, as it does when there is hardly any room left. */
  async write(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
    await this.#do(async () => {
      for (let done = 0; done < bytes.length;) {
        done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten
      }
    })
  }

  async sync(handle: FileHandle): Promise<void> {
    await this.#do(() => handle.sync())
  }

  /** Gives a file its name; the name is on disk, synced, when the promise resolves. */
  async rename(from: string, to: string): Promise<void> {
    await this.#do(async () => {
      await this.#fs.rename(from, to)
      await this.#sync(path.dirname(to))
    })
  }

  /** Removes a file, if it is there. After a crash it may be there again. */
  async remove(file: string): Promise<void> {
    await this.#do(() => this.#unlessMissing(this.#fs.unlink(file), undefined))
  }

  async #sync(folder: string): Promise<void> {
    const handle = await this.#fs.open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  async #unlessMissing<T, U>(found: Promise<T>, missing: U): Promise<T | U> {
    try {
      return await found
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return missing
      throw error
    }
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (NO_SPACE.has(codeOf(cause))) {
        throw new CheopsError('ERR_BLOB_SPACE', 'The disk is full.', {}, { cause })
      }
      if (NO_FILES.has(codeOf(cause))) {
        throw new CheopsError('ERR_STORE_BUSY', 'Too many files are open.', {}, { cause })
      }
      const error = new CheopsError('ERR_STORE_FAILED', 'A file of a large body failed.', {}, { cause })
      if (this.#failure === undefined) {
        this.#failure = error
        this.#onFailure(error)
      }
      throw error
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
