/**
 * An operation of a site whose key is not known here, and that is not taken on the word of who brings it, waits apart: what else its teller has to tell
 * passes, and it is asked for when the site is met, or when the word counts. A real replicator that is told every message; keys are known to it when the
 * test says so.
 */
import { expect, test } from 'vitest'
import { HERE, Scripted, entries, hello } from '../scripted.ts'
import type { OutboxEntry } from '../../../../../src/ports/sync.ts'
import { sealedBy } from '../../../../support/sealed-by.ts'

const MUG = { service: 'shop', kind: 'items', name: 'mug' }

test('what a stranger wrote holds up nothing, and is taken when the stranger was met', async () => {
  await using here = await Scripted.start()
  here.unknown.add('rome')
  here.mayRun = ({ dot, replicant }) => dot.site === 'rome' || replicant.name === 'jug'
  const members = ['paris', 'rome', HERE]
  const strange = here.create('rome', 'mug', members)
  const cup = here.create('rome', 'cup', members)
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const transfer: OutboxEntry = {
    kind: 'transfer',
    replicant: { ...MUG, name: 'cup' },
    more: false,
    transfer: { life: cup.life, operations: [sealedBy(here.sealOf('rome'), cup)] },
  }
  paris.says(entries(1, here.signed(strange), transfer, here.signed(here.create('paris', 'jug', members))))
  expect(await paris.next('received')).toMatchObject({ upTo: 3 })
  expect((await here.replicator.status({ ...MUG, name: 'jug' }))?.isPresent).toBe(true)
  expect(await here.replicator.status(MUG)).toBeUndefined()
  expect(here.refusals()).toEqual(['paris: ERR_SYNC_ORIGIN'])

  // Met, and not by a name that is known still less.
  here.unknown.delete('rome')
  here.replicator.connected('oslo')
  here.replicator.connected('rome')
  expect(await paris.next('want')).toMatchObject({ replicant: MUG, lives: [] })
  expect(await paris.next('want')).toMatchObject({ replicant: { name: 'cup' } })
  paris.says(entries(4, here.signed(strange)))
  expect(await paris.next('received')).toMatchObject({ upTo: 4 })
  expect((await here.replicator.status(MUG))?.members).toEqual(members.toSorted())
})

test('who was not there when the stranger was met is asked at its next hello', async () => {
  await using here = await Scripted.start()
  here.unknown.add('rome')
  here.mayRun = ({ dot }) => dot.site === 'rome'
  const strange = here.create('rome', 'mug', ['paris', 'rome', HERE])
  const paris = here.from('paris')
  paris.says(hello('paris', 1))
  paris.says(entries(1, here.signed(strange)))
  expect(await paris.next('received')).toMatchObject({ upTo: 1 })
  await paris.close('lost')
  here.unknown.delete('rome')
  here.replicator.connected('rome')
  const again = here.from('paris')
  again.says(hello('paris', 1))
  expect(await again.next('welcome')).toMatchObject({ cursors: [{ upTo: 1 }] })
  expect(await again.next('want')).toMatchObject({ replicant: MUG })
})
