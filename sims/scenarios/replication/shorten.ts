/**
 * The fewest of a list of things with which something still fails, as far as leaving out parts of it finds them: halves, then
 * quarters, then one by one, until nothing more can go.
 *
 * @param fails runs what is left; it is asked at most `tries` times
 */
export async function shorten<T>(
  all: readonly T[],
  fails: (left: readonly T[]) => Promise<boolean>,
  tries = 300,
): Promise<readonly T[]> {
  let left = all
  let size = Math.ceil(all.length / 2)
  let asked = 0
  while (size > 0 && asked < tries) {
    let shorter = false
    for (let from = 0; from < left.length && asked < tries;) {
      const without = left.toSpliced(from, size)
      asked++
      if (await fails(without)) {
        left = without
        shorter = true
      } else from += size
    }
    if (size > 1) size = Math.ceil(size / 2)
    else if (!shorter) return left
  }
  return left
}
