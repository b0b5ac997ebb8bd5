import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { BUILT_IN_GLUE, type BuiltInGlue } from '../config.ts'
import { CheopsError } from '../errors.ts'
import type { Glue } from '../ports/glue.ts'
import { nearestName } from '../core/scope/index.ts'
import { checkDefinition } from './check.ts'
import { interpret, type GlueModule } from './interpreter.ts'
import { openstackModule } from './openstack/index.ts'
import { MAX_DEFINITION_BYTES, type Finding } from './parse.ts'

/** Built-in definitions by name, with the module beside each that has one. */
const BUILT_IN: Readonly<Record<BuiltInGlue, GlueModule>> = {
  rest: () => ({}),
  openstack: openstackModule,
}

/**
 * The driver of an application.
 * @param nameOrPath `rest`, `openstack`, or the path of a definition (it ends in .yaml, .yml or .json, or has a slash in it)
 * @param service name in the mesh of the service that it is for: OpenStack's services put errors into different forms
 * @throws CheopsError ERR_GLUE_NOT_FOUND; ERR_GLUE_INVALID with line, column and suggestion of the first error in `meta`
 */
export async function loadGlue(nameOrPath: string, service?: string): Promise<Glue> {
  const module = isBuiltIn(nameOrPath) ? BUILT_IN[nameOrPath] : undefined
  const path = glueFile(nameOrPath)
  const { definition, findings } = checkDefinition(await readDefinition(path))
  if (definition === undefined) throw invalid(path, findings)
  return interpret(definition, module, service)
}

/**
 * The file in which the definition of this name stands.
 * @throws CheopsError ERR_GLUE_NOT_FOUND for a name that is neither built in nor a path
 */
export function glueFile(nameOrPath: string): string {
  if (isBuiltIn(nameOrPath)) return builtInFile(nameOrPath)
  if (isAbsolute(nameOrPath) || /[/\\]|\.(ya?ml|json)$/.test(nameOrPath)) return resolve(nameOrPath)
  const meant = nearestName(nameOrPath, BUILT_IN_GLUE)
  throw new CheopsError(
    'ERR_GLUE_NOT_FOUND',
    `No glue is called "${nameOrPath}"; built in: ${BUILT_IN_GLUE.join(', ')}.` +
      (meant === undefined ? '' : ` Did you mean "${meant}"?`),
    { glue: nameOrPath, suggestion: meant },
  )
}

function isBuiltIn(name: string): name is BuiltInGlue {
  return Object.hasOwn(BUILT_IN, name)
}

/**
 * Definitions are published as they are written, in src/glue; compiler and bundler leave them where they stand. They are
 * found by walking up, since the source, what is compiled of it and the bundled program lie at different depths.
 * @throws Error when the files of this program are incomplete
 */
function builtInFile(name: string): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, 'src', 'glue', name, `${name}.glue.yaml`)
    if (existsSync(file)) return file
    if (folder === dirname(folder)) throw new Error(`src/glue/${name} of cheops is missing beside its program`)
  }
}

/** @throws CheopsError ERR_GLUE_NOT_FOUND, ERR_GLUE_INVALID for a file that is no UTF-8 or larger than MAX_DEFINITION_BYTES */
export async function readDefinition(path: string): Promise<string> {
  let bytes: Buffer
  try {
    await using file = await open(path)
    const buffer = Buffer.alloc(MAX_DEFINITION_BYTES + 1)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    bytes = buffer.subarray(0, bytesRead)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new CheopsError(
      'ERR_GLUE_NOT_FOUND',
      `The glue definition ${path} cannot be read (${code}).`,
      { glue: path },
      { cause },
    )
  }
  const name = basename(path)
  if (bytes.length > MAX_DEFINITION_BYTES) {
    throw new CheopsError('ERR_GLUE_INVALID', `${name} is larger than ${MAX_DEFINITION_BYTES} bytes.`, { glue: path })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new CheopsError('ERR_GLUE_INVALID', `${name} is not UTF-8 text.`, { glue: path }, { cause })
  }
}

function invalid(path: string, findings: readonly Finding[]): CheopsError {
  const errors = findings.filter(finding => finding.severity === 'error')
  const first = errors[0]
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  const where = first === undefined ? '' : `${path}:${first.line}:${first.column}: ${first.path}${first.path && ': '}`
  const meant = first?.suggestion === undefined ? '' : ` Did you mean "${first.suggestion}"?`
  return new CheopsError('ERR_GLUE_INVALID', `${where}${first?.message ?? 'is not valid'}${more}.${meant}`, {
    glue: path,
    line: first?.line,
    column: first?.column,
    suggestion: first?.suggestion,
  })
}
