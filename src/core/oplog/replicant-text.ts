import type { ReplicantName } from './operation.ts'

/** A replicant as people read and write it: `inventory/items/purple`; a slash or percent sign within the name is written %2F or %25. */
export function replicantText({ service, kind, name }: ReplicantName): string {
  return `${service}/${kind}/${name.replaceAll('%', '%25').replaceAll('/', '%2F')}`
}

/**
 * The service before the first slash, the name behind the last, the kind between: kinds may have slashes, services have none.
 * @returns undefined for what has fewer than three parts
 */
export function parseReplicantText(text: string): ReplicantName | undefined {
  const match = /^([^/]+)\/(.+)\/([^/]+)$/su.exec(text)
  if (match === null) return undefined
  const [, service = '', kind = '', name = ''] = match
  return { service, kind, name: name.replaceAll(/%2F/gi, '/').replaceAll('%25', '%') }
}
