import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { KeyObject } from 'node:crypto'

/** What the codec needs of cryptography; the simulation has a cheap one. */
export interface RecordKeys {
  /** Own public key, protobuf encoded. */
  readonly publicKey: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean
  /** @throws when the bytes are no Ed25519 key */
  peerIdOf(publicKey: Uint8Array): string
}

/** DER before the 32 bytes of an Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
/** DER before the 32 bytes of an Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Ed25519 by node:crypto, synchronous; the key of noise, so that a record proves who is at the other end of a connection. */
export function ed25519Keys(privateKey: Ed25519PrivateKey): RecordKeys {
  const own = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, privateKey.raw.subarray(0, 32)]),
    format: 'der',
    type: 'pkcs8',
  })
  return {
    publicKey: publicKeyToProtobuf(privateKey.publicKey),
    sign: bytes => sign(null, bytes, own),
    verify: (publicKey, bytes, signature) => verify(null, bytes, publicKeyObject(publicKey), signature),
    peerIdOf: publicKey => peerIdFromPublicKey(ed25519Of(publicKey)).toString(),
  }
}

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, ed25519Of(publicKey).raw]),
    format: 'der',
    type: 'spki',
  })
}

function ed25519Of(publicKey: Uint8Array) {
  const key = publicKeyFromProtobuf(publicKey)
  if (key.type !== 'Ed25519') throw new TypeError('not an Ed25519 key')
  return key
}
