/** What a create is sent once more without, where it was refused: not its name, without which it would make something that belongs to nobody. */
import { expect, test } from 'vitest'
import type { Application } from '../../../../../src/ports/application.ts'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { checkDefinition } from '../../../../../src/glue/check.ts'
import { Lab } from '../lab.ts'

const text = `${DEFINITION.replace('from: client', 'from: either')}    server-set: [/id, /made]\n`

test.each([409, 422])('what an application does not take under its name (%d) is made under no other', async status => {
  expect(checkDefinition(text).findings).toEqual([])
  const posts: string[] = []
  const plant = {
    glue: () => simGlue(text),
    application: (real: Application, site: string): Application => ({
      request: async asked => {
        if (asked.method !== 'POST' || asked.path !== '/items' || asked.body === undefined) return real.request(asked)
        const said = JSON.parse(new TextDecoder().decode(asked.body as Uint8Array)) as { id?: string }
        posts.push(`${site} ${JSON.stringify(said)}`)
        // The name of something that was deleted there is not free.
        if (site === 'b' && said.id === 'x')
          return { status, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }
        const body = new TextEncoder().encode(JSON.stringify({ ...said, id: said.id ?? `own-${posts.length}` }))
        return real.request({ ...asked, body })
      },
    }),
  }
  const lab = await Lab.of(['a', 'b'], plant)
  const ask = await lab.ask('a', 'POST /items', { id: 'x', n: 1, made: 'once' }, { members: ['a', 'b'] })
  expect(ask).toMatchObject({ status: 201 })
  await lab.pass(3_600_000)
  // Without what only another site's application has set it was sent too.
  expect(posts).toContain('b {"n":1,"id":"x"}')
  expect(posts.filter(said => !said.includes('"id":"x"'))).toEqual([])
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1, made: 'once' } })
  lab.assertSound()
})
