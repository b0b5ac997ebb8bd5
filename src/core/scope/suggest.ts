/** Longest word that is compared: site and service names have at most 63 characters. Bounds the work for nonsense. */
const MAX_COMPARED_LENGTH = 64

/**
 * The known name nearest to a mistaken one: the same but for case, or else with the fewest letters changed, left out, added or
 * swapped with their neighbour, at most one for every three letters, or one of two. Undefined where none is near. Ties go to the first.
 */
export function nearestName(mistaken: string, known: Iterable<string>): string | undefined {
  if (mistaken.length > MAX_COMPARED_LENGTH) return undefined
  const lower = mistaken.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(Math.min(1, mistaken.length - 1), Math.floor(mistaken.length / 3)) + 1
  for (const name of known) {
    if (name === mistaken) continue
    const candidate = name.toLowerCase()
    if (candidate === lower) return name
    if (Math.abs(candidate.length - lower.length) >= bestDistance) continue
    const distance = editDistance(lower, candidate)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** Optimal string alignment: like Levenshtein's, but two swapped neighbours count once. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(changed, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
