/** How the lives of one name go together. Source: src/consistency.md "Replicants, lives, members". */
import { endedBefore } from './life.ts'
import { joinChanges } from './members.ts'
import type { Life } from './life.ts'
import type { MemberChanges } from './members.ts'

/**
 * Changes of members that count for the name: those of the greatest life, and those of every lower one that had not ended when the
 * greatest began, so that two creates of one name across a cut have the members of both.
 *
 * @param lives sorted by ≺
 */
export function countedChanges(lives: readonly Life[]): MemberChanges {
  const holder = lives.at(-1)
  if (holder === undefined) return []
  if (lives.length === 1) return holder.changes
  return lives
    .filter(life => life === holder || !endedBefore(life, holder.life))
    .reduce<MemberChanges>(
      (changes, life) => (changes.length === 0 ? life.changes : joinChanges(changes, life.changes)),
      [],
    )
}
