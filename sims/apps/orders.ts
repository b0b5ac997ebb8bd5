import { randomUUID } from 'node:crypto'
import { request, type IncomingHttpHeaders } from 'node:http'
import { AppError, byMethod, isObject, startJsonServer, type JsonObject, type RunningServer } from './json-server.ts'
import { RecordStore } from './record-store.ts'

/**
 * Which headers of an incoming request its outgoing calls carry: what an application with OpenTelemetry does (`all`),
 * one that only logs by request IDs (`request-id`), one that does nothing of the kind (`none`).
 */
export type Propagation = 'all' | 'request-id' | 'none'

export const PROPAGATED: Readonly<Record<Propagation, readonly string[]>> = {
  all: ['x-request-id', 'traceparent', 'tracestate', 'baggage'],
  'request-id': ['x-request-id'],
  none: [],
}

export interface OrdersOptions {
  /** Name of this instance; every order says by it where it was taken (`takenBy`). */
  readonly name: string
  /** Base URL of the inventory that orders are checked against. */
  readonly inventoryUrl: string
  /** 0 (default) takes any free port. */
  readonly port?: number
  readonly host?: string
  /** JSON file that keeps the orders over a restart; without it they are in memory only. */
  readonly file?: string
  /** Default `all`. */
  readonly propagate?: Propagation
  /** How long the inventory may take for one answer, milliseconds; default 30 s, as clients of shops have given up by then. */
  readonly inventoryTimeoutMs?: number
}

const INVENTORY_TIMEOUT_MS = 30_000
/** An item is small; an inventory that sends more than this is none. */
const MAX_ITEM_BYTES = 1 << 20

/**
 * Starts the application `orders`: POST `/orders` with `{"item", "quantity"}` asks the inventory for that item and only
 * then stores the order, together with what the inventory said. GET lists, `/orders/{id}` shows or deletes one.
 *
 * An item that the inventory does not know is 422, an inventory that fails or cannot be reached 502, one that does not
 * answer in time 504; nothing is stored then, and `inventory` in the answer holds what it said.
 */
export async function startOrders(options: OrdersOptions): Promise<RunningServer> {
  const orders = await RecordStore.open(options.file)
  const propagated = PROPAGATED[options.propagate ?? 'all']

  const take = async (body: JsonObject, headers: IncomingHttpHeaders, signal: AbortSignal): Promise<JsonObject> => {
    const { item, quantity = 1 } = body
    if (typeof item !== 'string' || item === '') throw new AppError(400, 'An order needs an "item": the ID of one.')
    if (typeof quantity !== 'number' || !Number.isSafeInteger(quantity) || quantity < 1) {
      throw new AppError(400, 'The "quantity" of an order is a whole number from 1.')
    }
    const answer = await ask(options, item, pick(headers, propagated), signal)
    const stock = judge(item, answer)
    signal.throwIfAborted()
    const order = { id: randomUUID(), item, quantity, takenBy: options.name, stock }
    await orders.set(order.id, order)
    return order
  }

  const find = (id: string): JsonObject => {
    const order = orders.get(id)
    if (order === undefined) throw new AppError(404, `There is no order ${id} at ${options.name}.`)
    return order
  }

  return startJsonServer({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    handle: ({ method, path, headers, signal, body }) => {
      const [collection, id, ...below] = path
      if (collection === 'healthz' && id === undefined) {
        return byMethod(method, { GET: () => ({ status: 200, body: { status: 'ok', takenBy: options.name } }) })
      }
      if (collection !== 'orders' || below.length > 0) {
        throw new AppError(404, 'This application knows /orders and /orders/{id}.')
      }
      if (id === undefined) {
        return byMethod(method, {
          GET: () => ({ status: 200, body: orders.list() }),
          POST: async () => {
            const order = await take(await body(), headers, signal)
            return { status: 201, headers: { location: `/orders/${String(order['id'])}` }, body: order }
          },
        })
      }
      return byMethod(method, {
        GET: () => ({ status: 200, body: find(id) }),
        DELETE: async () => {
          find(id)
          await orders.delete(id)
          return { status: 204 }
        },
      })
    },
  })
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string') picked[name] = value
  }
  return picked
}

interface InventoryAnswer {
  readonly status: number
  /** JSON, or the text as it came. */
  readonly body: unknown
}

/** The item of a good answer, or the error that a customer of the shop gets. */
function judge(item: string, answer: InventoryAnswer): JsonObject {
  if (answer.status === 200 && isObject(answer.body) && answer.body['id'] === item) return answer.body
  if (answer.status === 404) throw new AppError(422, `The inventory has no item ${item}.`, { inventory: answer })
  throw new AppError(502, `The inventory did not say what ${item} is.`, { inventory: answer })
}

/** GET {inventory}/items/{item}. Node's own agent, so that `NODE_USE_ENV_PROXY` and `http_proxy` hold as everywhere. */
function ask(
  options: OrdersOptions,
  item: string,
  headers: Record<string, string>,
  client: AbortSignal,
): Promise<InventoryAnswer> {
  const url = `${options.inventoryUrl.replace(/\/$/, '')}/items/${encodeURIComponent(item)}`
  const timeoutMs = options.inventoryTimeoutMs ?? INVENTORY_TIMEOUT_MS
  const late = AbortSignal.timeout(timeoutMs)
  const unreachable = (error: Error): AppError =>
    late.aborted
      ? new AppError(504, `The inventory did not answer within ${timeoutMs} ms.`)
      : new AppError(502, 'The inventory cannot be reached.', { reason: error.message })

  const attempt = (again: boolean): Promise<InventoryAnswer> =>
    new Promise((resolve, reject) => {
      const signal = AbortSignal.any([client, late])
      const call = request(url, { headers: { accept: 'application/json', ...headers }, signal })
      call.on('error', error => {
        // The inventory may close an idle connection just as this call takes it; a GET may then be sent once more.
        if (again && call.reusedSocket && 'code' in error && error.code === 'ECONNRESET') resolve(attempt(false))
        else reject(unreachable(error))
      })
      call.on('response', response => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.byteLength
          if (bytes > MAX_ITEM_BYTES) response.destroy(new Error(`more than ${MAX_ITEM_BYTES} bytes for one item`))
          else chunks.push(chunk)
        })
        response.on('error', error => reject(unreachable(error)))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, body: parse(text) })
        })
      })
      call.end()
    })
  return attempt(true)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
