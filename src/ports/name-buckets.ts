/** Which sites hold names of a bucket: told to the mesh, and asked of it. Best effort; who is found is asked himself. */
export interface NameBuckets {
  /** Tells the mesh that this site holds names of the bucket. */
  announce(bucket: number, timeoutMs: number): Promise<void>
  /** Peer IDs of the sites that have announced the bucket, as far as they are found in time; what is known here is found without asking. */
  find(bucket: number, timeoutMs: number): Promise<readonly string[]>
}
