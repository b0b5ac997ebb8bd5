import { setTimeout as pause } from 'node:timers/promises'
import type { LocalMesh } from './local-mesh.ts'
import { look, type SiteLook } from './look.ts'
import { fit, paint, say, widthOf } from './show.ts'

/** Often enough to see a site go, seldom enough to leave the machine to the sites. */
const LOOK_INTERVAL_MS = 1_000

/** What terminals have had since there were any. */
const UNKNOWN_COLUMNS = 80

/**
 * Shows how the sites are until `end` is aborted. On a terminal the lines are redrawn in place and keys 1, 2, 3 stop and
 * start sites, c cuts one off; elsewhere a line is printed for each change.
 */
export async function live(mesh: LocalMesh, end: AbortController): Promise<void> {
  const { stdin, stdout } = process
  const screen = stdout.isTTY ? new Redrawn() : new Changes()
  const figures = stdout.isTTY
  const keys = stdin.isTTY && stdout.isTTY ? new Keys(mesh, end) : undefined
  try {
    while (!end.signal.aborted) {
      const looks = await look(mesh)
      screen.show([
        ...looks.flatMap(site => [lineOf(site, { figures }), ...(site.state === 'serving' ? [itemsLine(site)] : [])]),
        ...(keys === undefined ? [] : [keys.line]),
      ])
      await pause(LOOK_INTERVAL_MS, undefined, { signal: end.signal }).catch(() => {})
    }
  } finally {
    screen.close()
    await keys?.close()
    say()
  }
}

/**
 * One line for a site: what it is itself, then how it sees the others.
 * @param options.figures whether to tell times and counts, which change all the time
 */
export function lineOf(
  { name, state, requests, views, isCut }: SiteLook,
  { figures }: { readonly figures: boolean },
): string {
  switch (state) {
    case 'down':
      return `  ${paint('red', '○')} ${name}  down`
    case 'silent':
      return `  ${paint('yellow', '◌')} ${name}  starting or stopping`
    case 'serving': {
      const seen = views.map(({ to, liveness, reason, rttMs }) => {
        if (liveness !== 'alive')
          return `${to} ${paint(liveness === 'suspect' ? 'yellow' : 'red', liveness)} (${reason})`
        return figures && rttMs !== undefined ? `${to} alive ${paint('dim', `${rttMs.toFixed(1)} ms`)}` : `${to} alive`
      })
      const { local, forwarded, received } = requests
      const counts = figures ? paint('dim', `   ${local} local, ${forwarded} out, ${received} in`) : ''
      const cut = isCut ? paint('red', ' cut off,') : ''
      return `  ${paint('green', '●')} ${name}  serving,${cut} sees ${seen.join(', ') || 'nobody yet'}${counts}`
    }
  }
}

/** What the inventory of a site has, and how many writes have lost there. */
export function itemsLine({ items, conflicts }: SiteLook): string {
  const shown = items.map(({ id, ...fields }) => {
    const values = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`)
    return `${paint('bold', String(id))} ${values.join(', ')}`.trimEnd()
  })
  const lost = conflicts === 0 ? '' : paint('yellow', `   ${conflicts} in conflict: cheops conflict ls`)
  return `      ${shown.join(paint('dim', ' · ')) || paint('dim', 'no items')}${lost}`
}

/** Lines at the end of a terminal, drawn over each time and whenever its size changes. */
class Redrawn {
  #shown: readonly string[] = []
  #wanted: readonly string[] = []

  constructor() {
    process.stdout.on('resize', this.#draw)
  }

  show(lines: readonly string[]): void {
    this.#wanted = lines
    this.#draw()
  }

  close(): void {
    process.stdout.off('resize', this.#draw)
  }

  readonly #draw = (): void => {
    // Terminals that know no size say 0.
    const columns = process.stdout.columns > 0 ? process.stdout.columns : UNKNOWN_COLUMNS
    // A terminal that was made narrower has broken our lines into several.
    const height = this.#shown.reduce((rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
    const up = height === 0 ? '' : `\x1b[${height}A`
    this.#shown = this.#wanted.map(line => fit(line, columns))
    process.stdout.write(`${up}\r\x1b[J${this.#shown.map(line => `${line}\n`).join('')}`)
  }
}

/** Lines in a log: each when it differs from the last time. */
class Changes {
  readonly #last = new Map<number, string>()

  show(lines: readonly string[]): void {
    for (const [n, line] of lines.entries()) {
      if (this.#last.get(n) !== line) say(line)
      this.#last.set(n, line)
    }
  }

  close(): void {}
}

/** The site whose links a key cuts: that of the guide. */
const CUTTABLE = 'site2'

/** Keys of a terminal: 1, 2, 3 for the sites, c for the links of one, q and Ctrl-C to end. */
class Keys {
  readonly #mesh: LocalMesh
  readonly #end: AbortController
  readonly #busy = new Map<string, Promise<void>>()
  #note = ''

  constructor(mesh: LocalMesh, end: AbortController) {
    this.#mesh = mesh
    this.#end = end
    process.stdin.setRawMode(true).resume().on('data', this.#press)
  }

  get line(): string {
    const keys = this.#mesh.sites.map((_, n) => paint('bold', String(n + 1))).join(' ')
    const what = this.#mesh.isCut(CUTTABLE) ? 'join' : 'cut'
    const cut = this.#mesh.canCut ? `${paint('bold', 'c')} ${what} ${CUTTABLE}   ` : ''
    return `  ${keys} stop or start a site   ${cut}${paint('bold', 'q')} end   ${paint('yellow', this.#note)}`
  }

  /** Gives the terminal back; resolves when no site is being started or stopped any more. */
  async close(): Promise<void> {
    process.stdin.off('data', this.#press).setRawMode(false).pause()
    await Promise.all(this.#busy.values())
  }

  readonly #press = (typed: Buffer): void => {
    for (const key of typed.toString('latin1')) {
      // Raw mode hands Ctrl-C over as a character.
      if (key === 'q' || key === '\x03') this.#end.abort()
      if (key === 'c' && this.#mesh.canCut)
        this.#note = this.#mesh.isCut(CUTTABLE) ? this.#mesh.reconnect(CUTTABLE) : this.#mesh.cutOff(CUTTABLE)
      const site = this.#mesh.sites[Number(key) - 1]
      if (site === undefined || this.#busy.has(site.name)) continue
      const change = site.running ? this.#mesh.kill(site.name) : this.#mesh.startAgain(site.name)
      this.#note = `${site.name} …`
      this.#busy.set(
        site.name,
        change.then(
          note => this.#done(site.name, note),
          (error: unknown) => this.#done(site.name, error instanceof Error ? error.message : String(error)),
        ),
      )
    }
  }

  #done(site: string, note: string): void {
    this.#busy.delete(site)
    // One line is all the room there is; the log of the site has the rest.
    this.#note = `${site}: ${note.split('\n', 1)[0] ?? ''}`
  }
}
