/** IDs of probes. They are drawn here, so that what has one was made here, and what somebody else has made has another. */
import { randomInt, randomUUID } from 'node:crypto'
import { idIn } from './naming.ts'
import type { ProbedKind } from './probed-kind.ts'
import { traitsOf } from './traits.ts'

/**
 * The ID that a probe is to have, in a folder where the kind has some. Where the example says one, it has that form: some applications take no other
 * (names of DNS zones end in a dot).
 */
export function nameOfProbe({ own, hasFolders, kind }: ProbedKind): string {
  if (hasFolders) return `${own}/probe`
  const said = idIn(kind.example, traitsOf(kind).idAt)
  return said.is === 'id' ? said.id.replace(/[\w-]*/, own) : own
}

/**
 * Another ID, whose first word has letters and digits at the same places, of those that this one's has, for applications that take none of
 * another form (15 small letters and digits). Undefined where so few can be drawn that somebody may have one of them.
 */
export function alike(id: string): string | undefined {
  if (UUID.test(id)) return randomUUID()
  const [word = ''] = /^[\w-]*/.exec(id) ?? []
  const characters = word.split('')
  const sets = CLASSES.map(pattern => [...new Set(characters.filter(character => pattern.test(character)))])
  const setOf = (character: string): readonly string[] => sets.find(set => set.includes(character)) ?? [character]
  const bits = characters.reduce((sum, character) => sum + Math.log2(setOf(character).length), 0)
  if (bits < MIN_BITS) return undefined
  const drawn = characters.map(setOf).map(set => set[randomInt(set.length)] ?? '')
  return drawn.join('') + id.slice(word.length)
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
const CLASSES = [/[a-z]/, /[A-Z]/, /\d/]
/** A dozen different characters of two classes have them; the name of a probe has 32. */
const MIN_BITS = 30
