// Shows that a problem is told to people on a terminal with its caret in place, and that nothing else is touched. How: texts as agents
// and applications send them, and `cheops request` before a server, with a terminal and without.
import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { problemText } from '../../../src/cli/output/problem.ts'
import { painter } from '../../../src/cli/output/render.ts'

const PROBLEM = {
  type: 'about:blank',
  title: 'No such site',
  status: 404,
  detail: 'Column 1: The mesh knows no site "site22". Did you mean "site2"?\n  site22\n  ^^^^^^',
  code: 'ERR_SCOPE_UNKNOWN_SITE',
  site: 'site1',
  hint: 'See "cheops site ls".',
}
const SHOWN = `No such site
  Column 1: The mesh knows no site "site22". Did you mean "site2"?
    site22
    ^^^^^^
  See "cheops site ls".
  status 404, code ERR_SCOPE_UNKNOWN_SITE, site site1`

const plain = painter(false)

test('a problem in lines', () => {
  expect(problemText(JSON.stringify(PROBLEM), plain)).toBe(SHOWN)
  expect(problemText('{"title":"Gone"}', plain)).toBe('Gone')
})

test('what others wrote does not control the terminal', () => {
  expect(problemText(JSON.stringify({ title: '\u001b[2Jx', detail: '\u0007' }), plain)).not.toMatch(/\p{Cc}(?<!\n)/u)
})

test.each(['no JSON', '[]', 'null', '{}'])('%j is none', text => {
  expect(problemText(text, plain)).toBeUndefined()
})

test.each([
  [true, `${SHOWN}\n`],
  [false, JSON.stringify(PROBLEM)],
])('`request` with a terminal: %s', async (stdoutIsTerminal, expected) => {
  const server = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(PROBLEM))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const stdout = new PassThrough()
  const code = await main(['request', '/inventory/items', '--ingress', `http://127.0.0.1:${String(port)}`], {
    stdout,
    stderr: new PassThrough(),
    stdin: new PassThrough(),
    env: { NO_COLOR: '1' },
    cwd: '/',
    stdoutIsTerminal,
    stderrIsTerminal: false,
    interrupted: new AbortController().signal,
  })
  server.close()
  expect([code, String(stdout.read())]).toEqual([2, expected])
})
