import type { RequestHead } from '../core/resource/http-head.ts'
import { SAFE_METHODS } from '../core/resource/methods.ts'
import type { CompiledGlue } from './compile.ts'
import { matchTemplate, splitPath } from './template.ts'

/** Whether a request changes nothing: by its method, or because the definition says so of a POST there. */
export function isRead(
  { reads }: Pick<CompiledGlue, 'reads'>,
  { method }: Pick<RequestHead, 'method'>,
  path: string,
): boolean {
  if (SAFE_METHODS.has(method)) return true
  if (method !== 'POST' || reads.length === 0) return false
  const { decoded } = splitPath(path, Infinity)
  return reads.some(
    template =>
      (decoded.length === template.segments.length || template.rest !== undefined) &&
      matchTemplate(template, decoded) !== undefined,
  )
}
