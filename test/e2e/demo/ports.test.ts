/**
 * Shows that the demonstration starts on other ports when somebody takes one of its ports between the choice and the start. How: the
 * built mesh of three sites, and a listener on a port that was chosen. Needs `npm run build`.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { pathToFileURL } from 'node:url'
import path from 'node:path'
import { expect, test } from 'vitest'
import type * as LocalMeshModule from '../../../sims/demo/local-mesh.ts'

const BUILT = path.join(import.meta.dirname, '../../../dist/sims/demo/local-mesh.js')

test('a port that is taken meanwhile is replaced', async () => {
  const built = (await import(pathToFileURL(BUILT).href)) as typeof LocalMeshModule
  const mesh = await built.LocalMesh.prepare({ typed: false }, new AbortController().signal)
  const thief = createServer()
  try {
    const { admin } = mesh.site('site2').plan.ports
    thief.listen(admin, '127.0.0.1')
    await once(thief, 'listening')
    await mesh.start()
    expect(mesh.site('site2').plan.ports.admin).not.toBe(admin)
    expect((await fetch(`${mesh.site('site2').admin}/livez`)).status).toBe(200)
  } finally {
    thief.close()
    await mesh.end()
  }
}, 60_000)
