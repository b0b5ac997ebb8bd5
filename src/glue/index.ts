/** Drivers that teach Cheops an application, and the tools to write one. See README.md. */
export { loadGlue } from './load.ts'
export { checkGlueFile, renderGlueReport, type GlueCheckOptions, type GlueReport } from './report.ts'
export type { ProbeStep } from './probed-kind.ts'
export type { Finding } from './parse.ts'
import { GLUE_SCHEMA } from './schema.ts'

/** The JSON Schema (draft-07) of a definition, for editors: `cheops glue schema`. */
export function glueSchema(): object {
  return GLUE_SCHEMA
}
