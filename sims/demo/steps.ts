import type { Ask } from './client.ts'

/** What an answer must be; everything that is named must hold, the rest may be as it likes. */
export interface Expectation {
  readonly status: number
  /** Members that the JSON body must have; objects are compared in depth, with further members allowed. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Value of the header `Cheops-Site`: who answered. */
  readonly site?: string
  /** Code of a problem of Cheops. */
  readonly code?: string
  /** Words that the body must contain. */
  readonly mentions?: string
  /** Number of records of a list. */
  readonly length?: number
}

export interface Exchange {
  readonly ask: Ask
  readonly expect: Expectation
}

/** Requests that are sent at once, a command, or something that is done to a site. */
export type Step = AskStep | CommandStep | EventStep

interface AskStep {
  readonly kind: 'ask'
  readonly title: string
  readonly exchanges: readonly Exchange[]
  /** Asks again until the answer is right or this many milliseconds are over; for reads only. */
  readonly withinMs?: number
}

/** A command of Cheops that changes nothing, at the agent of a site. */
export interface CommandStep {
  readonly kind: 'command'
  readonly title: string
  readonly site: string
  /** What stands behind `cheops`; it may depend on what the last command has printed. */
  readonly argv: readonly string[] | ((said: string) => readonly string[])
  /** 0 unless said. */
  readonly code?: number
  /** Words that it must print. */
  readonly mentions: string
  /** Runs it again until it says so or this many milliseconds are over. */
  readonly withinMs?: number
}

/**
 * `cut-off`: nothing passes any more between a site and all others, all serve on; `reconnect` undoes it. `kill`: all processes of a site end
 * without a word; `start` brings them back, with what they have kept.
 */
export interface EventStep {
  readonly kind: 'cut-off' | 'reconnect' | 'kill' | 'start'
  readonly title: string
  readonly site: string
}

/** What can be done to the sites of a mesh. */
export interface Abilities {
  /** They can be cut off from each other. */
  readonly cut: boolean
  /** Their processes can be killed and started. */
  readonly kill: boolean
}

/** Three agents find each other within 3 s; a loaded machine with two cores starts nine processes meanwhile. */
const MEETING_TIMEOUT_MS = 30_000
/** A killed site is noticed at once; one that is cut off only when dials and beats run out (10 s by default). */
const NOTICE_TIMEOUT_MS = 60_000

/** Members that are there have it within a second; a loaded machine takes longer. */
const CONVERGE_TIMEOUT_MS = 20_000

const PLAIN = { status: 200 } as const
/** Enough for some to overlap in every application and agent, few enough to read. */
const SIMULTANEOUS = 10

/** As `cheops conflict ls` names a write: site, incarnation, number. */
const OPERATION = /\S+\/\d+-[0-9a-f]+\/\d+/

/** Names of the instances of the two applications at a site. */
export const warehouseOf = (site: string): string => site.replace('site', 'warehouse')
export const shopOf = (site: string): string => site.replace('site', 'shop')

/**
 * The tour through a mesh of three sites with empty inventories. Nothing in it depends on how the sites run: the same
 * steps are run against processes (`npm start -- --once`) and against containers (`npm run test:compose`).
 */
