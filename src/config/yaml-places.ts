/** Where the nodes of a parsed YAML document stand in its text. All throw an Error in words for a node that stands nowhere. */
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml'

export const rangeOf = (node: Node): { readonly start: number; readonly end: number } => {
  if (!node.range) throw new Error('it cannot be read as text')
  return { start: node.range[0], end: node.range[1] }
}

export const keyRange = (pair: Pair) => {
  if (!isNode(pair.key)) throw new Error('a key is empty')
  return rangeOf(pair.key)
}

/** Where a node's own text ends: the ranges of block collections go on over the comments behind them. */
export function endOf(text: string, node: Node): number {
  if (isBlock(node)) {
    const last: unknown = node.items.at(-1)
    if (isPair(last)) return endOfPair(text, last)
    if (isNode(last)) return endOf(text, last)
  }
  const { start, end } = rangeOf(node)
  return start + text.slice(start, end).trimEnd().length
}

export function endOfPair(text: string, pair: Pair): number {
  const end = isNode(pair.value) ? endOf(text, pair.value) : 0
  return Math.max(end, keyRange(pair).end)
}

export const isNode = (value: unknown): value is Node =>
  isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)
export const isPair = (value: unknown): value is Pair => typeof value === 'object' && value !== null && 'key' in value
export const isFlow = (node: YAMLMap | YAMLSeq): boolean => node.flow === true
export const isBlock = (node: unknown): node is YAMLMap | YAMLSeq => (isMap(node) || isSeq(node)) && !isFlow(node)
