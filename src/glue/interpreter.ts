import { headerValue } from '../core/resource/http-head.ts'
import type { CorrelationRule, Glue } from '../ports/glue.ts'
import { analyse } from './analyse.ts'
import { comparable, equal, saidOf, shownOf, stateOf, withAssigned, withOwnFields } from './compare.ts'
import { compiledKind, compileGlue } from './compile.ts'
import { storedHeaders, withCondition, withoutConditions } from './conditions.ts'
import { contentOf } from './content.ts'
import type { GlueDefinition } from './definition.ts'
import { continuationIn } from './continuation.ts'
import { describe, needsBody } from './describe.ts'
import { absenceRule, statusMeant } from './errors.ts'
import { fingerprintOf } from './fingerprint.ts'
import { continued, itemName, items, mergeLists } from './lists.ts'
import { kubernetesStatus } from './kubernetes-status.ts'
import { markIn, marked, showsMark } from './marker.ts'
import { parseBody } from './parse-body.ts'
import { isRead } from './reads.ts'
import { createBody, nameInAnswer, requestFor } from './request.ts'

/**
 * What a module adds where a definition cannot say it; the interpreter stays the base.
 * @param service name of the service in the mesh, where the caller knows it
 */
export type GlueModule = (service: string | undefined) => Partial<Pick<Glue, 'refuse' | 'rewrite'>>

/**
 * A driver from a definition that has been checked (check.ts).
 * @throws TemplateError for a template that check.ts would have refused
 */
export function interpret(definition: GlueDefinition, module: GlueModule = () => ({}), service?: string): Glue {
  const compiled = compileGlue(definition)
  const { refuse, rewrite } = module(service)
  const { application, replication = true } = definition
  const listed = new Set(definition.headers?.map(header => header.toLowerCase()))
  return {
    application,
    fingerprint: fingerprintOf(definition),
    correlate: correlationRules(definition.correlate),
    secrets: definition.secrets ?? [],
    analyse: (head, path) => analyse(compiled, head, path),
    isRead: (head, path) => isRead(compiled, head, path),
    refuse: refuse ?? kubernetesStatus,
    rewrite: rewrite ?? (() => undefined),
    needsBody: (head, path) => needsBody(compiled, { application, replication }, head, path),
    parseBody,
    parseAnswer: (kind, rawHeaders, bytes) =>
      contentOf(parseBody(rawHeaders, bytes), compiledKind(compiled, kind)?.definition.content),
    describe: (head, path, body) => describe(compiled, { application, replication }, head, path, body),
    kind: name => compiledKind(compiled, name)?.traits,
    statusOf: (kind, method, status, rawHeaders, bytes) =>
      statusMeant(compiledKind(compiled, kind)?.definition.errors ?? [], method, status, rawHeaders, bytes),
    absenceRule,
    requestFor: (kind, name, action) => requestFor(compiled, kind, name, action),
    createBody: (kind, name, body) => createBody(compiled, kind, name, body),
    nameInAnswer: (kind, path, { rawHeaders, body }) =>
      nameInAnswer(compiled, kind, path, headerValue(rawHeaders, 'location'), body),
    storedHeaders: head => storedHeaders(head, listed),
    withoutConditions: (kind, head, body) => withoutConditions(compiled, kind, head, body),
    withCondition: (kind, body, read) => withCondition(compiled, kind, body, read),
    withOwnFields: (kind, body, read) => withOwnFields(compiled, kind, body, read),
    marked: (kind, type, body, mark) => marked(compiled, kind, type, body, mark),
    markIn: (kind, type, body) => markIn(compiled, kind, type, body),
    showsMark: (kind, type, resource, mark) => showsMark(compiled, kind, type, resource, mark),
    stateOf: (kind, body) => stateOf(compiled, kind, body),
    saidOf: (kind, body) => saidOf(compiled, kind, body),
    withAssigned: (kind, body, said) => withAssigned(compiled, kind, body, said),
    shownOf: (kind, body) => shownOf(compiled, kind, body),
    comparable: (kind, body) => comparable(compiled, kind, body),
    equal: (kind, a, b) => equal(compiled, kind, a, b),
    matrixOf: kind => compiledKind(compiled, kind)?.matrix,
    items: (kind, body) => items(compiled, kind, body),
    mergeLists: (kind, answers, compared) => mergeLists(compiled, kind, answers, compared),
    continuationIn: (kind, path) => {
      const known = compiledKind(compiled, kind)
      return known === undefined ? { is: 'none' } : continuationIn(known, path)
    },
    continued: (kind, path, merged, kept) => continued(compiled, kind, path, merged, kept),
    itemName: (kind, path, item) => itemName(compiled, kind, path, item),
  }
}

function correlationRules(correlate: GlueDefinition['correlate']): readonly CorrelationRule[] {
  if (correlate === undefined) return []
  const list = Array.isArray(correlate)
    ? (correlate as readonly (string | CorrelationRule)[])
    : [correlate as CorrelationRule]
  return list.map(rule =>
    typeof rule === 'string'
      ? { in: rule.toLowerCase(), out: rule.toLowerCase() }
      : { in: rule.in.toLowerCase(), out: rule.out.toLowerCase() },
  )
}