export function tour([one, two, three]: readonly [string, string, string], can: Abilities): readonly Step[] {
  const all = [one, two, three]
  const inventory = (at: string, method: Ask['method'], path: string, scope?: string, body?: unknown): Ask => ({
    at,
    service: 'inventory',
    method,
    path,
    ...(scope === undefined ? {} : { scope }),
    ...(body === undefined ? {} : { body }),
  })
  const order = (at: string, scope: string | undefined, item: string): Ask => ({
    at,
    service: 'orders',
    method: 'POST',
    path: '/orders',
    ...(scope === undefined ? {} : { scope }),
    body: { item, quantity: 2 },
  })
  const orders = (at: string): Ask => ({ at, service: 'orders', method: 'GET', path: '/orders' })
  const once = (title: string, ask: Ask, expect: Expectation, withinMs?: number): Step => ({
    kind: 'ask',
    title,
    exchanges: [{ ask, expect }],
    ...(withinMs === undefined ? {} : { withinMs }),
  })
  const shown = (title: string, site: string, argv: CommandStep['argv'], mentions: string): Step => ({
    kind: 'command',
    title,
    site,
    argv,
    mentions,
    withinMs: CONVERGE_TIMEOUT_MS,
  })
  const nut = (title: string, at: string, body: Readonly<Record<string, unknown>>, withinMs: number): Step =>
    once(
      title,
      inventory(at, 'GET', '/items/nut'),
      { ...PLAIN, body: { ...body, warehouse: warehouseOf(at) } },
      withinMs,
    )
  const figure2a = `{orders: ${one}, inventory: ${two}}`

  return [
    {
      kind: 'ask',
      title: 'The sites find each other: each answers at each',
      withinMs: MEETING_TIMEOUT_MS,
      exchanges: all.flatMap(at =>
        all
          .filter(site => site !== at)
          .map(site => ({
            ask: inventory(at, 'GET', '/healthz', site),
            expect: { ...PLAIN, site, body: { warehouse: warehouseOf(site) } },
          })),
      ),
    },

    once(
      `Local: an item is created at ${one}, as without Cheops`,
      inventory(one, 'POST', '/items', undefined, { id: 'bolt', count: 40 }),
      { status: 201, body: { id: 'bolt', count: 40, warehouse: warehouseOf(one) } },
    ),
    once('Local: and read', inventory(one, 'GET', '/items/bolt'), { ...PLAIN, body: { warehouse: warehouseOf(one) } }),
    once(`Local: ${two} has its own inventory, which says no itself`, inventory(two, 'GET', '/items/bolt'), {
      status: 404,
      mentions: `no item bolt in ${warehouseOf(two)}`,
    }),

    once(`Sharing: ${one} is asked, ${two} creates`, inventory(one, 'POST', '/items', two, { id: 'bolt', count: 7 }), {
      status: 201,
      site: two,
      body: { count: 7, warehouse: warehouseOf(two) },
    }),
    once(`Sharing: and it is read through ${three}`, inventory(three, 'GET', '/items/bolt', `{inventory: ${two}}`), {
      ...PLAIN,
      site: two,
      body: { count: 7, warehouse: warehouseOf(two) },
    }),

    once(`Two services: the orders of ${one} ask the inventory beside them`, order(one, undefined, 'bolt'), {
      status: 201,
      body: { takenBy: shopOf(one), stock: { count: 40, warehouse: warehouseOf(one) } },
    }),
    once(
      `Figure 2a: the same, with the inventory of ${two}; orders knows nothing of it`,
      order(one, figure2a, 'bolt'),
      {
        status: 201,
        body: { takenBy: shopOf(one), stock: { count: 7, warehouse: warehouseOf(two) } },
      },
    ),
    once(`Nested: asked at ${three}, ordered at ${one}, taken from ${two}`, order(three, figure2a, 'bolt'), {
      status: 201,
      site: one,
      body: { takenBy: shopOf(one), stock: { count: 7, warehouse: warehouseOf(two) } },
    }),
    {
      kind: 'ask',
      title: `At once: ${SIMULTANEOUS} orders at ${one} with two scopes do not mix`,
      exchanges: Array.from({ length: SIMULTANEOUS }, (_, n) => {
        const from = n % 2 === 0 ? one : two
        return {
          ask: order(one, `{orders: ${one}, inventory: ${from}}`, 'bolt'),
          expect: { status: 201, body: { stock: { warehouse: warehouseOf(from) } } },
        }
      }),
    },

    once(
      `Replication: ${one} & ${two}, an item is created on both`,
      inventory(one, 'POST', '/items', `${one} & ${two}`, { id: 'nut', count: 3 }),
      { status: 201, site: one, body: { count: 3, warehouse: warehouseOf(one) } },
    ),
    once(
      `Replication: ${two} has it as its own`,
      inventory(two, 'GET', '/items/nut'),
      { ...PLAIN, body: { count: 3, warehouse: warehouseOf(two) } },
      CONVERGE_TIMEOUT_MS,
    ),
    once(
      `Replication: changed at ${two}, without a scope`,
      inventory(two, 'PUT', '/items/nut', undefined, { count: 4 }),
      { ...PLAIN, site: two, body: { count: 4 } },
    ),
    once(
      `Replication: … it changes at ${one}`,
      inventory(one, 'GET', '/items/nut'),
      { ...PLAIN, body: { count: 4, warehouse: warehouseOf(one) } },
      CONVERGE_TIMEOUT_MS,
    ),
    once(
      `Replication: ${three} is no member, and has nothing; one that is answers`,
      inventory(three, 'GET', '/items/nut'),
      { status: 200, body: { count: 4 } },
    ),

    once(
      'A site that does not exist: 404, with the nearest name',
      inventory(one, 'GET', '/items/bolt', two.replace('ite', 'iet')),
      { status: 404, code: 'ERR_SCOPE_UNKNOWN_SITE', mentions: two },
    ),
    once('A scope that cannot be read: 400, with the place', inventory(one, 'GET', '/items/bolt', `${one} ||`), {
      status: 400,
      code: 'ERR_SCOPE_SYNTAX',
    }),

    ...(can.cut ? whileCutOff() : []),
    ...(can.kill ? whileDead(can.cut ? [] : without()) : []),

    once(`Replication: deleted at ${one}`, inventory(one, 'DELETE', '/items/nut'), { status: 204, site: one }),
    once(
      `Replication: … it goes from ${two}`,
      inventory(two, 'GET', '/items/nut'),
      { status: 404, mentions: warehouseOf(two) },
      CONVERGE_TIMEOUT_MS,
    ),
    once('Figure 2a works again', order(one, figure2a, 'bolt'), {
      status: 201,
      body: { takenBy: shopOf(one), stock: { warehouse: warehouseOf(two) } },
    }),
  ]

  /** What the others do as long as one site cannot be reached. */
  function without(): readonly Step[] {
    return [
      once(
        `${two} is asked for: 503, and nothing was done`,
        inventory(one, 'GET', '/items/bolt', two),
        { status: 503, code: 'ERR_SITE_UNREACHABLE', mentions: two },
        NOTICE_TIMEOUT_MS,
      ),
      once('Figure 2a without it: orders gets that 503 and refuses with its own 502', order(one, figure2a, 'bolt'), {
        status: 502,
        body: { inventory: { status: 503, body: { code: 'ERR_SITE_UNREACHABLE' } } },
      }),
      once('… and has stored nothing: only the orders from before are there', orders(one), {
        ...PLAIN,
        length: 3 + SIMULTANEOUS,
      }),
      once(`Fallback: ${two} || ${one}`, inventory(one, 'GET', '/items/bolt', `${two} || ${one}`), {
        ...PLAIN,
        site: one,
        body: { warehouse: warehouseOf(one) },
      }),
      once(
        `Fallback at a distance: ${two} || ${one}, asked at ${three}`,
        inventory(three, 'GET', '/items', `${two} || ${one}`),
        {
          ...PLAIN,
          site: one,
          length: 2,
        },
        NOTICE_TIMEOUT_MS,
      ),
      once(`Every other site serves on, ${three} for its own`, inventory(three, 'GET', '/items'), {
        ...PLAIN,
        length: 0,
      }),
    ]
  }

  /** Both sides write; nothing is lost silently. */
  function whileCutOff(): readonly Step[] {
    const lost = { count: 9 }
    const kept = { count: 5, colour: 'red' }
    const settled = { count: 14, colour: 'red' }
    return [
      { kind: 'cut-off', title: `${two} is cut off from the others`, site: two },
      once(`Both sides write: ${two} says that there are 9 …`, inventory(two, 'PUT', '/items/nut', undefined, lost), {
        ...PLAIN,
        site: two,
        body: lost,
      }),
      once(
        `… ${one}, which cannot know of it, that there are 5 …`,
        inventory(one, 'PUT', '/items/nut', undefined, { count: kept.count }),
        { ...PLAIN, site: one, body: { count: kept.count } },
      ),
      once(
        `… and ${two} changes something else of it`,
        inventory(two, 'PATCH', '/items/nut', undefined, { colour: kept.colour }),
        { ...PLAIN, site: two, body: { ...lost, colour: kept.colour } },
      ),
      ...without(),
      once(`… and ${two}, cut off as it is, for its own`, inventory(two, 'GET', '/items/bolt'), {
        ...PLAIN,
        body: { count: 7, warehouse: warehouseOf(two) },
      }),
      once(
        `${two} in its turn cannot reach ${one}`,
        inventory(two, 'GET', '/items/bolt', one),
        { status: 503, code: 'ERR_SITE_UNREACHABLE' },
        NOTICE_TIMEOUT_MS,
      ),

      { kind: 'reconnect', title: `${two} is joined to the others again`, site: two },
      nut(`${one}: the later whole item, and on top of it what ${two} changed`, one, kept, NOTICE_TIMEOUT_MS),
      nut(`${two} comes to the same`, two, kept, NOTICE_TIMEOUT_MS),
      shown(`What lost against it is not lost silently: ${one} shows it …`, one, ['conflict', 'ls'], 'items/nut'),
      shown(
        '… with what was written',
        one,
        said => ['operation', 'body', OPERATION.exec(said)?.[0] ?? 'none'],
        JSON.stringify(lost),
      ),
      once(
        `Somebody who has seen it says what is right, at ${two}`,
        inventory(two, 'PUT', '/items/nut', undefined, settled),
        { ...PLAIN, site: two, body: settled },
      ),
      nut(`… it is so at ${one}`, one, settled, CONVERGE_TIMEOUT_MS),
      shown('… and settles the conflict', one, ['conflict', 'ls'], 'no conflict'),
      once(
        `${two} answers the others again, with what it had`,
        inventory(one, 'GET', '/items/bolt', two),
        { ...PLAIN, site: two, body: { count: 7, warehouse: warehouseOf(two) } },
        NOTICE_TIMEOUT_MS,
      ),
    ]
  }

  /** One whose processes are gone has all when it is back. */
  function whileDead(meanwhile: readonly Step[]): readonly Step[] {
    return [
      { kind: 'kill', title: `${two} loses its power`, site: two },
      ...meanwhile,
      once(
        `Replication without ${two}: ${one} changes the item all the same`,
        inventory(one, 'PUT', '/items/nut', undefined, { count: 20 }),
        { ...PLAIN, site: one, body: { count: 20 } },
      ),
      { kind: 'start', title: `${two} comes back`, site: two },
      nut(`${two} has what was done meanwhile`, two, { count: 20 }, NOTICE_TIMEOUT_MS),
      once(
        `${two} answers again, with what it had`,
        inventory(one, 'GET', '/items/bolt', two),
        { ...PLAIN, site: two, body: { count: 7, warehouse: warehouseOf(two) } },
        NOTICE_TIMEOUT_MS,
      ),
    ]
  }
}
