/**
 * The known name that a mistyped one most likely means, undefined when none is near: at most a third of its letters differ,
 * and at least two may. Case and `-`, `_` do not count.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const plain = fold(name)
  const bound = Math.max(2, Math.floor(plain.length / 3))
  let best: string | undefined
  let bestDistance = bound + 1
  for (const candidate of known) {
    const distance = editDistance(plain, fold(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

const fold = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, '')

/** Optimal string alignment: insertions, deletions, replacements, and neighbours that changed places. Names are short. */
function editDistance(a: string, b: string): number {
  // Longer names are no typing errors of ours, and the table below is quadratic.
  if (a.length > 80 || b.length > 80) return Number.POSITIVE_INFINITY
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let distance = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1)
      }
      current.push(distance)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
