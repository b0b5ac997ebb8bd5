/**
 * kill -9 under load: whatever the moment, the store, its journals and the large bodies open again by themselves, nothing that was
 * acknowledged is lost, and nothing is torn.
 *
 * A process writes as fast as it can and acknowledges line by line; it is killed after a random time, which begins before it
 * opens what the process before it left behind, in most rounds not before it has acknowledged something: how much comes of a time is the machine's.
 * Rounds go on in the same folder. `CHEOPS_KILL_ROUNDS` says how many.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { faultsOf, runLoad } from './load.ts'
import { temporaryFolder } from '../../support/peers.ts'
import type { Acknowledgement, Expected } from './load.ts'

const ROUNDS = Number(process.env['CHEOPS_KILL_ROUNDS'] ?? 30)
/** A process opens the folder within the first tenth of it; the rest is load. */
const LONGEST_MS = 500
/** In every so many rounds time alone decides. */
const BY_TIME_EACH = 5
/** Acknowledgements that are waited for at most; the other rounds have all from none to this, in no order. */
const MOST = 300

/** When a process is killed: so many milliseconds after its first line, and not before it has acknowledged so much. */
interface Moment {
  readonly afterMs: number
  readonly acknowledged: number
}

function momentOf(round: number): Moment {
  const afterMs = Math.round(Math.random() * LONGEST_MS)
  const part = (((round * 7) % ROUNDS) + Math.random()) / ROUNDS
  return { afterMs, acknowledged: round % BY_TIME_EACH === 0 ? 0 : Math.floor(part * MOST) }
}

function remember(expected: Expected, acknowledgement: Acknowledgement): void {
  switch (acknowledgement.kind) {
    case 'operation':
      expected.number = Math.max(expected.number, acknowledgement.number)
      expected.counts.set(acknowledgement.worker, acknowledgement.count)
      return
    case 'blob':
      expected.blobs.set(acknowledgement.hash, acknowledgement.seed)
      return
    case 'forgotten':
      expected.blobs.delete(acknowledgement.hash)
  }
}

/** Runs the load, which says a line before it opens the folder; resolves when it is dead and all that it said is read. */
async function runAndKill(folder: string, moment: Moment, expected: Expected): Promise<number> {
  const script = `
    import { ${runLoad.name} } from ${JSON.stringify(new URL('load.ts', import.meta.url).href)}
    await ${runLoad.name}(process.argv[1])`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder])
  let said = ''
  child.stderr.setEncoding('utf8').on('data', chunk => (said += chunk))
  const closed = once(child, 'close')
  let lines = 0
  let isTime = false
  const killInTime = (): void => {
    if (isTime && lines > moment.acknowledged) child.kill('SIGKILL')
  }
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines++ > 0) remember(expected, JSON.parse(line))
    else
      setTimeout(() => {
        isTime = true
        killInTime()
      }, moment.afterMs)
    killInTime()
  }
  expect((await closed)[1], `it did not end by itself: ${said}`).toBe('SIGKILL')
  return lines - 1
}

test(`${ROUNDS} times`, { timeout: 60_000 + ROUNDS * 4_000 }, async () => {
  await using folder = await temporaryFolder()
  const expected: Expected = { number: 0, counts: new Map(), blobs: new Map() }
  const acknowledged: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const moment = momentOf(round)
    const before = expected.number
    acknowledged.push(await runAndKill(folder.path, moment, expected))
    const story = `round ${round}, killed after ${moment.afterMs} ms and ${moment.acknowledged} acknowledgements, numbers ${before} to ${expected.number} acknowledged`
    expect(await faultsOf(folder.path, expected), story).toEqual([])
  }
  const sum = acknowledged.reduce((all, each) => all + each, 0)
  console.log(
    `killed ${ROUNDS} times, ${sum} acknowledgements, ${acknowledged.filter(each => each === 0).length} while it opened`,
  )
  expect(sum, 'there was load').toBeGreaterThan(ROUNDS * 100)
})
