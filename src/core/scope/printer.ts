import { isGroup, type Binding, type Expression, type Location, type Scope } from './ast.ts'
import { MAX_SCOPE_BYTES } from './limits.ts'
import { OPERATOR_SIGNS } from './words.ts'

/**
 * The canonical text of a scope: braces, signs for operators, one space around them, bindings in their order, `prime` last. Where that
 * would be longer than a scope may be, all that can be left out is, which is never longer than the text that was read: so what this
 * prints can always be read, and reading it gives an equal scope.
 */
export function printScope(scope: Scope): string {
  const roomy = `{${printBindings(scope, ' ')}}`
  return roomy.length <= MAX_SCOPE_BYTES ? roomy : printBindings(scope, '')
}

/** Whether two scopes say the same in the same order, wherever their parts stand in their texts. */
export function scopesEqual(a: Scope, b: Scope): boolean {
  return printScope(a) === printScope(b)
}

/** What stands between the pieces of a text. */
type Gap = ' ' | ''

function printBindings(scope: Scope, gap: Gap): string {
  const parts = scope.bindings.map(binding => printBinding(binding, gap))
  if (scope.prime !== undefined) parts.push(`prime:${gap}${scope.prime.site}`)
  return parts.join(`,${gap}`)
}

function printBinding({ service, where }: Binding, gap: Gap): string {
  if (service !== undefined) return `${service}:${gap}${printExpression(where, gap)}`
  if (gap === '' && where.kind === 'around') return `around:${where.centre.site},${printDuration(where.withinUs)}`
  return printExpression(where, gap)
}

export function printExpression(expression: Expression, gap: Gap = ' '): string {
  if (!isGroup(expression)) return printLocation(expression, gap)
  return expression.parts
    .map(part =>
      needsParentheses(expression.kind, part) ? `(${printExpression(part, gap)})` : printExpression(part, gap),
    )
    .join(`${gap}${OPERATOR_SIGNS[expression.kind]}${gap}`)
}

/** A group in a group does, but for `&` and `%` below `||`, which binds less. */
function needsParentheses(outer: Expression['kind'], part: Expression): boolean {
  return isGroup(part) && !(outer === 'either' && part.kind !== 'either')
}

export function printLocation(location: Location, gap: Gap = ' '): string {
  switch (location.kind) {
    case 'site':
      return location.site
    case 'all':
      return '*'
    case 'label':
      return `@${location.label}=${location.value}`
    case 'around':
      return `around(${location.centre.site},${gap}${printDuration(location.withinUs)})`
    case 'nearest':
      return `nearest(${String(location.count)})`
  }
}

/** The shortest way to write it, of equals the one without a fraction: `50ms`, `1.5s`, `500us`. */
function printDuration(us: number): string {
  const ways = [`${String(us)}us`, `${decimal(us, 3)}ms`, `${decimal(us, 6)}s`]
  return ways.reduce((best, way) => (way.length < best.length ? way : best))
}

/** A whole number with its point moved `digits` to the left: exact, which division is not. */
function decimal(number: number, digits: number): string {
  const padded = String(number).padStart(digits + 1, '0')
  const fraction = padded.slice(-digits).replace(/0+$/, '')
  return padded.slice(0, -digits) + (fraction === '' ? '' : `.${fraction}`)
}
