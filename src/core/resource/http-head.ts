/** The head of an HTTP request, as it came: nothing is normalised. */
export interface RequestHead {
  readonly method: string
  /** The request target as it stood in the request line. */
  readonly target: string
  /** Names and values in turn, in the order, case and number in which they came; values are Latin-1. */
  readonly rawHeaders: readonly string[]
}

/** The head of an HTTP answer, as it came. */
export interface ResponseHead {
  readonly status: number
  readonly reason: string
  readonly rawHeaders: readonly string[]
}

/** First value of a header, undefined if there is none. `name` is lower case. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string
    if (candidate.length === name.length && candidate.toLowerCase() === name) return rawHeaders[i + 1]
  }
  return undefined
}

/** All values of a header, in their order. `name` is lower case. */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  let values: string[] | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string
    if (candidate.length === name.length && candidate.toLowerCase() === name) {
      ;(values ??= []).push(rawHeaders[i + 1] as string)
    }
  }
  return values ?? NO_VALUES
}

const NO_VALUES: readonly string[] = []
