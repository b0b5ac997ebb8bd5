/**
 * The canonical text of a resolution matrix, of which its name is the SHA-256: `cheops matrix 1`, a line `reset TYPE` for each reset
 * of the kind's own, a line `BEFORE AFTER RESOLUTION` for each cell; both sorted by code units, no line end at the end.
 */
import { compareText } from '../../src/core/resource/text-order.ts'
import { createHash } from 'node:crypto'
import { bad, type } from './fields.ts'
import type { MatrixDefinition, Resolution } from '../../src/core/oplog/index.ts'

const TITLE = 'cheops matrix 1'
const RESOLUTIONS: ReadonlySet<string> = new Set<Resolution>(['take-one', 'any-order', 'keep-order', 'reverse-order'])

export function matrixText({ resets, cells }: MatrixDefinition): string {
  const pairs = cells.toSorted((a, b) => compareText(a.before, b.before) || compareText(a.after, b.after))
  return [
    TITLE,
    ...resets.toSorted(compareText).map(name => `reset ${name}`),
    ...pairs.map(({ before, after, resolution }) => `${before} ${after} ${resolution}`),
  ].join('\n')
}

export function matrixHash(definition: MatrixDefinition): string {
  return createHash('sha256').update(matrixText(definition)).digest('hex')
}

/** @throws CheopsError ERR_SYNC_MESSAGE for what is not canonical: it would have another name here */
export function readMatrixText(text: string): MatrixDefinition {
  const [title, ...lines] = text.split('\n')
  if (title !== TITLE) throw bad('a matrix is of an unknown version')
  const resets: string[] = []
  const cells: MatrixDefinition['cells'][number][] = []
  for (const line of lines) {
    const words = line.split(' ')
    const [first = '', second = '', third = ''] = words
    if (words.length === 2 && first === 'reset') resets.push(type(second))
    else if (words.length === 3 && RESOLUTIONS.has(third))
      cells.push({ before: type(first), after: type(second), resolution: third as Resolution })
    else throw bad('a matrix has a line that cannot be read')
  }
  const definition = { resets, cells }
  if (matrixText(definition) !== text) throw bad('a matrix is not in canonical form')
  return definition
}
