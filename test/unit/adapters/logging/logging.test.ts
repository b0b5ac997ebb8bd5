// Shows what a log line looks like for machines and for people, and that no secret reaches it by name or in a nested field.
import { expect, test } from 'vitest'
import { createLogger, SECRET_FIELDS } from '../../../../src/adapters/logging/pino-logger.ts'

const collect = (format: 'json' | 'pretty', colour = false) => {
  const lines: string[] = []
  const logger = createLogger({
    level: 'info',
    format,
    colour,
    fields: { site: 'site1' },
    destination: { write: line => lines.push(line) },
  })
  return { lines, logger }
}

test('JSON lines carry the site, a level in words, an ISO time, and the fields of a child', () => {
  const { lines, logger } = collect('json')
  logger.debug({}, 'too fine')
  logger.child({ part: 'router' }).info({ service: 'inventory' }, 'forwarded')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    site: 'site1',
    part: 'router',
    service: 'inventory',
    msg: 'forwarded',
  })
})

test.each(SECRET_FIELDS)('%s never shows', name => {
  const { lines, logger } = collect('json')
  logger.warn({ [name]: 's3cret', request: { [name]: 's3cret', headers: { [name]: 's3cret' } } }, 'x')
  expect(lines[0]).not.toContain('s3cret')
  expect(lines[0]).toContain('***')
})

test('an error is its name, code, message and causes', () => {
  const { lines, logger } = collect('json')
  const cause = Object.assign(new Error('inner'), { code: 'ECONNRESET', token: 's3cret' })
  logger.error({ error: new Error('outer', { cause }) }, 'failed')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    error: { name: 'Error', message: 'outer', cause: { code: 'ECONNRESET', message: 'inner' } },
  })
  expect(lines[0]).not.toContain('s3cret')
})

test('lines for people', () => {
  const { lines, logger } = collect('pretty')
  logger.warn({ peer: 'a\u001b[31m', count: 2 }, 'slow')
  expect(lines[0]?.slice(13)).toBe('WARN  slow  site=site1 peer="a\\u001b[31m" count=2\n')
  const coloured = collect('pretty', true)
  coloured.logger.error({}, 'bad')
  expect(coloured.lines[0]).toContain('\u001b[31m')
})
