/** The worked example of src/glue/README.md: its definition is valid and makes of each request what the table says. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkDefinition } from '../../../src/glue/check.ts'
import { interpret } from '../../../src/glue/interpreter.ts'

const readme = await readFile(join(import.meta.dirname, '../../../src/glue/README.md'), 'utf8')
const { definition, findings } = checkDefinition(/```yaml\n([^]*?)```/.exec(readme)?.[1] ?? '')

it('is valid', () => {
  expect(findings.filter(finding => finding.severity !== 'note')).toEqual([])
})

const rows = readme
  .split('\n')
  .filter(line => /^\| `[A-Z]+ \//.test(line))
  .map(line => line.split('|').slice(1, -1))
  .map(cells => cells.map(cell => cell.trim().replaceAll('`', '')))

it('has a table', () => {
  expect(rows.length).toBeGreaterThan(5)
})

it.each(rows)('%s', (request = '', kind, verb, id, operation) => {
  if (definition === undefined) throw new Error('the example is not valid')
  const [method, path] = request.split(' ') as [string, string]
  const found = interpret(definition).analyse({ method, target: path, rawHeaders: [] }, path)
  expect([found.kind ?? '', found.verb, found.id ?? '', found.operation ?? '']).toEqual([kind, verb, id, operation])
})
