import { AppError, byMethod, isObject, startJsonServer, type JsonObject, type RunningServer } from './json-server.ts'
import { RecordStore } from './record-store.ts'

export interface InventoryOptions {
  /** Name of this instance; every item that it shows carries it as `warehouse`. */
  readonly name: string
  /** 0 (default) takes any free port. */
  readonly port?: number
  readonly host?: string
  /** JSON file that keeps the items over a restart; without it they are in memory only. */
  readonly file?: string
}

const MAX_ID_LENGTH = 128

/**
 * Starts the application `inventory`: items with client-chosen IDs at `/items` and `/items/{id}`.
 *
 * | | POST | GET, HEAD | PUT | PATCH (RFC 7396) | DELETE |
 * | --- | --- | --- | --- | --- | --- |
 * | `/items` | 201, 400, 409 when the ID is taken | list | | | |
 * | `/items/{id}` | | 200, 404 | 200, 400, 404 | 200, 400, 404 | 204, 404 |
 *
 * `/healthz` says that it serves. Everything else is 404 or 405.
 */
export async function startInventory(options: InventoryOptions): Promise<RunningServer> {
  const items = await RecordStore.open(options.file)
  const show = (item: JsonObject): JsonObject => ({ ...item, warehouse: options.name })

  const find = (id: string): JsonObject => {
    const item = items.get(id)
    if (item === undefined) throw new AppError(404, `There is no item ${id} in ${options.name}.`)
    return item
  }

  const store = async (id: string, fields: JsonObject): Promise<JsonObject> => {
    // The name of the instance is no property of the item: what a client read at one instance it may write at another.
    const { warehouse: _, ...own } = fields
    const item = { ...own, id }
    await items.set(id, item)
    return show(item)
  }

  const create = async (body: JsonObject): Promise<JsonObject> => {
    const { id } = body
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH || id.includes('/')) {
      throw new AppError(400, `An item needs an "id": 1 to ${MAX_ID_LENGTH} characters without a slash.`)
    }
    if (items.get(id) !== undefined) throw new AppError(409, `There is an item ${id} in ${options.name} already.`)
    return store(id, body)
  }

  const change = (id: string, fields: JsonObject): Promise<JsonObject> => {
    if (fields['id'] !== undefined && fields['id'] !== id)
      throw new AppError(400, 'The ID of an item cannot be changed.')
    return store(id, fields)
  }

  return startJsonServer({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    handle: ({ method, path, body }) => {
      const [collection, id, ...below] = path
      if (collection === 'healthz' && id === undefined) {
        return byMethod(method, { GET: () => ({ status: 200, body: { status: 'ok', warehouse: options.name } }) })
      }
      if (collection !== 'items' || below.length > 0) {
        throw new AppError(404, 'This application knows /items and /items/{id}.')
      }
      if (id === undefined) {
        return byMethod(method, {
          GET: () => ({ status: 200, body: items.list().map(show) }),
          POST: async () => {
            const item = await create(await body())
            return {
              status: 201,
              headers: { location: `/items/${encodeURIComponent(String(item['id']))}` },
              body: item,
            }
          },
        })
      }
      return byMethod(method, {
        GET: () => ({ status: 200, body: show(find(id)) }),
        PUT: async () => {
          const fields = await body()
          find(id)
          return { status: 200, body: await change(id, fields) }
        },
        PATCH: async () => {
          const patch = await body()
          return { status: 200, body: await change(id, mergePatch(find(id), patch)) }
        },
        DELETE: async () => {
          find(id)
          await items.delete(id)
          return { status: 204 }
        },
      })
    },
  })
}

/** RFC 7396: members replace, null removes, objects merge. */
function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key)
    else if (isObject(value)) {
      const before = result.get(key)
      result.set(key, mergePatch(isObject(before) ? before : {}, value))
    } else result.set(key, value)
  }
  return Object.fromEntries(result)
}
