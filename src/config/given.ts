import { nearestName } from '../core/scope/index.ts'
import type { KeySpec } from './keys.ts'

/** A value that was given for a key, not yet looked at. */
export interface Given {
  readonly value: unknown
  /** For errors: `cheops.yaml:4:7`, `CHEOPS_SITE`, `--site`. */
  readonly where: string
  /** The folder that relative paths start from. */
  readonly base: string
}

/** A service that was given, its keys by path. */
export interface ServiceSource {
  readonly where: string
  readonly keys: ReadonlyMap<string, Given>
}

export type Specs = Readonly<Record<string, KeySpec>>

/** Collects every problem, so that all are reported at once. */
export class Problems {
  readonly list: string[] = []
  /** What was given and cannot be used: nobody knows what was meant, so nothing is said of it besides. */
  readonly unread = new Set<Given>()

  add(where: string, sentence: string): void {
    this.list.push(where === '' ? sentence : `${where}: ${sentence}`)
  }

  /** Those of the file first, in the order of its lines, then the others as they were found. */
  inOrder(): readonly string[] {
    const position = (line: string) => {
      const match = /:(\d+):(\d+): /.exec(line)
      return match === null ? Number.POSITIVE_INFINITY : Number(match[1]) * 1e6 + Number(match[2])
    }
    return this.list.toSorted((a, b) => {
      const [left, right] = [position(a), position(b)]
      return left === right ? 0 : left - right
    })
  }
}

/** The keys below a path, one level deep. */
export const children = (path: string, specs: Specs) => [
  ...new Set(
    Object.keys(specs)
      .filter(known => known.startsWith(`${path}.`))
      .map(known => known.slice(path.length + 1).split('.')[0] ?? ''),
  ),
]

/** A sentence about a key that does not exist, with the nearest that does. */
export function unknownKey(path: string, prefix: string, known: readonly string[]): string {
  const siblings = new Set(
    known.filter(other => other.startsWith(prefix)).map(other => other.slice(prefix.length).split('.')[0] ?? ''),
  )
  const near = nearestName(path.slice(prefix.length), siblings)
  const elsewhere = known.find(other => other.split('.').at(-1) === path.split('.').at(-1))
  const suggestion = near === undefined ? (elsewhere ?? nearestName(path, known)) : prefix + near
  return `unknown key "${path}"${suggestion === undefined ? `; known are ${[...siblings].join(', ')}` : `; did you mean "${suggestion}"?`}`
}
