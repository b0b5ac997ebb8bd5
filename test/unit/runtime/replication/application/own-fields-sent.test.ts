/** Fields that each application sets by itself, which a client has read at one site and sends back with its change. */
import { afterEach, expect, test } from 'vitest'
import type { Application, ApplicationAnswer } from '../../../../../src/ports/application.ts'
import { isSuccess } from '../../../../../src/core/resource/success.ts'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const N1 = { id: 'x', n: 1 }

const parsed = (bytes: unknown): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(bytes as Uint8Array)) as Record<string, unknown>
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** As an API server of Kubernetes: each resource has an identity that only this application gives it, and a PUT that names another one is answered 409. */
const identifying = (real: Application, site: string): Application => ({
  request: async asked => {
    const own = `of-${site}`
    const said = asked.body === undefined ? {} : parsed(asked.body)
    if (asked.method === 'PUT' && said['uid'] !== undefined && said['uid'] !== own)
      return { status: 409, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }
    const { uid: _, ...rest } = said
    const answer = await real.request({ ...asked, body: asked.body === undefined ? undefined : bytes(rest) })
    const isShown = isSuccess(answer.status) && answer.body.length > 0
    return isShown ? { ...answer, body: bytes({ ...parsed(answer.body), uid: own }) } : answer
  },
})

test.each(['a', 'b'])(
  'at the other members they are as the application there shows them; written at %s',
  async writer => {
    const glue = simGlue(`${DEFINITION}    server-set: [/uid]\n`)
    lab = await Lab.of(['a', 'b', 'c'], { glue: () => glue, application: identifying })
    await lab.ask('a', 'POST /items', N1, { members: ['a', 'b', 'c'] })
    await lab.pass(5_000)
    expect(await lab.ask(writer, 'PUT /items/x', { ...N1, n: 2, uid: `of-${writer}` })).toMatchObject({ status: 200 })
    await lab.pass(5_000)
    const after = { id: 'x', n: 2 }
    expect(lab.all('x')).toEqual({ a: after, b: after, c: after })
    for (const site of ['a', 'b', 'c']) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    // What is another one's is refused where it is written, as ever.
    expect(await lab.ask(writer, 'PUT /items/x', { ...N1, n: 3, uid: 'of-z' })).toMatchObject({ status: 409 })
    await lab.pass(5_000)
    expect(lab.all('x')).toEqual({ a: after, b: after, c: after })
  },
)

test('what is refused for another reason is sent once more, and failed then', async () => {
  const puts: string[] = []
  const strict = (real: Application, site: string): Application => ({
    request: async (asked): Promise<ApplicationAnswer> => {
      if (asked.method !== 'PUT') return real.request(asked)
      puts.push(site)
      return site === 'a'
        ? real.request(asked)
        : { status: 422, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }
    },
  })
  const glue = simGlue(`${DEFINITION}    server-set: [/uid]\n`)
  lab = await Lab.of(['a', 'b'], { glue: () => glue, application: strict })
  await lab.ask('a', 'POST /items', N1, { members: ['a', 'b'] })
  await lab.pass(5_000)
  await lab.ask('a', 'PUT /items/x', { ...N1, n: 2, uid: 'of-a' })
  await lab.pass(5_000)
  expect(puts).toEqual(['a', 'b', 'b'])
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'diverged' })
})
