import { crc32 } from 'node:zlib'

/**
 * A value as it stands on disk: the CRC-32 (as in zlib) of the key in UTF-8 followed by the value, four bytes, the greatest
 * first; then the value. The key is in it so that a value that turns up under another key is found too.
 */
const CRC_BYTES = 4

/** The record of a value: a copy, which the caller's later changes do not reach. */
export function toRecord(key: string, value: Uint8Array): Uint8Array {
  // A buffer of its own for each costs more than all else here.
  const pooled = Buffer.allocUnsafe(CRC_BYTES + value.length)
  pooled.set(value, CRC_BYTES)
  pooled.writeUInt32BE(crc32(value, crc32(key)))
  return new Uint8Array(pooled.buffer, pooled.byteOffset, pooled.length)
}

/** The value of a record, on the same memory; undefined when the record is not what was written under this key. */
export function fromRecord(key: string, record: Uint8Array): Uint8Array | undefined {
  if (record.length < CRC_BYTES) return undefined
  const view = new DataView(record.buffer, record.byteOffset, CRC_BYTES)
  // Not `subarray`, which would hand on the library's Buffer: those print, compare and slice differently.
  const value = new Uint8Array(record.buffer, record.byteOffset + CRC_BYTES, record.length - CRC_BYTES)
  return view.getUint32(0) === crc32(value, crc32(key)) ? value : undefined
}
