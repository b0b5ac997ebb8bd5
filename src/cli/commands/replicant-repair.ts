import { replicantText } from '../../core/oplog/replicant-text.ts'
import type { RepairResult } from '../../ports/replication-control.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT } from '../io.ts'
import { render } from '../output/render.ts'
import { REPLICANT, replicantName } from './replicant-argument.ts'

export const repairCommand: CommandSpec = {
  name: 'repair',
  summary: 'Copy the state of another member that agrees to the application here, now',
  details:
    'A replica that is diverged is repaired by itself as soon as a member that holds the same and has nothing left to do can be reached; this ' +
    'asks at once, and says why not; after a start it waits a few seconds until members are connected. What the application here has by the name is overwritten, if it differs. ' +
    'It is made here also where the application has called otherwise what it has made of it so far.',
  arguments: [REPLICANT],
  options: [{ flags: '--from <site>', help: 'only from this member' }],
  agent: true,
  output: true,
  examples: [
    ['cheops replicant repair inventory/items/purple', 'from any member that agrees'],
    ['cheops replicant repair inventory/items/purple --from site2', 'from site2'],
  ],
  async run(call) {
    const name = replicantName(call.args[0] ?? '')
    const { result, waitsFor = [] } = await (await connectAgent(call)).repair(name, call.options.text('from'))
    const awaited = waitsFor.length === 0 ? '' : `: ${waitsFor.join(', ')}; try again in some seconds`
    render(
      call.io,
      call.options.format,
      { replicant: name, result, ...(waitsFor.length > 0 && { waitsFor }) },
      () => `${replicantText(name)}: ${RESULTS[result]}${awaited}`,
    )
    return result === 'copied' ? EXIT.ok : EXIT.failed
  },
}

const RESULTS: Readonly<Record<RepairResult['result'], string>> = {
  copied: 'the application here shows what the other member has',
  nobody: 'no member could be reached that holds the same and has nothing left to do',
  'not-yet': 'members are there that are not connected yet, or have not compared what both hold since the start',
  busy: 'too much is repaired at the moment: it has its turn by itself',
  'not-taken': 'the application here could not be read, or did not take it',
  unclear:
    'no member shows fields that were written, and nobody can say what they are by now (write-only of the definition names such fields)',
  'not-exposed': 'this site does not let others do here what the state is made of (expose)',
}
