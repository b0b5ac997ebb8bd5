import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Config, ServiceConfig } from '../config.ts'
import { CheopsError } from '../errors.ts'
import { buildConfig, buildService } from './build-config.ts'
import { KEYS, SERVICE_KEYS } from './keys.ts'
import type { Key, ServiceKey } from './keys.ts'
import { checkRules } from './rules.ts'
import { Problems } from './given.ts'
import { readYaml } from './given-file.ts'
import { readFlags } from './given-flags.ts'
import { readServiceObject, readServicesText } from './given-services.ts'
import { GivenValues } from './given-values.ts'
import { readVariables } from './given-variables.ts'
import type { FileSource } from './given-file.ts'
import type { Given, ServiceSource } from './given.ts'

/** Values of flags by the key's path (`ingress.listen`); `services` is a list of YAML or name=URL texts. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export interface LoadOptions {
  /** Path of the YAML file; undefined: variables and flags alone. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags?: Flags
  /** Folder that paths in variables, flags and defaults start from (with a file, defaults start from its folder). */
  readonly cwd?: string
  /** Whether people read the log: what `log.format: auto` becomes. */
  readonly terminal?: boolean
}

/** Nobody writes a configuration of this size by hand. */
const MAX_FILE_BYTES = 1_048_576

/**
 * Reads, joins and checks the configuration: file, below variables, below flags.
 * @throws CheopsError ERR_CONFIG_READ, or ERR_CONFIG_INVALID whose message and `meta.problems` list everything that is wrong,
 * each with `file:line:column`, the variable or the flag
 */
export function loadConfig({ file, env, flags = {}, cwd = process.cwd(), terminal = false }: LoadOptions): Config {
  const problems = new Problems()
  const source = file === undefined ? EMPTY : readConfigFile(path.resolve(cwd, file), file, problems)
  const variables = readVariables(env, cwd, KEYS, problems)
  const given = readFlags(flags, cwd, KEYS)

  const base = file === undefined ? cwd : path.dirname(path.resolve(cwd, file))
  const values = new GivenValues(new Map([...source.keys, ...variables, ...given]), KEYS, base, problems)
  const services = serviceSources(source, variables.get('services'), given.get('services'), cwd, problems)
  const config = buildConfig(values, services, base, terminal, problems)
  checkRules(config, placesOf(values, services, problems), problems)
  throwProblems(problems, file)
  return config
}

const EMPTY: FileSource = { keys: new Map(), services: [], servicesAt: undefined }

function readConfigFile(absolute: string, shown: string, problems: Problems): FileSource {
  let text: string
  try {
    if (statSync(absolute).size > MAX_FILE_BYTES) {
      throw new CheopsError('ERR_CONFIG_READ', `${shown} is larger than ${String(MAX_FILE_BYTES)} bytes.`, {
        file: shown,
      })
    }
    text = readFileSync(absolute, 'utf8')
  } catch (error) {
    if (error instanceof CheopsError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const why =
      code === 'ENOENT'
        ? 'it does not exist'
        : code === 'EACCES'
          ? 'it may not be read'
          : code === 'EISDIR'
            ? 'it is a folder'
            : code
    throw new CheopsError('ERR_CONFIG_READ', `${shown} cannot be read: ${why}.`, { file: shown }, { cause: error })
  }
  return readYaml(text, shown, path.dirname(absolute), { keys: KEYS, service: SERVICE_KEYS }, problems)
}

/** @throws CheopsError ERR_CONFIG_INVALID with all of them, if there is any */
export function throwProblems(problems: Problems, file: string | undefined): void {
  if (problems.list.length === 0) return
  const list = problems.inOrder()
  const count = list.length === 1 ? 'One problem' : `${String(list.length)} problems`
  throw new CheopsError(
    'ERR_CONFIG_INVALID',
    `${count} in the configuration:\n${list.map(line => `  ${line}`).join('\n')}`,
    { file, problems: list },
  )
}

/**
 * Checks one service that stands in no file, as the admin API gets it: nested as in the file.
 * @param base the folder that relative paths start from
 * @throws CheopsError ERR_CONFIG_INVALID
 */
export function parseService(object: Readonly<Record<string, unknown>>, base: string): ServiceConfig {
  const problems = new Problems()
  const source = readServiceObject(object, '', base, SERVICE_KEYS, problems)
  const service = buildService(source, base, problems)
  throwProblems(problems, undefined)
  return service
}

/** Services of the strongest source that names any: lists are not joined across sources. */
function serviceSources(
  file: FileSource,
  variable: Given | undefined,
  flag: Given | undefined,
  cwd: string,
  problems: Problems,
): readonly ServiceSource[] {
  const stronger = flag ?? variable
  if (stronger === undefined) return file.services
  const texts = Array.isArray(stronger.value) ? stronger.value.map(String) : [String(stronger.value)]
  return readServicesText(texts, stronger.where, cwd, SERVICE_KEYS, problems)
}

/** What rules are told of what was given: `where('ingress.listen')`, `where('endpoint', 0)`. */
export interface Places {
  readonly where: (key: Key | ServiceKey, service?: number) => string
  /** Whether it can be used, or was left out: a rule says nothing of what is bad already. */
  readonly isKnown: (key: Key | ServiceKey, service?: number) => boolean
}

function placesOf(values: GivenValues<typeof KEYS>, services: readonly ServiceSource[], problems: Problems): Places {
  return {
    where: (key, index) => {
      if (index === undefined) return values.where(key)
      const service = services[index]
      return service?.keys.get(key)?.where ?? service?.where ?? ''
    },
    isKnown: (key, index) => {
      if (index === undefined) return values.isKnown(key)
      const given = services[index]?.keys.get(key)
      return given === undefined || !problems.unread.has(given)
    },
  }
}
