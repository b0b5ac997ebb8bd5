import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '../..')

/** What these tests start is built by `npm run build`, which vitest alone does not do. @throws Error when it is missing, or older than the source */
export async function setup(): Promise<void> {
  const program = await changed('dist/bin/cheops.js').catch(() => 0)
  const sources = await Promise.all(
    ['src', 'protocols'].map(async folder =>
      (await readdir(path.join(ROOT, folder), { recursive: true }))
        .filter(file => file.endsWith('.ts'))
        .map(file => path.join(folder, file)),
    ),
  )
  // What it is made of besides is bundled with it.
  for (const source of [...sources.flat(), 'package-lock.json'])
    if ((await changed(source)) > program)
      throw new Error(`dist/bin, which these tests start, is older than ${source}: run "npm run build" first`)
}

const changed = async (file: string): Promise<number> => (await stat(path.join(ROOT, file))).mtimeMs
