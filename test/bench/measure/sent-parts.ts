/** Bytes of replication that agents have said to each other, by what they are (`cheops_replication_sent_bytes_total`). */
export type SentParts = Readonly<Record<string, number>>

const LINE = /^cheops_replication_sent_bytes_total\{[^}]*part="([a-z]+)"[^}]*\} (\d+)$/gm

/** @param admins base URLs of the admin listeners of agents that run */
export async function readSentParts(admins: readonly string[]): Promise<SentParts> {
  const texts = await Promise.all(admins.map(async admin => (await fetch(`${admin}/metrics`)).text()))
  const parts: Record<string, number> = {}
  for (const text of texts) for (const [part, bytes] of parseSentParts(text)) parts[part] = (parts[part] ?? 0) + bytes
  return parts
}

/** From metrics as Prometheus reads them. */
export function parseSentParts(text: string): (readonly [part: string, bytes: number])[] {
  return [...text.matchAll(LINE)].map(([, part = '', bytes]) => [part, Number(bytes)] as const)
}

/** What was said since; the largest part first. */
export function sentSince(before: SentParts, after: SentParts): SentParts {
  const since = Object.entries(after).map(([part, bytes]) => [part, bytes - (before[part] ?? 0)] as const)
  return Object.fromEntries(since.filter(([, bytes]) => bytes > 0).toSorted(([, a], [, b]) => b - a))
}
