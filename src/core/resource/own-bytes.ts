/**
 * The same bytes in memory of their own, for what is kept. Small buffers are parts of blocks (of Node's pool, of what a socket has read, of a message), and a block
 * stays in memory as long as anything of it: 400 bytes that are kept would keep 64 KiB.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  return isOwn ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}
