import type { Finding } from '../../../ports/control.ts'
import type { Answer } from './route.ts'

const TEXT = 'text/plain; charset=utf-8'
const MARK = { ok: '[+]', warning: '[!]', error: '[-]' } as const

/** The process runs and answers: nothing else is asked. */
export const livez = (): Answer => ({ kind: 'text', status: 200, type: TEXT, body: 'ok\n' })

/** 200 while no readiness check fails; with `verbose` one line a check. */
export function readyz(findings: readonly Finding[], verbose: boolean): Answer {
  const ready = findings.every(finding => finding.level !== 'error')
  const verdict = ready ? 'ok' : 'not ready'
  const lines = findings
    .filter(finding => verbose || finding.level === 'error')
    .map(finding => `${MARK[finding.level]} ${finding.id}: ${finding.message}`)
  return { kind: 'text', status: ready ? 200 : 503, type: TEXT, body: [...lines, verdict, ''].join('\n') }
}
