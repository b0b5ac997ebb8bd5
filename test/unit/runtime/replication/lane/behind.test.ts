/**
 * A member whose application refuses the agent's account, or does not answer, says so after a minute: in its counts, in an event, and to
 * the origins of what waits. When it goes on, nothing of that is left.
 */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const members = ['a', 'b']

async function refusing(status: number): Promise<{ readonly lab: Lab; readonly mend: () => void }> {
  let isMended = false
  const lab = await Lab.of(['a', 'b'], {
    application: (application, site) => ({
      request: async request => {
        const answer = await application.request(request)
        if (site !== 'b' || isMended) return answer
        return { ...answer, status, body: new Uint8Array(), rawHeaders: [] }
      },
    }),
  })
  return { lab, mend: () => void (isMended = true) }
}

test.each([401, 503, 307])(
  'an application that answers %i to everything: its site is behind, and its origin knows',
  async status => {
    const { lab, mend } = await refusing(status)
    const { accepted } = await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members })
    await lab.pass(30_000)
    expect(lab.behind('b')).toMatchObject({ behind: 0 })
    await lab.pass(120_000)
    const counts = lab.behind('b')
    expect(counts).toMatchObject({ behind: 1, behindStatus: status })
    expect(counts?.behindMs).toBeGreaterThanOrEqual(60_000)
    expect(lab.events('b').filter(kind => kind === 'behind')).toEqual(['behind'])
    const operation = accepted?.operation
    if (operation === undefined) throw new Error('it was not accepted')
    const sites = await lab.wait('a', 'x', operation, 0, 'all')
    expect(sites.find(({ site }) => site === 'b')).toMatchObject({ outcome: 'pending', status })

    mend()
    await lab.pass(120_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 0 }, b: { id: 'x', n: 0 } })
    expect(lab.behind('b')).toMatchObject({ behind: 0, behindMs: 0 })
    const later = await lab.wait('a', 'x', operation, 0, 'all')
    expect(later.find(({ site }) => site === 'b')).toMatchObject({ outcome: 'applied' })
    lab.assertSound()
  },
)
