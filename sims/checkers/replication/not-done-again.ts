import { covers, fateOf, findLife, type Dot, type Life } from '../../../src/core/oplog/index.ts'
import { requestOf } from './once-per-key.ts'
import type { EndingChecker } from './ending-checker.ts'
import type { ReleasedWithKey } from '../../world/replication/ledger.ts'
import type { Ending } from '../../world/replication/ending.ts'

/**
 * Whoever asks again with an idempotency key for a whole body, a creation or a deletion is told what became of it the first time, at every member that
 * knows of that: nothing new is released, also when something else came after it, so that nothing is undone or brought back. What a site knows is
 * what it had on its disk when it was asked. A site that was asked the same before and gave no answer may release that late.
 * What a removed site wrote unseen counts no more, nor does what that had put away: nobody else was told of that, or of its key.
 */
export const notDoneAgain: EndingChecker = {
  name: 'nothing is done again',
  look: ending => ending.ledger.releasedWithKey.flatMap(again => knownBefore(ending, again)),
}

function knownBefore(ending: Ending, { held, released, dot, ...request }: ReleasedWithKey): readonly string[] {
  const { ledger, setBack, bodies } = ending
  const { site, name, key, token } = request
  // What is in doubt there is decided by that request or later, and it has its dot already.
  const isSame = (other: typeof request): boolean =>
    other.site === site && other.name.name === name.name && other.key === key && other.token === token
  const unanswered = ledger.asked.filter(isSame).length - ledger.keyed.filter(isSame).length
  if (request.do === 'add' || setBack.has(site) || unanswered > 0) return []
  const earlier = released.flatMap(known => ledger.find(known) ?? [])
  return earlier
    .filter(operation => operation.idempotency?.key === key && requestOf(operation, bodies)?.token === token)
    .filter(({ life, dot: known }) => {
      const there = findLife(held, life)
      if (there === undefined || isPutAwayUnseen(there, known)) return false
      return ['live', 'dropped', 'conflict'].includes(fateOf(there, known))
    })
    .map(
      ({ dot: known }) =>
        `${site} was asked to ${request.do} ${name.name} with ${key} (${token}), knew ${known.site}/${known.number} by it, and released ${dot.site}/${dot.number}`,
    )
}

/** Only what does not count, since its site was removed, has seen it: it looks like something that was dropped. */
function isPutAwayUnseen(life: Life, dot: Dot): boolean {
  return (
    fateOf(life, dot) === 'dropped' &&
    life.outside.some(({ context }) => covers(context, dot)) &&
    !life.live.some(({ context }) => covers(context, dot))
  )
}
