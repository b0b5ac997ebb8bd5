import { METHODS } from 'node:http'
import { BUILT_IN_GLUE } from '../config.ts'
import { nearestName } from '../core/scope/index.ts'
import { fail, type ValueType } from './value-type.ts'
import { filePath, siteName } from './values.ts'

/** A built-in glue, or the path of a definition: anything with a slash or that ends like a YAML file. */
export const glue: ValueType<string> = {
  expects: `${BUILT_IN_GLUE.join(', ')}, or the path of a definition (./name.glue.yaml)`,
  argument: 'GLUE',
  parse(value, base) {
    if (typeof value !== 'string' || value === '') return fail(glue, value)
    if (BUILT_IN_GLUE.some(name => name === value)) return value
    if (value.includes('/') || /\.ya?ml$/.test(value)) return filePath.parse(value, base)
    const near = nearestName(value, BUILT_IN_GLUE)
    return fail(glue, value, near === undefined ? '' : ` (did you mean "${near}"?)`)
  },
}

export const exposedMethod: ValueType<string> = {
  expects: 'an HTTP method or *',
  argument: 'METHOD',
  parse(value) {
    const method = typeof value === 'string' ? value.toUpperCase() : ''
    // What the parser of HTTP does not know never comes to a rule that lets it.
    if (method === '*' || METHODS.includes(method)) return method
    const near = nearestName(method, METHODS)
    return fail(exposedMethod, value, near === undefined ? '' : ` (did you mean "${near}"?)`)
  },
}

export const exposedSite: ValueType<string> = {
  expects: 'the name of a site or *',
  argument: 'NAME',
  parse: (value, base) => (value === '*' ? '*' : siteName.parse(value, base)),
}

export const exposedPath: ValueType<string> = {
  expects: 'a path that begins with "/", where * is one segment and ** any number at the end',
  argument: 'PATH',
  parse(value) {
    const good = typeof value === 'string' && /^\/[^\s?#]{0,1023}$/.test(value) && !/\*\*./.test(value)
    return good ? value : fail(exposedPath, value)
  },
}
