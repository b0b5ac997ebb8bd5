import { basename } from 'node:path'
import { probeInstance } from './against.ts'
import type { AgainstOptions, ProbeStep } from './probed-kind.ts'
import { checkDefinition } from './check.ts'
import { glueFile, readDefinition } from './load.ts'
import type { Finding } from './parse.ts'

/** What `cheops glue check` found. */
export interface GlueReport {
  /** The file that was read. */
  readonly file: string
  /** Undefined where the definition could not be understood. */
  readonly application: string | undefined
  readonly kinds: readonly string[]
  /** False when a finding is an error. */
  readonly ok: boolean
  readonly findings: readonly Finding[]
  /** What was asked of a running instance; empty without one. */
  readonly steps: readonly ProbeStep[]
}

export interface GlueCheckOptions extends AgainstOptions {
  /** Base URL of a running instance, on which a probe of each kind is made and removed. */
  readonly against?: string
}

/**
 * Checks a definition, built-in ones by name.
 * @throws CheopsError ERR_GLUE_NOT_FOUND, ERR_GLUE_INVALID for a file that cannot be read as text at all; all else is in the report
 */
export async function checkGlueFile(path: string, options: GlueCheckOptions = {}): Promise<GlueReport> {
  const file = glueFile(path)
  const parsed = checkDefinition(await readDefinition(file))
  const { definition, locate } = parsed
  let findings = parsed.findings
  let steps: readonly ProbeStep[] = []
  if (definition !== undefined && options.against !== undefined) {
    const probed = await probeInstance(definition, options.against, locate, options)
    findings = [...findings, ...probed.findings]
    steps = probed.steps
  }
  return {
    file,
    application: definition?.application,
    kinds: Object.keys(definition?.kinds ?? {}),
    ok: !findings.some(finding => finding.severity === 'error'),
    findings,
    steps,
  }
}

const MARKS = { error: '×', warning: '‼', note: '·' } as const

/** The report for a person: what was tried, then what was found, then one line that says it all. */
export function renderGlueReport(report: GlueReport): string {
  const name = basename(report.file)
  const lines: string[] = []
  let kind: string | undefined
  for (const step of report.steps) {
    if (step.kind !== kind) lines.push((kind = step.kind))
    lines.push(`  ${step.ok ? '√' : '×'} ${step.step.padEnd(6)} ${step.request} → ${step.status ?? 'no answer'}`)
  }
  if (lines.length > 0) lines.push('')
  for (const finding of report.findings) {
    const where = finding.line === 0 ? name : `${name}:${finding.line}:${finding.column}`
    lines.push(`${MARKS[finding.severity]} ${where} ${finding.path}${finding.path && ': '}${finding.message}`)
    if (finding.suggestion !== undefined) lines.push(`    did you mean "${finding.suggestion}"?`)
  }
  const errors = report.findings.filter(finding => finding.severity === 'error').length
  const kinds = `${report.kinds.length} ${report.kinds.length === 1 ? 'kind' : 'kinds'}`
  lines.push(
    report.ok
      ? `√ ${name}: glue of ${report.application}, ${kinds} (${report.kinds.join(', ')})`
      : `${errors} ${errors === 1 ? 'error' : 'errors'}`,
  )
  return lines.join('\n') + '\n'
}
