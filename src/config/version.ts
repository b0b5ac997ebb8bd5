import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What package.json says of this program: found by walking up, since sources and the built program lie at different depths. */
export interface Package {
  readonly version: string
  /** The range of Node versions that it runs on: `^24.12 || >=26`. */
  readonly node: string
}

/** @throws Error when the files of this program are incomplete */
export function readPackage(): Package {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const found = readOwn(path.join(folder, 'package.json'))
    if (found !== undefined) return found
    if (folder === path.dirname(folder)) throw new Error('package.json of cheops is missing beside its program')
  }
}

function readOwn(file: string): Package | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null) return undefined
  if (!('name' in content && content.name === 'cheops' && 'version' in content)) return undefined
  const engines = 'engines' in content ? content.engines : undefined
  const node = typeof engines === 'object' && engines !== null && 'node' in engines ? engines.node : undefined
  return typeof content.version === 'string' && typeof node === 'string'
    ? { version: content.version, node }
    : undefined
}
