/**
 * What a site is told of a name of which it was a member and is none any more: that it is none, and nothing of what was written. Source:
 * src/consistency.md "Replicants, lives, members".
 */
import { NOTHING_KNOWN, wasHeld } from './holes.ts'
import { endedBefore, newLife } from './life.ts'
import { decidingChanges, type MemberChange, type MemberChanges } from './members.ts'
import { compareOperations, sameDot } from './order.ts'
import { summaryOf, transferFor } from './transfer.ts'
import type { Known } from './holes.ts'
import type { Life } from './life.ts'
import type { LifeTransfer } from './admit.ts'
import type { Operation } from './operation.ts'
import type { LifeId } from './order.ts'
import type { Replicant } from './replicant.ts'

/** What is told of one life. */
interface Parting {
  readonly life: LifeId
  readonly transfer: LifeTransfer
}

/**
 * By lives:
 *
 * - It was removed from it: the changes of members that name it, in a summary that covers no operation. It begins that life anew by them, and is a member of
 *   it no more. With them come the create, and what shows that the teller is a member, where the site lacks them. Then, by itself, the removal: a member whose store
 *   is set back to before it can be shown it then. Who cannot verify that one, since it has never met who has signed it, knows all the same that it is none.
 * - It was a member until the life ended, and another one that it is no member of holds the name: all of it.
 * - Others hold the name by a life that has nothing to do with it: the create alone, which shows who they are.
 *
 * @param to the site, which is no member of the name
 * @param from the site that tells it
 * @param knows what the site knows of a life
 */
export function partingFor(
  { lives }: Replicant,
  to: string,
  from: string,
  knows: (life: LifeId) => Known,
): readonly Parting[] {
  const holder = lives.at(-1)
  return lives.flatMap((life): readonly Parting[] => {
    const theirs = knows(life.life)
    const told = (...transfers: readonly (LifeTransfer | undefined)[]): readonly Parting[] =>
      transfers.flatMap(transfer => (transfer === undefined ? [] : [{ life: life.life, transfer }]))
    const decided = decidingChanges(life.changes).find(({ site }) => site === to)
    if (decided?.member === false) return told(...removalOf(life, decided, from, theirs))
    if (holder !== undefined && life !== holder && endedBefore(life, holder.life) && decided !== undefined)
      return told(transferFor(life, theirs, from))
    const deed = life === holder && decided === undefined ? createOf(life) : undefined
    return deed === undefined || wasHeld(theirs, deed.dot) ? [] : told({ operations: [deed] })
  })
}

function removalOf(life: Life, { site: to, by }: MemberChange, from: string, theirs: Known): readonly LifeTransfer[] {
  const create = createOf(life)
  const shown = [...(create === undefined ? [] : [create]), ...membershipOf(life, from)]
  const removal = life.membership.filter(({ dot }) => sameDot(dot, by.dot))
  const changes = life.changes.filter(({ site }) => site === to || site === from)
  const summary = { ...summaryOf(newLife(life.life)), changes, from, since: NOTHING_KNOWN }
  const lacked = (operations: readonly Operation[]): readonly Operation[] =>
    operations.filter(({ dot }) => !wasHeld(theirs, dot)).toSorted(compareOperations)
  const alone = lacked(removal.filter(operation => !shown.includes(operation)))
  return [{ operations: lacked(shown), summary }, ...(alone.length === 0 ? [] : [{ operations: alone, summary }])]
}

function createOf({ live, conflicts, membership, life }: Life): Operation | undefined {
  return [...live, ...conflicts, ...membership].find(({ dot }) => sameDot(dot, life.dot))
}

/** By which operations a site is a member: what added it, what added the site that did that, … to what a create says. */
function membershipOf({ changes, membership }: Life, site: string): readonly Operation[] {
  const deciding: MemberChanges = decidingChanges(changes)
  const found: Operation[] = []
  for (let of = site; ;) {
    const by = deciding.find(change => change.site === of)?.by
    const operation = membership.find(({ dot, type }) => type === 'members' && by !== undefined && sameDot(dot, by.dot))
    if (operation === undefined || found.includes(operation)) return found
    found.push(operation)
    of = operation.dot.site
  }
}
