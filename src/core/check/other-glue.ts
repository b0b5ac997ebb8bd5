/** A service at one site, as that site tells of it. */
export interface DescribedService {
  readonly name: string
  readonly site: string
  /** Fingerprint of its definition; undefined where none is told. */
  readonly definition?: string | undefined
}

/**
 * Sites at which a service has a definition that replicates otherwise than the one of site `self`, by name of the service; none for a service that is
 * described alike at all sites that tell.
 */
export function otherGlue(services: readonly DescribedService[], self: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const { name, definition } of services.filter(({ site }) => site === self)) {
    const others = services.filter(other => other.name === name && other.site !== self)
    const different = others.filter(({ definition: told }) => told !== undefined && told !== definition)
    if (definition !== undefined && different.length > 0)
      found.set(
        name,
        different.map(({ site }) => site),
      )
  }
  return found
}
