import { parseArgs } from 'node:util'
import { runMembership } from './scenarios/membership.ts'
import type { Report } from './scenarios/membership.ts'

/* oxlint-disable no-console -- this is a command */

/** `npm run sim -- --seeds 200 --from 1`: runs seeds, tells the story of those that fail, ends with `N passed, N failed`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      story: { type: 'boolean', default: false },
    },
  })
  const from = wholeNumber(values.from, '--from')
  const count = wholeNumber(values.seeds, '--seeds')
  let failed = 0
  let slowest = 0
  for (let seed = from; seed < from + count; seed++) {
    const report = await runMembership(seed)
    slowest = Math.max(slowest, report.healedAfterMs)
    if (report.violations.length > 0) failed += 1
    if (report.violations.length > 0 || values.story) tellStory(report)
  }
  console.log(`longest healing: ${(slowest / 1000).toFixed(1)} s of virtual time`)
  console.log(`${count - failed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function tellStory({ seed, story, violations, healedAfterMs }: Report): void {
  console.log(`seed ${seed}`)
  for (const { at, text } of story) console.log(`${(at / 1000).toFixed(3).padStart(9)} s  ${text}`)
  console.log(`healed after ${(healedAfterMs / 1000).toFixed(1)} s`)
  for (const violation of violations) console.log(`  violated: ${violation}`)
  console.log(`replay: npm run sim -- --from ${seed} --seeds 1 --story\n`)
}

function wholeNumber(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${option} takes a whole number, not "${text}"`)
  return value
}

await main()
