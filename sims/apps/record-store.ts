import { readFile, rename, writeFile } from 'node:fs/promises'
import { AppError, isObject, type JsonObject } from './json-server.ts'

/** Enough for every test and demonstration; beyond it, something creates in a loop. */
const MAX_RECORDS = 100_000

/** JSON objects by ID in the order of their creation, in memory and, when a file is named, in that file as well. */
export class RecordStore {
  readonly #records = new Map<string, JsonObject>()
  readonly #file: string | undefined
  #saving: Promise<void> = Promise.resolve()

  private constructor(file: string | undefined) {
    this.#file = file
  }

  /**
   * Opens a store.
   * @param file a JSON file `{"<id>": {…}}`; made at the first change when there is none
   */
  static async open(file: string | undefined): Promise<RecordStore> {
    const store = new RecordStore(file)
    if (file === undefined) return store
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return store
      throw error
    }
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) throw new Error(`${file} does not hold a JSON object`)
    for (const [id, record] of Object.entries(value)) {
      if (!isObject(record)) throw new Error(`${file}: ${id} is not a JSON object`)
      store.#records.set(id, record)
    }
    return store
  }

  list(): readonly JsonObject[] {
    return [...this.#records.values()]
  }

  get(id: string): JsonObject | undefined {
    return this.#records.get(id)
  }

  /** Creates or replaces; resolves once the file holds it. */
  async set(id: string, record: JsonObject): Promise<void> {
    if (!this.#records.has(id) && this.#records.size >= MAX_RECORDS) {
      throw new AppError(507, `The application holds at most ${MAX_RECORDS} records.`)
    }
    this.#records.set(id, record)
    await this.#save()
  }

  /** @returns whether it was there */
  async delete(id: string): Promise<boolean> {
    const was = this.#records.delete(id)
    if (was) await this.#save()
    return was
  }

  /** One write at a time, each of the whole, and put in place by a rename, so that a crash leaves the old or the new. */
  #save(): Promise<void> {
    const file = this.#file
    if (file === undefined) return Promise.resolve()
    const save = async (): Promise<void> => {
      await writeFile(`${file}.new`, JSON.stringify(Object.fromEntries(this.#records), null, 1))
      await rename(`${file}.new`, file)
    }
    const saved = this.#saving.then(save)
    this.#saving = saved.catch(() => {})
    return saved
  }
}
