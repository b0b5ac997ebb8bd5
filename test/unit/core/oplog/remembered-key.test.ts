/** What an agent of the version before has remembered of a forged key takes no honest key away, also where the operation of that is forgotten. */
import { expect, test } from 'vitest'
import { keyOf } from '../../../../src/core/oplog/idempotency.ts'
import { newLife, take, takeSummary } from '../../../../src/core/oplog/life.ts'
import type { Operation } from '../../../../src/core/oplog/index.ts'
import { summaryOf } from '../../../../src/core/oplog/transfer.ts'

const IDEMPOTENCY = { principal: '', key: 'k', request: 'r' }
const LIFE = { stamp: { ms: 1, counter: 0 }, dot: { site: 'a', incarnation: '1-0', number: 1 } }

/** The operation of a site with a number, at a moment in milliseconds. */
function operation(
  site: string,
  number: number,
  ms: number,
  more: Pick<Operation, 'type' | 'context'> & Partial<Operation>,
): Operation {
  return {
    dot: { site, incarnation: '1-0', number },
    stamp: { ms, counter: 0 },
    replicant: { service: 's', kind: 'k', name: 'n' },
    life: LIFE,
    payload: { method: 'X', path: '/', headers: [], body: { bytes: new Uint8Array() } },
    level: 'eventual',
    ...more,
  }
}

test('the key of a forgotten operation is known still', () => {
  const create = operation('a', 1, 1, { type: 'create', context: [], members: { added: ['a', 'm'], removed: [] } })
  // m has called it by a key that is not its own: here it is read without.
  const forged = operation('m', 1, 2, { type: 'merge', context: [create.dot] })
  const honest = operation('a', 2, 3, {
    type: 'merge',
    context: [create.dot],
    idempotency: IDEMPOTENCY,
    previous: create.dot,
  })
  const put = operation('a', 3, 4, { type: 'replace', context: [honest.dot], previous: honest.dot })
  const life = [create, honest, put, forged].reduce((all, one) => take(all, one, new Map()), newLife(LIFE))
  expect(life.live.map(({ type }) => type)).toEqual(['merge', 'replace'])
  const key = keyOf(IDEMPOTENCY)
  expect(life.keys.get(key)).toMatchObject({ dot: honest.dot })
  const { stamp, dot } = forged
  const told = { ...summaryOf(life), keys: new Map([[key, { stamp, dot }]]) }
  // Else its client, asking again, would have it carried out once more.
  expect(takeSummary(life, told, new Map()).keys.get(key)).toMatchObject({ dot: honest.dot })
})
