/** Bounds of the heartbeat protocol; README.md has them as a table, a test reaches each. */
export const HEARTBEAT_LIMITS = {
  /** Bytes of one record: 256 services with names and applications of 63 letters fit. */
  recordBytes: 64 * 1024,
  /** Bytes of one hello: the 1,024 records of the largest mesh fit as long as they have the usual kilobyte. */
  helloBytes: 1024 * 1024,
  /** Bytes of one gossip message: a record and its envelope. */
  gossipBytes: 66 * 1024,
  /** Records in a hello beside the speaker's own. */
  recordsPerHello: 1024,
  services: 256,
  labels: 64,
  addresses: 64,
  /** Bytes of one address: names in DNS and relays make them long. */
  addressBytes: 512,
  labelKeyLength: 63,
  labelValueLength: 256,
  versionLength: 64,
  /** Of the fingerprint of a definition: ours have 16 digits. */
  definitionLength: 64,
  /** RTTs in a beat: beyond, the nearest sites are told. */
  rtts: 256,
  /** Sites in a beat that cannot be dialled. */
  cannotDial: 256,
  /** Time until the next beat, milliseconds: what a receiver believes at most, as it makes detection as slow. */
  intervalMs: 600_000,
} as const
