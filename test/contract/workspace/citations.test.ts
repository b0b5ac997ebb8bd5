/** What comments and documents cite of the model of consistency is there: each section by its heading. */
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const CITED = /consistency\.md ((?:"[^"]+"(?: \([^)]*\))?(?:, | and )?)+)/g

test('each section of consistency.md that is cited exists', async () => {
  const model = await readFile(path.join(ROOT, 'src/consistency.md'), 'utf8')
  const headings = new Set([...model.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading ?? ''))
  const missing: string[] = []
  let cited = 0
  for await (const file of glob('{src,protocols,sims,test}/**/*.{ts,md}', { cwd: ROOT })) {
    if (file.includes('node_modules')) continue
    // A citation may go on in the next line of a comment.
    const text = (await readFile(path.join(ROOT, file), 'utf8')).replaceAll(/\n\s*\*? ?/g, ' ')
    for (const [, sections = ''] of text.matchAll(CITED))
      for (const [, section = ''] of sections.matchAll(/"([^"]+)"/g)) {
        cited++
        // What is said of the invariants has more words than their heading.
        if (![...headings].some(heading => heading === section || heading.startsWith(`${section} (`)))
          missing.push(`${file}: "${section}"`)
      }
  }
  expect(missing).toEqual([])
  expect(cited).toBeGreaterThan(30)
})
