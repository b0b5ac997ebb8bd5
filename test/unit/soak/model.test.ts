/**
 * What a soak takes for right is what Cheops promises, and no more: a few histories of one resource, each with what it may be in the end. How: by values
 * alone, with times that are made up. A model that let everything pass would find nothing, so each history also says what is wrong.
 */
import { describe, expect, test } from 'vitest'
import { ThingModel, type Write } from '../../soak/model.ts'

const OPTIONS = { putCreates: false, clocksDiffer: false }

/** `kind site sentAt doneAt`, with `?` where nobody knows what became of it. */
function write(text: string, fields: Write['fields'] = {}): Write {
  const [kind, site, sentAt, doneAt] = text.split(' ') as [Write['kind'], string, string, string]
  return { kind, site, fields, sentAt: Number(sentAt), doneAt: doneAt === '?' ? undefined : Number(doneAt) }
}

function after(writes: readonly Write[], options = OPTIONS): ThingModel {
  const model = new ThingModel(options)
  for (const each of writes) model.add(each)
  return model
}

/** Whether a value of `f0` may be seen in the end. */
const mayBe = (model: ThingModel, f0: string | undefined): boolean =>
  model.wrongs({ f0 }).every(({ field }) => field !== 'f0')

const CREATE = write('create a 0 1', { f0: 'created' })

describe('a value', () => {
  test('that was written later, and acknowledged, takes the place of an earlier one, also at another site', () => {
    const model = after([
      CREATE,
      write('merge b 2 3', { f0: 'merged' }),
      write('replace c 4 5', { f0: 'put' }),
      write('merge a 6 7', { f0: 'last' }),
    ])
    expect([mayBe(model, 'last'), mayBe(model, 'created'), mayBe(model, undefined)]).toEqual([true, false, false])
  })

  test('of a whole is gone when a later whole does not name it', () => {
    const model = after([CREATE, write('replace b 2 3', { f1: 'x' })])
    expect([mayBe(model, 'created'), mayBe(model, undefined)]).toEqual([false, true])
  })

  test('that was merged is on top of a whole of another site, which may not have seen it', () => {
    const merged = write('merge a 2 3', { f0: 'merged' })
    expect(mayBe(after([CREATE, merged, write('replace b 4 5', { f0: 'put' })]), 'merged')).toBe(true)
    expect(mayBe(after([CREATE, merged, write('replace a 4 5', { f0: 'put' })]), 'merged')).toBe(false)
  })

  test('comes back where a whole has taken away what took its place, and not itself', () => {
    const merges = [write('merge a 2 3', { f0: 'first' }), write('merge b 4 5', { f0: 'second' })]
    expect(mayBe(after([CREATE, ...merges]), 'first')).toBe(false)
    expect(mayBe(after([CREATE, ...merges, write('replace b 6 7', { f1: 'x' })]), 'first')).toBe(true)
  })

  test('of which nobody knows what became of it may be there, or not', () => {
    const model = after([CREATE, write('merge b 2 ?', { f0: 'doubt' })])
    expect([mayBe(model, 'doubt'), mayBe(model, 'created'), mayBe(model, 'other')]).toEqual([true, true, false])
  })

  test('of two at once is either one; where clocks differ, so it is of two at different sites', () => {
    const both = [CREATE, write('replace a 2 5', { f0: 'one' }), write('replace b 3 4', { f0: 'two' })]
    expect([mayBe(after(both), 'one'), mayBe(after(both), 'two'), mayBe(after(both), 'created')]).toEqual([
      true,
      true,
      false,
    ])
    const apart = [CREATE, write('replace a 2 3', { f0: 'one' }), write('replace b 4 5', { f0: 'two' })]
    expect(mayBe(after(apart), 'one')).toBe(false)
    expect(mayBe(after(apart, { ...OPTIONS, clocksDiffer: true }), 'one')).toBe(true)
  })
})

describe('an operator who settles conflicts', () => {
  const nothing = { f0: null }
  const put = (site: string, at: number, f0: string) => write(`replace ${site} ${at} ${at + 1}`, { f0 })

  test.each(['keep', 'take'])(
    '%s: may say what stood there before, or has lost, until somebody writes it anew',
    how => {
      const writes = [CREATE, put('a', 2, 'early'), put('a', 4, 'late'), write(`${how} b 6 7`, nothing)]
      expect([mayBe(after(writes), 'early'), mayBe(after(writes), 'late')]).toEqual([true, true])
      const anew = [...writes, put('c', 8, 'anew')]
      expect([mayBe(after(anew), 'early'), mayBe(after(anew), 'anew')]).toEqual([false, true])
    },
  )

  test('takes nothing away by what may not have concerned what is there', () => {
    const writes = [CREATE, write('merge a 2 3', { f0: 'merged' }), write('keep a 4 5', nothing), put('b', 6, 'put')]
    expect([mayBe(after(writes), 'merged'), mayBe(after(writes), 'put')]).toEqual([true, true])
    expect(mayBe(after(writes), 'created')).toBe(false)
  })

  test('ends nothing, but may bring back by what is taken what was deleted', () => {
    const deleted = [CREATE, write('delete b 2 3')]
    expect(after([...deleted, write('keep a 4 5', nothing)]).presence()).toBe('no')
    expect(after([...deleted, write('take a 4 5', nothing)]).presence()).toBe('maybe')
    expect(after([CREATE, write('take a 4 5', nothing)]).presence()).toBe('yes')
    // It was answered before anything was deleted.
    expect(after([CREATE, write('take a 2 3', { f0: null }), write('delete b 4 5')]).presence()).toBe('no')
  })
})

describe('presence', () => {
  test('after a create that was acknowledged it is there, and after a deletion it is not', () => {
    expect(after([CREATE]).presence()).toBe('yes')
    expect(after([write('create a 0 ?')]).presence()).toBe('maybe')
    expect(after([CREATE, write('delete b 2 3')]).presence()).toBe('no')
    expect(after([CREATE, write('delete b 2 ?')]).presence()).toBe('maybe')
  })

  test('a whole that comes late makes it again only where PUT creates', () => {
    const writes = [CREATE, write('delete b 2 4'), write('replace a 3 5', { f0: 'late' })]
    expect(after(writes).presence()).toBe('no')
    expect(after(writes, { ...OPTIONS, putCreates: true }).presence()).toBe('maybe')
  })
})

test('what is left out to save memory changes nothing', () => {
  const writes = [CREATE]
  for (let n = 1; n < 100; n++)
    writes.push(
      write(`${n % 7 === 0 ? 'replace' : 'merge'} ${n % 3 === 0 ? 'a' : 'b'} ${n * 10} ${n * 10 + 5}`, { f0: `v${n}` }),
    )
  const [whole, pruned] = [after(writes), after(writes)]
  pruned.prune()
  expect(pruned.writes.length).toBeLessThan(20)
  for (const { fields } of writes)
    expect(mayBe(pruned, fields['f0'] ?? undefined), fields['f0'] ?? '').toBe(mayBe(whole, fields['f0'] ?? undefined))
})
