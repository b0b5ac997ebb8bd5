import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { CheopsError } from '../../errors.ts'
import type { Io } from '../io.ts'
import { makeFolder } from '../../config/make-folder.ts'

/** An agent that has a name for this user. */
export interface Context {
  readonly agent: string
  readonly tokenFile: string | undefined
  readonly caFile: string | undefined
}

export interface Contexts {
  readonly current: string | undefined
  readonly contexts: Readonly<Record<string, Context>>
}

/** `${XDG_CONFIG_HOME:-~/.config}/cheops/contexts.yaml` */
export function contextsFile(io: Io): string {
  const home = io.env['XDG_CONFIG_HOME']
  const base = home !== undefined && path.isAbsolute(home) ? home : path.join(io.env['HOME'] ?? homedir(), '.config')
  return path.join(base, 'cheops', 'contexts.yaml')
}

/** @throws CheopsError ERR_CLI_USAGE for a file that is not one of ours */
export async function readContexts(io: Io): Promise<Contexts> {
  const file = contextsFile(io)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return { current: undefined, contexts: {} }
  }
  let content: unknown
  try {
    content = parse(text)
  } catch (error) {
    throw new CheopsError('ERR_CLI_USAGE', `${file} is no valid YAML.`, {}, { cause: error })
  }
  const root = record(content)
  const contexts: Record<string, Context> = {}
  for (const [name, value] of Object.entries(record(root['contexts']))) {
    const { agent, tokenFile, caFile } = record(value)
    if (typeof agent !== 'string') continue
    contexts[name] = { agent, tokenFile: textOf(tokenFile), caFile: textOf(caFile) }
  }
  return { current: textOf(root['current']), contexts }
}

/** Replaces the file in one step; only its owner may read it, as it says where tokens stand. */
export async function writeContexts(io: Io, contexts: Contexts): Promise<void> {
  const file = contextsFile(io)
  await makeFolder(path.dirname(file), 0o700)
  const temporary = `${file}.new`
  await writeFile(temporary, stringify(contexts), { mode: 0o600 })
  await chmod(temporary, 0o600)
  await rename(temporary, file)
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
