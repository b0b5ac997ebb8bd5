import { replicantText } from '../../core/oplog/replicant-text.ts'
import type { DetachedPage } from '../../ports/replication-control.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { render } from '../output/render.ts'
import { changeLines, replicantName } from './replicant-argument.ts'

export const detachCommand: CommandSpec = {
  name: 'detach',
  summary: 'Remove a site that is gone for good from the members, of all that is replicated here or of some',
  details:
    'The other members learn of it from this one; nothing waits for the site from then on. What it has written and no other member holds ' +
    'is shown as conflicts if it comes back; what its application has stays there, as a resource of its own. Asked of one agent that is ' +
    'a member too; replicants that it has no part in are detached at another. One that would have no member left is kept. ' +
    'The site keeps its name: see "cheops site rm" for that.',
  arguments: [
    { name: '<site>', help: 'name of the site' },
    { name: '[replicants...]', help: 'SERVICE/KIND/NAME each; without any, all of which the site is a member' },
  ],
  options: [{ flags: '--force', help: 'although the site is alive' }],
  agent: true,
  output: true,
  examples: [
    ['cheops replicant detach site3', 'site3 burnt down'],
    ['cheops replicant detach site3 inventory/items/purple --force', 'it lives, and shall have no part in this one'],
  ],
  async run(call) {
    const { io, options, args } = call
    const [site = '', ...texts] = args
    const replicants = texts.map(text => replicantText(replicantName(text)))
    const agent = await connectAgent(call)
    const force = options.flag('force')
    const all: { detached: DetachedPage['detached'][number][]; kept: DetachedPage['kept'][number][] } = {
      detached: [],
      kept: [],
    }
    const people = options.format === 'table'
    let after: string | undefined
    do {
      const { detached, kept, next } = await agent.detach(site, replicants, force, after)
      all.detached.push(...detached)
      all.kept.push(...kept)
      after = next
      // Thousands take a while.
      if (people) for (const line of changeLines(detached)) writeLine(io.stdout, line)
    } while (after !== undefined && !io.interrupted.aborted)
    // Of many pages the agent cannot tell that there was nothing at all.
    if (after === undefined && all.detached.length + all.kept.length === 0) await agent.site(site)
    render(io, options.format, { site, ...all, next: after }, () => verdict(site, all, after))
    return after === undefined && all.kept.length === 0 ? EXIT.ok : EXIT.failed
  },
}

function verdict(site: string, { detached, kept }: Omit<DetachedPage, 'next'>, after: string | undefined): string {
  const count = (number: number): string => `${String(number)} ${number === 1 ? 'replicant' : 'replicants'}`
  const lines = [
    detached.length === 0
      ? `${site} is a member of nothing else that is replicated here.`
      : `${site} is no member of ${count(detached.length)} any more.`,
  ]
  if (kept.length > 0)
    lines.push(
      `It is the only member of ${kept.map(replicantText).join(', ')}: delete that instead, or create it anew elsewhere.`,
    )
  if (after !== undefined) lines.push('There are more: run it again.')
  return lines.join('\n')
}
