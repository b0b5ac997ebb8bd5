/**
 * The agent's own account as it is read at each use: every kind from real files, rotated in the three ways in which people and
 * tools do it, and what cannot be used as an error that names key and file and nothing of the content.
 */
import { mkdtemp, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { credentialSource } from '../../../../../src/adapters/http/application-client/credential-source.ts'
import type { Credential } from '../../../../../src/config.ts'
import { testAuthorities } from '../../../../support/certificates.ts'
import { testService } from '../../../../support/application-client.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'cheops-test-'))
const { authorities, remove } = await testAuthorities('one')
afterAll(async () => {
  await Promise.all([remove(), rm(folder, { recursive: true })])
})

let files = 0
async function written(content: string): Promise<string> {
  const file = path.join(folder, String(++files))
  await writeFile(file, content)
  return file
}

const sourceOf = (credential: Credential, endpoint = 'https://127.0.0.1:1') =>
  credentialSource(testService({ endpoint, credential }))

const shown = (...headers: string[]) => ({ headers, certificate: undefined })

test.each([
  ['bearer', 'abc\n', shown('Authorization', 'Bearer abc')],
  ['basic', 'Aladdin:open sesame\n', shown('Authorization', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')],
  ['basic', 'test:123£\n', shown('Authorization', 'Basic dGVzdDoxMjPCow==')],
  ['headers', 'X-Auth-Token: abc\n', shown('X-Auth-Token', 'abc')],
] as const)('%s: %j', async (kind, content, expected) => {
  expect(await sourceOf({ kind, file: await written(content) }).show()).toEqual(expected)
})

test('no credential: nothing is shown', async () => {
  expect(await credentialSource(testService({ endpoint: 'http://x' })).show()).toEqual(shown())
})

test('written anew at once, in the same length', async () => {
  const file = await written('one')
  const source = sourceOf({ kind: 'bearer', file })
  for (const token of ['one', 'two', 'six']) {
    await writeFile(file, token)
    expect(await source.show()).toEqual(shown('Authorization', `Bearer ${token}`))
  }
})

test('replaced by another file of the same length and times', async () => {
  const [file, next] = [await written('one'), await written('two')]
  for (const each of [file, next]) await utimes(each, 1, 1)
  const source = sourceOf({ kind: 'bearer', file })
  expect(await source.show()).toEqual(shown('Authorization', 'Bearer one'))
  await rename(next, file)
  expect(await source.show()).toEqual(shown('Authorization', 'Bearer two'))
})

test('a link that is turned, as Kubernetes mounts secrets', async () => {
  const [one, two, link] = [await written('one'), await written('two'), path.join(folder, 'link')]
  await symlink(one, link)
  const source = sourceOf({ kind: 'bearer', file: link })
  expect(await source.show()).toEqual(shown('Authorization', 'Bearer one'))
  await unlink(link)
  await symlink(two, link)
  expect(await source.show()).toEqual(shown('Authorization', 'Bearer two'))
})

test('missing for a while: an error, then the new one', async () => {
  const file = await written('one')
  const source = sourceOf({ kind: 'bearer', file })
  await source.show()
  await unlink(file)
  await expect(source.show()).rejects.toMatchObject({
    code: 'ERR_CREDENTIAL',
    message: `credential.bearerFile of "app" (${file}) does not exist`,
  })
  await writeFile(file, 'two')
  expect(await source.show()).toEqual(shown('Authorization', 'Bearer two'))
})

test.each([
  ['bearer', 'bearerFile', 'sec ret'],
  ['basic', 'basicFile', 'secret'],
  ['headers', 'headersFile', 'secret'],
] as const)('%s that cannot be used: key and file are named, the content is not', async (kind, key, content) => {
  const file = await written(content)
  const error: unknown = await sourceOf({ kind, file })
    .show()
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'ERR_CREDENTIAL', spec: { retry: true } })
  expect(String(error)).toContain(`credential.${key} of "app" (${file}) cannot be used`)
  expect(String(error).replace(file, '')).not.toMatch(/sec ?ret(?!s)/)
})

test('a folder, and a file that is too large', async () => {
  await expect(sourceOf({ kind: 'bearer', file: folder }).show()).rejects.toThrow('is a folder')
  const file = await written('x'.repeat(65_537))
  await expect(sourceOf({ kind: 'bearer', file }).show()).rejects.toThrow('has more than 65536 bytes')
})

test('a client certificate: shown as it stands, refused if the key is another one or the endpoint is plain', async () => {
  const [mine, other] = [await authorities.one.issue('mine'), await authorities.one.issue('other')]
  const { certificate } = await sourceOf({ kind: 'certificate', ...mine }).show()
  expect(certificate?.cert).toContain('BEGIN CERTIFICATE')
  const code = 'ERR_CREDENTIAL'
  await expect(sourceOf({ kind: 'certificate', cert: mine.cert, key: other.key }).show()).rejects.toMatchObject({
    code,
  })
  await expect(sourceOf({ kind: 'certificate', ...mine }, 'http://x').show()).rejects.toMatchObject({ code })
})
