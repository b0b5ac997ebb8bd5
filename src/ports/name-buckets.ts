/** Which sites hold names of a bucket, as provider records of the DHT say it. Best effort; who is found is asked himself. */
export interface NameBuckets {
  /** Tells the mesh that this site holds names of the bucket; others keep it for two days. */
  announce(bucket: number, timeoutMs: number): Promise<void>
  /** Peer IDs of the sites that have announced the bucket, as far as they are found in time; what is known here is found without asking. */
  find(bucket: number, timeoutMs: number): Promise<readonly string[]>
  /**
   * Whoever asks this site for holders of a bucket is told these peers too, besides those that have announced it here. Once.
   * @param holders peer IDs; must not throw
   */
  answerWith(holders: (bucket: number) => readonly string[]): void
}

/** Which sites hold names of a bucket, as they tell this one. Nobody is asked. */
export interface HeardBuckets {
  /** Names of the sites that have told the bucket; also of those that are away, for two days. */
  holders(bucket: number): readonly string[]
  /** Whether a site tells all of its buckets now: then it holds names of no others. */
  isTelling(site: string): boolean
}
