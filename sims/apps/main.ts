import { rename, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startInventory } from './inventory.ts'
import type { RunningServer } from './json-server.ts'
import { PROPAGATED, startOrders, type Propagation } from './orders.ts'

const USAGE = `One of the two sample applications, as a process.

  node dist/sims/apps/main.js inventory --name warehouse1 [--port 9001]
  node dist/sims/apps/main.js orders --name shop1 --inventory-url http://127.0.0.1:9001 [--port 9002]

  --name NAME            what the instance calls itself        (APP_NAME, default: the application's name)
  --port PORT            0 takes any free port                 (PORT, default 0)
  --host HOST            address to listen on                  (HOST, default 127.0.0.1)
  --file FILE            keeps the records over a restart      (APP_FILE, default: in memory)
  --inventory-url URL    orders: the inventory that it asks    (INVENTORY_URL)
  --propagate WHAT       orders: all | request-id | none       (PROPAGATE, default all)
  --ready-file FILE      written once it serves: {"application", "name", "pid", "port", "url"}
  --help
`

/** Wrong use; its message is for the person who typed. */
class UsageError extends Error {}

interface Started {
  readonly application: string
  readonly name: string
  readonly server: RunningServer
}

async function start(values: Options, application: string): Promise<Started> {
  const { env } = process
  const name = values.name ?? env['APP_NAME'] ?? application
  const file = values.file ?? env['APP_FILE']
  const common = {
    name,
    host: values.host ?? env['HOST'] ?? '127.0.0.1',
    port: readPort(values.port ?? env['PORT'] ?? '0'),
    ...(file === undefined ? {} : { file }),
  }
  switch (application) {
    case 'inventory':
      return { application, name, server: await startInventory(common) }
    case 'orders': {
      const inventoryUrl = values['inventory-url'] ?? env['INVENTORY_URL']
      if (inventoryUrl === undefined || !URL.canParse(inventoryUrl)) {
        throw new UsageError('orders needs --inventory-url: the base URL of an inventory.')
      }
      const propagate = readPropagation(values.propagate ?? env['PROPAGATE'] ?? 'all')
      return { application, name, server: await startOrders({ ...common, inventoryUrl, propagate }) }
    }
    default:
      throw new UsageError(
        `Which application? "inventory" or "orders"${application === '' ? '' : `, not "${application}"`}.`,
      )
  }
}

interface Options {
  readonly name?: string | undefined
  readonly port?: string | undefined
  readonly host?: string | undefined
  readonly file?: string | undefined
  readonly propagate?: string | undefined
  readonly 'inventory-url'?: string | undefined
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new UsageError(`"${text}" is no port: 0 to 65535.`)
}

function readPropagation(text: string): Propagation {
  const names = Object.keys(PROPAGATED)
  if (names.includes(text)) return text as Propagation
  throw new UsageError(`--propagate is one of ${names.join(', ')}, not "${text}".`)
}

/** Whole or not at all: who waits for the file never reads half of it. */
async function writeReadyFile(file: string, { application, name, server }: Started): Promise<void> {
  const ready = { application, name, pid: process.pid, port: server.port, url: server.url }
  await writeFile(`${file}.new`, JSON.stringify(ready) + '\n')
  await rename(`${file}.new`, file)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      file: { type: 'string' },
      propagate: { type: 'string' },
      'inventory-url': { type: 'string' },
      'ready-file': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) {
    process.stdout.write(USAGE)
    return
  }
  const started = await start(values, positionals[0] ?? '')
  let stopping = false
  const stop = (): void => {
    // A second signal means that the first was not soon enough.
    if (stopping) process.exit(1)
    stopping = true
    void started.server.stop().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.stdout.write(`${started.application} ${started.name} serves on ${started.server.url}\n`)
  if (values['ready-file'] !== undefined) await writeReadyFile(values['ready-file'], started)
}

try {
  await main()
} catch (error) {
  const wrongUse = error instanceof UsageError || (error instanceof TypeError && 'code' in error)
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  if (wrongUse) process.stderr.write(`\n${USAGE}`)
  process.exitCode = wrongUse ? 2 : 1
}
