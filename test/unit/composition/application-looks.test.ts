/**
 * When applications are asked whether they answer: by who wants to know, once for all who want to within two seconds, and anew where a service is
 * offered differently. How: a clock that is set by hand, and a look that counts.
 */
import { expect, test } from 'vitest'
import { ApplicationLooks } from '../../../src/composition/application-looks.ts'
import type { ServiceConfig } from '../../../src/config.ts'
import { parseService } from '../../../src/config/load.ts'

const service = (name: string): ServiceConfig => parseService({ name, endpoint: `http://127.0.0.1/${name}` }, '/')

function looking() {
  const asked: string[] = []
  const time = { ms: 0 }
  const clock = { now: () => 0, monotonic: () => time.ms, after: () => ({ cancel() {} }) }
  const looks = new ApplicationLooks(clock, async ({ name, endpoint }) => {
    asked.push(name)
    return { service: name, endpoint, state: 'refused', detail: `look ${asked.length}` }
  })
  return { asked, time, looks }
}

test('one look serves all who ask within two seconds', async () => {
  const { asked, time, looks } = looking()
  const services = [service('books'), service('loans')]
  const [first, second] = await Promise.all([looks.all(services), looks.all(services)])
  time.ms = 1_999
  expect(await looks.all(services)).toEqual(first)
  expect(second).toEqual(first)
  expect(asked).toEqual(['books', 'loans'])
  time.ms = 2_000
  expect((await looks.all(services)).map(({ detail }) => detail)).toEqual(['look 3', 'look 4'])
})

test('a service that is offered differently, or again, is looked at anew', async () => {
  const { asked, looks } = looking()
  const books = service('books')
  await looks.all([books])
  await looks.all([{ ...books }])
  expect(asked).toEqual(['books', 'books'])
  const same = [service('loans')]
  await looks.all(same)
  await looks.all([])
  await looks.all(same)
  expect(asked).toEqual(['books', 'books', 'loans', 'loans'])
})
