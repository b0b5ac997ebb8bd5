import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Origin {
  site: string
  incarnation: Uint8Array<ArrayBuffer>
}

export namespace Origin {
  let _codec: Codec<Origin>

  export const codec = (): Codec<Origin> => {
    if (_codec == null) {
      _codec = message<Origin>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(10)
          w.string(obj.site)
        }

        if ((obj.incarnation != null && obj.incarnation.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.incarnation)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          site: '',
          incarnation: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.site = reader.string()
              break
            }
            case 2: {
              obj.incarnation = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.site`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OriginSiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface OriginIncarnationFieldEvent {
    field: '$.incarnation'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Origin>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Origin.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Origin>): Origin {
    return decodeMessage(buf, Origin.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Origin>): Generator<OriginSiteFieldEvent | OriginIncarnationFieldEvent> {
    return streamMessage(buf, Origin.codec(), opts)
  }
}

export interface Dot {
  origin: number
  number: bigint
}

export namespace Dot {
  let _codec: Codec<Dot>

  export const codec = (): Codec<Dot> => {
    if (_codec == null) {
      _codec = message<Dot>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.origin != null && obj.origin !== 0)) {
          w.uint32(8)
          w.uint32(obj.origin)
        }

        if ((obj.number != null && obj.number !== 0n)) {
          w.uint32(17)
          w.fixed64(obj.number)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origin: 0,
          number: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.origin = reader.uint32()
              break
            }
            case 2: {
              obj.number = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.origin`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.number`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DotOriginFieldEvent {
    field: '$.origin'
    value: number
  }

  export interface DotNumberFieldEvent {
    field: '$.number'
    value: bigint
  }

  export function encode (obj: Partial<Dot>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Dot.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dot>): Dot {
    return decodeMessage(buf, Dot.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dot>): Generator<DotOriginFieldEvent | DotNumberFieldEvent> {
    return streamMessage(buf, Dot.codec(), opts)
  }
}

export interface Id {
  ms: bigint
  counter: number
  origin: number
  number: bigint
}

export namespace Id {
  let _codec: Codec<Id>

  export const codec = (): Codec<Id> => {
    if (_codec == null) {
      _codec = message<Id>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.ms != null && obj.ms !== 0n)) {
          w.uint32(9)
          w.fixed64(obj.ms)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(16)
          w.uint32(obj.counter)
        }

        if ((obj.origin != null && obj.origin !== 0)) {
          w.uint32(24)
          w.uint32(obj.origin)
        }

        if ((obj.number != null && obj.number !== 0n)) {
          w.uint32(33)
          w.fixed64(obj.number)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ms: 0n,
          counter: 0,
          origin: 0,
          number: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.ms = reader.fixed64()
              break
            }
            case 2: {
              obj.counter = reader.uint32()
              break
            }
            case 3: {
              obj.origin = reader.uint32()
              break
            }
            case 4: {
              obj.number = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.ms`,
                value: reader.fixed64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.origin`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.number`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface IdMsFieldEvent {
    field: '$.ms'
    value: bigint
  }

  export interface IdCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export interface IdOriginFieldEvent {
    field: '$.origin'
    value: number
  }

  export interface IdNumberFieldEvent {
    field: '$.number'
    value: bigint
  }

  export function encode (obj: Partial<Id>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Id.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Id>): Id {
    return decodeMessage(buf, Id.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Id>): Generator<IdMsFieldEvent | IdCounterFieldEvent | IdOriginFieldEvent | IdNumberFieldEvent> {
    return streamMessage(buf, Id.codec(), opts)
  }
}

export interface Replicant {
  service: string
  kind: string
  name: string
}

export namespace Replicant {
  let _codec: Codec<Replicant>

  export const codec = (): Codec<Replicant> => {
    if (_codec == null) {
      _codec = message<Replicant>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.service != null && obj.service !== '')) {
          w.uint32(10)
          w.string(obj.service)
        }

        if ((obj.kind != null && obj.kind !== '')) {
          w.uint32(18)
          w.string(obj.kind)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(26)
          w.string(obj.name)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          service: '',
          kind: '',
          name: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.service = reader.string()
              break
            }
            case 2: {
              obj.kind = reader.string()
              break
            }
            case 3: {
              obj.name = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.service`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.kind`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReplicantServiceFieldEvent {
    field: '$.service'
    value: string
  }

  export interface ReplicantKindFieldEvent {
    field: '$.kind'
    value: string
  }

  export interface ReplicantNameFieldEvent {
    field: '$.name'
    value: string
  }

  export function encode (obj: Partial<Replicant>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Replicant.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Replicant>): Replicant {
    return decodeMessage(buf, Replicant.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Replicant>): Generator<ReplicantServiceFieldEvent | ReplicantKindFieldEvent | ReplicantNameFieldEvent> {
    return streamMessage(buf, Replicant.codec(), opts)
  }
}

export interface Header {
  name: string
  value: string
}

export namespace Header {
  let _codec: Codec<Header>

  export const codec = (): Codec<Header> => {
    if (_codec == null) {
      _codec = message<Header>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if ((obj.value != null && obj.value !== '')) {
          w.uint32(18)
          w.string(obj.value)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          value: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.value = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HeaderNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface HeaderValueFieldEvent {
    field: '$.value'
    value: string
  }

  export function encode (obj: Partial<Header>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Header.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Header>): Header {
    return decodeMessage(buf, Header.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Header>): Generator<HeaderNameFieldEvent | HeaderValueFieldEvent> {
    return streamMessage(buf, Header.codec(), opts)
  }
}

export interface Body {
  content?: Uint8Array<ArrayBuffer>
  hash?: Uint8Array<ArrayBuffer>
  length: bigint
}

export namespace Body {
  let _codec: Codec<Body>

  export const codec = (): Codec<Body> => {
    if (_codec == null) {
      _codec = message<Body>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.content != null) {
          w.uint32(10)
          w.bytes(obj.content)
        }

        if (obj.hash != null) {
          w.uint32(18)
          w.bytes(obj.hash)
        }

        if ((obj.length != null && obj.length !== 0n)) {
          w.uint32(25)
          w.fixed64(obj.length)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          length: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.content = reader.bytes()
              break
            }
            case 2: {
              obj.hash = reader.bytes()
              break
            }
            case 3: {
              obj.length = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.content`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.hash`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.length`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface BodyContentFieldEvent {
    field: '$.content'
    value: Uint8Array<ArrayBuffer>
  }

  export interface BodyHashFieldEvent {
    field: '$.hash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface BodyLengthFieldEvent {
    field: '$.length'
    value: bigint
  }

  export function encode (obj: Partial<Body>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Body.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Body>): Body {
    return decodeMessage(buf, Body.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Body>): Generator<BodyContentFieldEvent | BodyHashFieldEvent | BodyLengthFieldEvent> {
    return streamMessage(buf, Body.codec(), opts)
  }
}

export interface Payload {
  method: string
  path: string
  headers: Header[]
  body?: Body
}

export namespace Payload {
  let _codec: Codec<Payload>

  export const codec = (): Codec<Payload> => {
    if (_codec == null) {
      _codec = message<Payload>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.method != null && obj.method !== '')) {
          w.uint32(10)
          w.string(obj.method)
        }

        if ((obj.path != null && obj.path !== '')) {
          w.uint32(18)
          w.string(obj.path)
        }

        if (obj.headers != null && obj.headers.length > 0) {
          for (const value of obj.headers) {
            w.uint32(26)
            Header.codec().encode(value, w)
          }
        }

        if (obj.body != null) {
          w.uint32(34)
          Body.codec().encode(obj.body, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          method: '',
          path: '',
          headers: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.method = reader.string()
              break
            }
            case 2: {
              obj.path = reader.string()
              break
            }
            case 3: {
              if (opts.limits?.headers != null && obj.headers.length === opts.limits.headers) {
                throw new MaxLengthError('Decode error - repeated field "headers" had too many elements')
              }

              obj.headers.push(Header.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.headers$
              }))
              break
            }
            case 4: {
              obj.body = Body.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.body
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          headers: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.method`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.path`,
                value: reader.string()
              }
              break
            }
            case 3: {
              if (opts.limits?.headers != null && obj.headers === opts.limits.headers) {
                throw new MaxLengthError('Streaming decode error - repeated field "headers" had too many elements')
              }

              for (const evt of Header.codec().stream(reader, reader.uint32(), `${prefix}.headers[]`, {
                limits: opts.limits?.headers$
              })) {
                yield {
                  ...evt,
                  index: obj.headers
                }
              }

              obj.headers++

              break
            }
            case 4: {
              yield * Body.codec().stream(reader, reader.uint32(), `${prefix}.body`, {
                limits: opts.limits?.body
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PayloadMethodFieldEvent {
    field: '$.method'
    value: string
  }

  export interface PayloadPathFieldEvent {
    field: '$.path'
    value: string
  }

  export interface PayloadHeadersNameFieldEvent {
    field: '$.headers[].name'
    value: string
    index: number
  }

  export interface PayloadHeadersValueFieldEvent {
    field: '$.headers[].value'
    value: string
    index: number
  }

  export interface PayloadBodyContentFieldEvent {
    field: '$.body.content'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PayloadBodyHashFieldEvent {
    field: '$.body.hash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PayloadBodyLengthFieldEvent {
    field: '$.body.length'
    value: bigint
  }

  export function encode (obj: Partial<Payload>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Payload.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Payload>): Payload {
    return decodeMessage(buf, Payload.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Payload>): Generator<PayloadMethodFieldEvent | PayloadPathFieldEvent | PayloadHeadersNameFieldEvent | PayloadHeadersValueFieldEvent | PayloadBodyContentFieldEvent | PayloadBodyHashFieldEvent | PayloadBodyLengthFieldEvent> {
    return streamMessage(buf, Payload.codec(), opts)
  }
}

export interface Members {
  added: string[]
  removed: string[]
}

export namespace Members {
  let _codec: Codec<Members>

  export const codec = (): Codec<Members> => {
    if (_codec == null) {
      _codec = message<Members>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.added != null && obj.added.length > 0) {
          for (const value of obj.added) {
            w.uint32(10)
            w.string(value)
          }
        }

        if (obj.removed != null && obj.removed.length > 0) {
          for (const value of obj.removed) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          added: [],
          removed: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.added != null && obj.added.length === opts.limits.added) {
                throw new MaxLengthError('Decode error - repeated field "added" had too many elements')
              }

              obj.added.push(reader.string())
              break
            }
            case 2: {
              if (opts.limits?.removed != null && obj.removed.length === opts.limits.removed) {
                throw new MaxLengthError('Decode error - repeated field "removed" had too many elements')
              }

              obj.removed.push(reader.string())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          added: 0,
          removed: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.added != null && obj.added === opts.limits.added) {
                throw new MaxLengthError('Streaming decode error - repeated field "added" had too many elements')
              }

              yield {
                field: `${prefix}.added[]`,
                index: obj.added,
                value: reader.string()
              }

              obj.added++

              break
            }
            case 2: {
              if (opts.limits?.removed != null && obj.removed === opts.limits.removed) {
                throw new MaxLengthError('Streaming decode error - repeated field "removed" had too many elements')
              }

              yield {
                field: `${prefix}.removed[]`,
                index: obj.removed,
                value: reader.string()
              }

              obj.removed++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface MembersAddedFieldEvent {
    field: '$.added[]'
    index: number
    value: string
  }

  export interface MembersRemovedFieldEvent {
    field: '$.removed[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Members>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Members.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Members>): Members {
    return decodeMessage(buf, Members.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Members>): Generator<MembersAddedFieldEvent | MembersRemovedFieldEvent> {
    return streamMessage(buf, Members.codec(), opts)
  }
}

export interface Idempotency {
  principal: string
  key: string
  request?: Uint8Array<ArrayBuffer>
}

export namespace Idempotency {
  let _codec: Codec<Idempotency>

  export const codec = (): Codec<Idempotency> => {
    if (_codec == null) {
      _codec = message<Idempotency>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.principal != null && obj.principal !== '')) {
          w.uint32(10)
          w.string(obj.principal)
        }

        if ((obj.key != null && obj.key !== '')) {
          w.uint32(18)
          w.string(obj.key)
        }

        if (obj.request != null) {
          w.uint32(26)
          w.bytes(obj.request)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          principal: '',
          key: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.principal = reader.string()
              break
            }
            case 2: {
              obj.key = reader.string()
              break
            }
            case 3: {
              obj.request = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.principal`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.key`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface IdempotencyPrincipalFieldEvent {
    field: '$.principal'
    value: string
  }

  export interface IdempotencyKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface IdempotencyRequestFieldEvent {
    field: '$.request'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Idempotency>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Idempotency.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Idempotency>): Idempotency {
    return decodeMessage(buf, Idempotency.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Idempotency>): Generator<IdempotencyPrincipalFieldEvent | IdempotencyKeyFieldEvent | IdempotencyRequestFieldEvent> {
    return streamMessage(buf, Idempotency.codec(), opts)
  }
}

export interface Operation {
  origins: Origin[]
  id?: Id
  replicant?: Replicant
  life?: Id
  type: string
  previous?: Dot
  context: Dot[]
  matrix?: Uint8Array<ArrayBuffer>
  memberBy?: Id
  idempotency?: Idempotency
  payload?: Payload
  members?: Members
  level: string
  adopts?: Uint8Array<ArrayBuffer>
  refused: Dot[]
  unsettled: Dot[]
}

export namespace Operation {
  let _codec: Codec<Operation>

  export const codec = (): Codec<Operation> => {
    if (_codec == null) {
      _codec = message<Operation>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.origins != null && obj.origins.length > 0) {
          for (const value of obj.origins) {
            w.uint32(10)
            Origin.codec().encode(value, w)
          }
        }

        if (obj.id != null) {
          w.uint32(18)
          Id.codec().encode(obj.id, w)
        }

        if (obj.replicant != null) {
          w.uint32(26)
          Replicant.codec().encode(obj.replicant, w)
        }

        if (obj.life != null) {
          w.uint32(34)
          Id.codec().encode(obj.life, w)
        }

        if ((obj.type != null && obj.type !== '')) {
          w.uint32(42)
          w.string(obj.type)
        }

        if (obj.previous != null) {
          w.uint32(50)
          Dot.codec().encode(obj.previous, w)
        }

        if (obj.context != null && obj.context.length > 0) {
          for (const value of obj.context) {
            w.uint32(58)
            Dot.codec().encode(value, w)
          }
        }

        if (obj.matrix != null) {
          w.uint32(66)
          w.bytes(obj.matrix)
        }

        if (obj.memberBy != null) {
          w.uint32(74)
          Id.codec().encode(obj.memberBy, w)
        }

        if (obj.idempotency != null) {
          w.uint32(82)
          Idempotency.codec().encode(obj.idempotency, w)
        }

        if (obj.payload != null) {
          w.uint32(90)
          Payload.codec().encode(obj.payload, w)
        }

        if (obj.members != null) {
          w.uint32(98)
          Members.codec().encode(obj.members, w)
        }

        if ((obj.level != null && obj.level !== '')) {
          w.uint32(106)
          w.string(obj.level)
        }

        if (obj.adopts != null) {
          w.uint32(114)
          w.bytes(obj.adopts)
        }

        if (obj.refused != null && obj.refused.length > 0) {
          for (const value of obj.refused) {
            w.uint32(122)
            Dot.codec().encode(value, w)
          }
        }

        if (obj.unsettled != null && obj.unsettled.length > 0) {
          for (const value of obj.unsettled) {
            w.uint32(130)
            Dot.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origins: [],
          type: '',
          context: [],
          level: '',
          refused: [],
          unsettled: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins.length === opts.limits.origins) {
                throw new MaxLengthError('Decode error - repeated field "origins" had too many elements')
              }

              obj.origins.push(Origin.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.origins$
              }))
              break
            }
            case 2: {
              obj.id = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.id
              })
              break
            }
            case 3: {
              obj.replicant = Replicant.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.replicant
              })
              break
            }
            case 4: {
              obj.life = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.life
              })
              break
            }
            case 5: {
              obj.type = reader.string()
              break
            }
            case 6: {
              obj.previous = Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.previous
              })
              break
            }
            case 7: {
              if (opts.limits?.context != null && obj.context.length === opts.limits.context) {
                throw new MaxLengthError('Decode error - repeated field "context" had too many elements')
              }

              obj.context.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.context$
              }))
              break
            }
            case 8: {
              obj.matrix = reader.bytes()
              break
            }
            case 9: {
              obj.memberBy = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.memberBy
              })
              break
            }
            case 10: {
              obj.idempotency = Idempotency.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.idempotency
              })
              break
            }
            case 11: {
              obj.payload = Payload.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.payload
              })
              break
            }
            case 12: {
              obj.members = Members.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.members
              })
              break
            }
            case 13: {
              obj.level = reader.string()
              break
            }
            case 14: {
              obj.adopts = reader.bytes()
              break
            }
            case 15: {
              if (opts.limits?.refused != null && obj.refused.length === opts.limits.refused) {
                throw new MaxLengthError('Decode error - repeated field "refused" had too many elements')
              }

              obj.refused.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.refused$
              }))
              break
            }
            case 16: {
              if (opts.limits?.unsettled != null && obj.unsettled.length === opts.limits.unsettled) {
                throw new MaxLengthError('Decode error - repeated field "unsettled" had too many elements')
              }

              obj.unsettled.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.unsettled$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          origins: 0,
          context: 0,
          refused: 0,
          unsettled: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins === opts.limits.origins) {
                throw new MaxLengthError('Streaming decode error - repeated field "origins" had too many elements')
              }

              for (const evt of Origin.codec().stream(reader, reader.uint32(), `${prefix}.origins[]`, {
                limits: opts.limits?.origins$
              })) {
                yield {
                  ...evt,
                  index: obj.origins
                }
              }

              obj.origins++

              break
            }
            case 2: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.id`, {
                limits: opts.limits?.id
              })

              break
            }
            case 3: {
              yield * Replicant.codec().stream(reader, reader.uint32(), `${prefix}.replicant`, {
                limits: opts.limits?.replicant
              })

              break
            }
            case 4: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.life`, {
                limits: opts.limits?.life
              })

              break
            }
            case 5: {
              yield {
                field: `${prefix}.type`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield * Dot.codec().stream(reader, reader.uint32(), `${prefix}.previous`, {
                limits: opts.limits?.previous
              })

              break
            }
            case 7: {
              if (opts.limits?.context != null && obj.context === opts.limits.context) {
                throw new MaxLengthError('Streaming decode error - repeated field "context" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.context[]`, {
                limits: opts.limits?.context$
              })) {
                yield {
                  ...evt,
                  index: obj.context
                }
              }

              obj.context++

              break
            }
            case 8: {
              yield {
                field: `${prefix}.matrix`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.memberBy`, {
                limits: opts.limits?.memberBy
              })

              break
            }
            case 10: {
              yield * Idempotency.codec().stream(reader, reader.uint32(), `${prefix}.idempotency`, {
                limits: opts.limits?.idempotency
              })

              break
            }
            case 11: {
              yield * Payload.codec().stream(reader, reader.uint32(), `${prefix}.payload`, {
                limits: opts.limits?.payload
              })

              break
            }
            case 12: {
              yield * Members.codec().stream(reader, reader.uint32(), `${prefix}.members`, {
                limits: opts.limits?.members
              })

              break
            }
            case 13: {
              yield {
                field: `${prefix}.level`,
                value: reader.string()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.adopts`,
                value: reader.bytes()
              }
              break
            }
            case 15: {
              if (opts.limits?.refused != null && obj.refused === opts.limits.refused) {
                throw new MaxLengthError('Streaming decode error - repeated field "refused" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.refused[]`, {
                limits: opts.limits?.refused$
              })) {
                yield {
                  ...evt,
                  index: obj.refused
                }
              }

              obj.refused++

              break
            }
            case 16: {
              if (opts.limits?.unsettled != null && obj.unsettled === opts.limits.unsettled) {
                throw new MaxLengthError('Streaming decode error - repeated field "unsettled" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.unsettled[]`, {
                limits: opts.limits?.unsettled$
              })) {
                yield {
                  ...evt,
                  index: obj.unsettled
                }
              }

              obj.unsettled++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OperationOriginsSiteFieldEvent {
    field: '$.origins[].site'
    value: string
    index: number
  }

  export interface OperationOriginsIncarnationFieldEvent {
    field: '$.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface OperationIdMsFieldEvent {
    field: '$.id.ms'
    value: bigint
  }

  export interface OperationIdCounterFieldEvent {
    field: '$.id.counter'
    value: number
  }

  export interface OperationIdOriginFieldEvent {
    field: '$.id.origin'
    value: number
  }

  export interface OperationIdNumberFieldEvent {
    field: '$.id.number'
    value: bigint
  }

  export interface OperationReplicantServiceFieldEvent {
    field: '$.replicant.service'
    value: string
  }

  export interface OperationReplicantKindFieldEvent {
    field: '$.replicant.kind'
    value: string
  }

  export interface OperationReplicantNameFieldEvent {
    field: '$.replicant.name'
    value: string
  }

  export interface OperationLifeMsFieldEvent {
    field: '$.life.ms'
    value: bigint
  }

  export interface OperationLifeCounterFieldEvent {
    field: '$.life.counter'
    value: number
  }

  export interface OperationLifeOriginFieldEvent {
    field: '$.life.origin'
    value: number
  }

  export interface OperationLifeNumberFieldEvent {
    field: '$.life.number'
    value: bigint
  }

  export interface OperationTypeFieldEvent {
    field: '$.type'
    value: string
  }

  export interface OperationPreviousOriginFieldEvent {
    field: '$.previous.origin'
    value: number
  }

  export interface OperationPreviousNumberFieldEvent {
    field: '$.previous.number'
    value: bigint
  }

  export interface OperationContextOriginFieldEvent {
    field: '$.context[].origin'
    value: number
    index: number
  }

  export interface OperationContextNumberFieldEvent {
    field: '$.context[].number'
    value: bigint
    index: number
  }

  export interface OperationMatrixFieldEvent {
    field: '$.matrix'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OperationMemberByMsFieldEvent {
    field: '$.memberBy.ms'
    value: bigint
  }

  export interface OperationMemberByCounterFieldEvent {
    field: '$.memberBy.counter'
    value: number
  }

  export interface OperationMemberByOriginFieldEvent {
    field: '$.memberBy.origin'
    value: number
  }

  export interface OperationMemberByNumberFieldEvent {
    field: '$.memberBy.number'
    value: bigint
  }

  export interface OperationIdempotencyPrincipalFieldEvent {
    field: '$.idempotency.principal'
    value: string
  }

  export interface OperationIdempotencyKeyFieldEvent {
    field: '$.idempotency.key'
    value: string
  }

  export interface OperationIdempotencyRequestFieldEvent {
    field: '$.idempotency.request'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OperationPayloadMethodFieldEvent {
    field: '$.payload.method'
    value: string
  }

  export interface OperationPayloadPathFieldEvent {
    field: '$.payload.path'
    value: string
  }

  export interface OperationPayloadHeadersNameFieldEvent {
    field: '$.payload.headers[].name'
    value: string
    index: number
  }

  export interface OperationPayloadHeadersValueFieldEvent {
    field: '$.payload.headers[].value'
    value: string
    index: number
  }

  export interface OperationPayloadBodyContentFieldEvent {
    field: '$.payload.body.content'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OperationPayloadBodyHashFieldEvent {
    field: '$.payload.body.hash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OperationPayloadBodyLengthFieldEvent {
    field: '$.payload.body.length'
    value: bigint
  }

  export interface OperationMembersAddedFieldEvent {
    field: '$.members.added[]'
    index: number
    value: string
  }

  export interface OperationMembersRemovedFieldEvent {
    field: '$.members.removed[]'
    index: number
    value: string
  }

  export interface OperationLevelFieldEvent {
    field: '$.level'
    value: string
  }

  export interface OperationAdoptsFieldEvent {
    field: '$.adopts'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OperationRefusedOriginFieldEvent {
    field: '$.refused[].origin'
    value: number
    index: number
  }

  export interface OperationRefusedNumberFieldEvent {
    field: '$.refused[].number'
    value: bigint
    index: number
  }

  export interface OperationUnsettledOriginFieldEvent {
    field: '$.unsettled[].origin'
    value: number
    index: number
  }

  export interface OperationUnsettledNumberFieldEvent {
    field: '$.unsettled[].number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Operation>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Operation.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Operation>): Operation {
    return decodeMessage(buf, Operation.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Operation>): Generator<OperationOriginsSiteFieldEvent | OperationOriginsIncarnationFieldEvent | OperationIdMsFieldEvent | OperationIdCounterFieldEvent | OperationIdOriginFieldEvent | OperationIdNumberFieldEvent | OperationReplicantServiceFieldEvent | OperationReplicantKindFieldEvent | OperationReplicantNameFieldEvent | OperationLifeMsFieldEvent | OperationLifeCounterFieldEvent | OperationLifeOriginFieldEvent | OperationLifeNumberFieldEvent | OperationTypeFieldEvent | OperationPreviousOriginFieldEvent | OperationPreviousNumberFieldEvent | OperationContextOriginFieldEvent | OperationContextNumberFieldEvent | OperationMatrixFieldEvent | OperationMemberByMsFieldEvent | OperationMemberByCounterFieldEvent | OperationMemberByOriginFieldEvent | OperationMemberByNumberFieldEvent | OperationIdempotencyPrincipalFieldEvent | OperationIdempotencyKeyFieldEvent | OperationIdempotencyRequestFieldEvent | OperationPayloadMethodFieldEvent | OperationPayloadPathFieldEvent | OperationPayloadHeadersNameFieldEvent | OperationPayloadHeadersValueFieldEvent | OperationPayloadBodyContentFieldEvent | OperationPayloadBodyHashFieldEvent | OperationPayloadBodyLengthFieldEvent | OperationMembersAddedFieldEvent | OperationMembersRemovedFieldEvent | OperationLevelFieldEvent | OperationAdoptsFieldEvent | OperationRefusedOriginFieldEvent | OperationRefusedNumberFieldEvent | OperationUnsettledOriginFieldEvent | OperationUnsettledNumberFieldEvent> {
    return streamMessage(buf, Operation.codec(), opts)
  }
}

export interface Sealed {
  operation: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
}

export namespace Sealed {
  let _codec: Codec<Sealed>

  export const codec = (): Codec<Sealed> => {
    if (_codec == null) {
      _codec = message<Sealed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.operation != null && obj.operation.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.operation)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          operation: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.operation = reader.bytes()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.operation`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SealedOperationFieldEvent {
    field: '$.operation'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SealedSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Sealed>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Sealed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sealed>): Sealed {
    return decodeMessage(buf, Sealed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sealed>): Generator<SealedOperationFieldEvent | SealedSignatureFieldEvent> {
    return streamMessage(buf, Sealed.codec(), opts)
  }
}

export interface Hole {
  after: bigint
  last?: Dot
}

export namespace Hole {
  let _codec: Codec<Hole>

  export const codec = (): Codec<Hole> => {
    if (_codec == null) {
      _codec = message<Hole>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.after != null && obj.after !== 0n)) {
          w.uint32(9)
          w.fixed64(obj.after)
        }

        if (obj.last != null) {
          w.uint32(18)
          Dot.codec().encode(obj.last, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          after: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.after = reader.fixed64()
              break
            }
            case 2: {
              obj.last = Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.last
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.after`,
                value: reader.fixed64()
              }
              break
            }
            case 2: {
              yield * Dot.codec().stream(reader, reader.uint32(), `${prefix}.last`, {
                limits: opts.limits?.last
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HoleAfterFieldEvent {
    field: '$.after'
    value: bigint
  }

  export interface HoleLastOriginFieldEvent {
    field: '$.last.origin'
    value: number
  }

  export interface HoleLastNumberFieldEvent {
    field: '$.last.number'
    value: bigint
  }

  export function encode (obj: Partial<Hole>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hole.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hole>): Hole {
    return decodeMessage(buf, Hole.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hole>): Generator<HoleAfterFieldEvent | HoleLastOriginFieldEvent | HoleLastNumberFieldEvent> {
    return streamMessage(buf, Hole.codec(), opts)
  }
}

export interface LifeKnowledge {
  life?: Id
  knowledge: Dot[]
  holes: Hole[]
}

export namespace LifeKnowledge {
  let _codec: Codec<LifeKnowledge>

  export const codec = (): Codec<LifeKnowledge> => {
    if (_codec == null) {
      _codec = message<LifeKnowledge>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.life != null) {
          w.uint32(10)
          Id.codec().encode(obj.life, w)
        }

        if (obj.knowledge != null && obj.knowledge.length > 0) {
          for (const value of obj.knowledge) {
            w.uint32(18)
            Dot.codec().encode(value, w)
          }
        }

        if (obj.holes != null && obj.holes.length > 0) {
          for (const value of obj.holes) {
            w.uint32(26)
            Hole.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          knowledge: [],
          holes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.life = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.life
              })
              break
            }
            case 2: {
              if (opts.limits?.knowledge != null && obj.knowledge.length === opts.limits.knowledge) {
                throw new MaxLengthError('Decode error - repeated field "knowledge" had too many elements')
              }

              obj.knowledge.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.knowledge$
              }))
              break
            }
            case 3: {
              if (opts.limits?.holes != null && obj.holes.length === opts.limits.holes) {
                throw new MaxLengthError('Decode error - repeated field "holes" had too many elements')
              }

              obj.holes.push(Hole.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.holes$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          knowledge: 0,
          holes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.life`, {
                limits: opts.limits?.life
              })

              break
            }
            case 2: {
              if (opts.limits?.knowledge != null && obj.knowledge === opts.limits.knowledge) {
                throw new MaxLengthError('Streaming decode error - repeated field "knowledge" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.knowledge[]`, {
                limits: opts.limits?.knowledge$
              })) {
                yield {
                  ...evt,
                  index: obj.knowledge
                }
              }

              obj.knowledge++

              break
            }
            case 3: {
              if (opts.limits?.holes != null && obj.holes === opts.limits.holes) {
                throw new MaxLengthError('Streaming decode error - repeated field "holes" had too many elements')
              }

              for (const evt of Hole.codec().stream(reader, reader.uint32(), `${prefix}.holes[]`, {
                limits: opts.limits?.holes$
              })) {
                yield {
                  ...evt,
                  index: obj.holes
                }
              }

              obj.holes++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LifeKnowledgeLifeMsFieldEvent {
    field: '$.life.ms'
    value: bigint
  }

  export interface LifeKnowledgeLifeCounterFieldEvent {
    field: '$.life.counter'
    value: number
  }

  export interface LifeKnowledgeLifeOriginFieldEvent {
    field: '$.life.origin'
    value: number
  }

  export interface LifeKnowledgeLifeNumberFieldEvent {
    field: '$.life.number'
    value: bigint
  }

  export interface LifeKnowledgeKnowledgeOriginFieldEvent {
    field: '$.knowledge[].origin'
    value: number
    index: number
  }

  export interface LifeKnowledgeKnowledgeNumberFieldEvent {
    field: '$.knowledge[].number'
    value: bigint
    index: number
  }

  export interface LifeKnowledgeHolesAfterFieldEvent {
    field: '$.holes[].after'
    value: bigint
    index: number
  }

  export interface LifeKnowledgeHolesLastOriginFieldEvent {
    field: '$.holes[].last.origin'
    value: number
    index: number
  }

  export interface LifeKnowledgeHolesLastNumberFieldEvent {
    field: '$.holes[].last.number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<LifeKnowledge>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, LifeKnowledge.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LifeKnowledge>): LifeKnowledge {
    return decodeMessage(buf, LifeKnowledge.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LifeKnowledge>): Generator<LifeKnowledgeLifeMsFieldEvent | LifeKnowledgeLifeCounterFieldEvent | LifeKnowledgeLifeOriginFieldEvent | LifeKnowledgeLifeNumberFieldEvent | LifeKnowledgeKnowledgeOriginFieldEvent | LifeKnowledgeKnowledgeNumberFieldEvent | LifeKnowledgeHolesAfterFieldEvent | LifeKnowledgeHolesLastOriginFieldEvent | LifeKnowledgeHolesLastNumberFieldEvent> {
    return streamMessage(buf, LifeKnowledge.codec(), opts)
  }
}

export interface Shown {
  hash?: Uint8Array<ArrayBuffer>
  diverged: boolean
  fits: boolean
}

export namespace Shown {
  let _codec: Codec<Shown>

  export const codec = (): Codec<Shown> => {
    if (_codec == null) {
      _codec = message<Shown>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.hash != null) {
          w.uint32(10)
          w.bytes(obj.hash)
        }

        if ((obj.diverged != null && obj.diverged !== false)) {
          w.uint32(16)
          w.bool(obj.diverged)
        }

        if ((obj.fits != null && obj.fits !== false)) {
          w.uint32(24)
          w.bool(obj.fits)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          diverged: false,
          fits: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.hash = reader.bytes()
              break
            }
            case 2: {
              obj.diverged = reader.bool()
              break
            }
            case 3: {
              obj.fits = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.hash`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.diverged`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.fits`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ShownHashFieldEvent {
    field: '$.hash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ShownDivergedFieldEvent {
    field: '$.diverged'
    value: boolean
  }

  export interface ShownFitsFieldEvent {
    field: '$.fits'
    value: boolean
  }

  export function encode (obj: Partial<Shown>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Shown.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shown>): Shown {
    return decodeMessage(buf, Shown.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shown>): Generator<ShownHashFieldEvent | ShownDivergedFieldEvent | ShownFitsFieldEvent> {
    return streamMessage(buf, Shown.codec(), opts)
  }
}

export interface Came {
  dot?: Dot
  outcome: number
  status: number
  at: bigint
  error: string
}

export namespace Came {
  let _codec: Codec<Came>

  export const codec = (): Codec<Came> => {
    if (_codec == null) {
      _codec = message<Came>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.dot != null) {
          w.uint32(10)
          Dot.codec().encode(obj.dot, w)
        }

        if ((obj.outcome != null && obj.outcome !== 0)) {
          w.uint32(16)
          w.uint32(obj.outcome)
        }

        if ((obj.status != null && obj.status !== 0)) {
          w.uint32(24)
          w.uint32(obj.status)
        }

        if ((obj.at != null && obj.at !== 0n)) {
          w.uint32(33)
          w.fixed64(obj.at)
        }

        if ((obj.error != null && obj.error !== '')) {
          w.uint32(42)
          w.string(obj.error)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          outcome: 0,
          status: 0,
          at: 0n,
          error: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.dot = Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.dot
              })
              break
            }
            case 2: {
              obj.outcome = reader.uint32()
              break
            }
            case 3: {
              obj.status = reader.uint32()
              break
            }
            case 4: {
              obj.at = reader.fixed64()
              break
            }
            case 5: {
              obj.error = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Dot.codec().stream(reader, reader.uint32(), `${prefix}.dot`, {
                limits: opts.limits?.dot
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.outcome`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.at`,
                value: reader.fixed64()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.error`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CameDotOriginFieldEvent {
    field: '$.dot.origin'
    value: number
  }

  export interface CameDotNumberFieldEvent {
    field: '$.dot.number'
    value: bigint
  }

  export interface CameOutcomeFieldEvent {
    field: '$.outcome'
    value: number
  }

  export interface CameStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface CameAtFieldEvent {
    field: '$.at'
    value: bigint
  }

  export interface CameErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export function encode (obj: Partial<Came>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Came.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Came>): Came {
    return decodeMessage(buf, Came.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Came>): Generator<CameDotOriginFieldEvent | CameDotNumberFieldEvent | CameOutcomeFieldEvent | CameStatusFieldEvent | CameAtFieldEvent | CameErrorFieldEvent> {
    return streamMessage(buf, Came.codec(), opts)
  }
}

export interface Acknowledgement {
  origins: Origin[]
  replicant?: Replicant
  lives: LifeKnowledge[]
  clockMs: bigint
  clockCounter: number
  shown?: Shown
  came?: Came
}

export namespace Acknowledgement {
  let _codec: Codec<Acknowledgement>

  export const codec = (): Codec<Acknowledgement> => {
    if (_codec == null) {
      _codec = message<Acknowledgement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.origins != null && obj.origins.length > 0) {
          for (const value of obj.origins) {
            w.uint32(10)
            Origin.codec().encode(value, w)
          }
        }

        if (obj.replicant != null) {
          w.uint32(18)
          Replicant.codec().encode(obj.replicant, w)
        }

        if (obj.lives != null && obj.lives.length > 0) {
          for (const value of obj.lives) {
            w.uint32(26)
            LifeKnowledge.codec().encode(value, w)
          }
        }

        if ((obj.clockMs != null && obj.clockMs !== 0n)) {
          w.uint32(33)
          w.fixed64(obj.clockMs)
        }

        if ((obj.clockCounter != null && obj.clockCounter !== 0)) {
          w.uint32(40)
          w.uint32(obj.clockCounter)
        }

        if (obj.shown != null) {
          w.uint32(50)
          Shown.codec().encode(obj.shown, w)
        }

        if (obj.came != null) {
          w.uint32(58)
          Came.codec().encode(obj.came, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origins: [],
          lives: [],
          clockMs: 0n,
          clockCounter: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins.length === opts.limits.origins) {
                throw new MaxLengthError('Decode error - repeated field "origins" had too many elements')
              }

              obj.origins.push(Origin.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.origins$
              }))
              break
            }
            case 2: {
              obj.replicant = Replicant.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.replicant
              })
              break
            }
            case 3: {
              if (opts.limits?.lives != null && obj.lives.length === opts.limits.lives) {
                throw new MaxLengthError('Decode error - repeated field "lives" had too many elements')
              }

              obj.lives.push(LifeKnowledge.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lives$
              }))
              break
            }
            case 4: {
              obj.clockMs = reader.fixed64()
              break
            }
            case 5: {
              obj.clockCounter = reader.uint32()
              break
            }
            case 6: {
              obj.shown = Shown.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.shown
              })
              break
            }
            case 7: {
              obj.came = Came.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.came
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          origins: 0,
          lives: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins === opts.limits.origins) {
                throw new MaxLengthError('Streaming decode error - repeated field "origins" had too many elements')
              }

              for (const evt of Origin.codec().stream(reader, reader.uint32(), `${prefix}.origins[]`, {
                limits: opts.limits?.origins$
              })) {
                yield {
                  ...evt,
                  index: obj.origins
                }
              }

              obj.origins++

              break
            }
            case 2: {
              yield * Replicant.codec().stream(reader, reader.uint32(), `${prefix}.replicant`, {
                limits: opts.limits?.replicant
              })

              break
            }
            case 3: {
              if (opts.limits?.lives != null && obj.lives === opts.limits.lives) {
                throw new MaxLengthError('Streaming decode error - repeated field "lives" had too many elements')
              }

              for (const evt of LifeKnowledge.codec().stream(reader, reader.uint32(), `${prefix}.lives[]`, {
                limits: opts.limits?.lives$
              })) {
                yield {
                  ...evt,
                  index: obj.lives
                }
              }

              obj.lives++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.clockMs`,
                value: reader.fixed64()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.clockCounter`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield * Shown.codec().stream(reader, reader.uint32(), `${prefix}.shown`, {
                limits: opts.limits?.shown
              })

              break
            }
            case 7: {
              yield * Came.codec().stream(reader, reader.uint32(), `${prefix}.came`, {
                limits: opts.limits?.came
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AcknowledgementOriginsSiteFieldEvent {
    field: '$.origins[].site'
    value: string
    index: number
  }

  export interface AcknowledgementOriginsIncarnationFieldEvent {
    field: '$.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface AcknowledgementReplicantServiceFieldEvent {
    field: '$.replicant.service'
    value: string
  }

  export interface AcknowledgementReplicantKindFieldEvent {
    field: '$.replicant.kind'
    value: string
  }

  export interface AcknowledgementReplicantNameFieldEvent {
    field: '$.replicant.name'
    value: string
  }

  export interface AcknowledgementLivesLifeMsFieldEvent {
    field: '$.lives[].life.ms'
    value: bigint
    index: number
  }

  export interface AcknowledgementLivesLifeCounterFieldEvent {
    field: '$.lives[].life.counter'
    value: number
    index: number
  }

  export interface AcknowledgementLivesLifeOriginFieldEvent {
    field: '$.lives[].life.origin'
    value: number
    index: number
  }

  export interface AcknowledgementLivesLifeNumberFieldEvent {
    field: '$.lives[].life.number'
    value: bigint
    index: number
  }

  export interface AcknowledgementLivesKnowledgeOriginFieldEvent {
    field: '$.lives[].knowledge[].origin'
    value: number
    index: number
  }

  export interface AcknowledgementLivesKnowledgeNumberFieldEvent {
    field: '$.lives[].knowledge[].number'
    value: bigint
    index: number
  }

  export interface AcknowledgementLivesHolesAfterFieldEvent {
    field: '$.lives[].holes[].after'
    value: bigint
    index: number
  }

  export interface AcknowledgementLivesHolesLastOriginFieldEvent {
    field: '$.lives[].holes[].last.origin'
    value: number
    index: number
  }

  export interface AcknowledgementLivesHolesLastNumberFieldEvent {
    field: '$.lives[].holes[].last.number'
    value: bigint
    index: number
  }

  export interface AcknowledgementClockMsFieldEvent {
    field: '$.clockMs'
    value: bigint
  }

  export interface AcknowledgementClockCounterFieldEvent {
    field: '$.clockCounter'
    value: number
  }

  export interface AcknowledgementShownHashFieldEvent {
    field: '$.shown.hash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AcknowledgementShownDivergedFieldEvent {
    field: '$.shown.diverged'
    value: boolean
  }

  export interface AcknowledgementShownFitsFieldEvent {
    field: '$.shown.fits'
    value: boolean
  }

  export interface AcknowledgementCameDotOriginFieldEvent {
    field: '$.came.dot.origin'
    value: number
  }

  export interface AcknowledgementCameDotNumberFieldEvent {
    field: '$.came.dot.number'
    value: bigint
  }

  export interface AcknowledgementCameOutcomeFieldEvent {
    field: '$.came.outcome'
    value: number
  }

  export interface AcknowledgementCameStatusFieldEvent {
    field: '$.came.status'
    value: number
  }

  export interface AcknowledgementCameAtFieldEvent {
    field: '$.came.at'
    value: bigint
  }

  export interface AcknowledgementCameErrorFieldEvent {
    field: '$.came.error'
    value: string
  }

  export function encode (obj: Partial<Acknowledgement>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Acknowledgement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Acknowledgement>): Acknowledgement {
    return decodeMessage(buf, Acknowledgement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Acknowledgement>): Generator<AcknowledgementOriginsSiteFieldEvent | AcknowledgementOriginsIncarnationFieldEvent | AcknowledgementReplicantServiceFieldEvent | AcknowledgementReplicantKindFieldEvent | AcknowledgementReplicantNameFieldEvent | AcknowledgementLivesLifeMsFieldEvent | AcknowledgementLivesLifeCounterFieldEvent | AcknowledgementLivesLifeOriginFieldEvent | AcknowledgementLivesLifeNumberFieldEvent | AcknowledgementLivesKnowledgeOriginFieldEvent | AcknowledgementLivesKnowledgeNumberFieldEvent | AcknowledgementLivesHolesAfterFieldEvent | AcknowledgementLivesHolesLastOriginFieldEvent | AcknowledgementLivesHolesLastNumberFieldEvent | AcknowledgementClockMsFieldEvent | AcknowledgementClockCounterFieldEvent | AcknowledgementShownHashFieldEvent | AcknowledgementShownDivergedFieldEvent | AcknowledgementShownFitsFieldEvent | AcknowledgementCameDotOriginFieldEvent | AcknowledgementCameDotNumberFieldEvent | AcknowledgementCameOutcomeFieldEvent | AcknowledgementCameStatusFieldEvent | AcknowledgementCameAtFieldEvent | AcknowledgementCameErrorFieldEvent> {
    return streamMessage(buf, Acknowledgement.codec(), opts)
  }
}

export interface Outcome {
  origins: Origin[]
  replicant?: Replicant
  life?: Id
  dot?: Dot
  site: string
  outcome: number
  status: number
  at: bigint
  error: string
}

export namespace Outcome {
  let _codec: Codec<Outcome>

  export const codec = (): Codec<Outcome> => {
    if (_codec == null) {
      _codec = message<Outcome>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.origins != null && obj.origins.length > 0) {
          for (const value of obj.origins) {
            w.uint32(10)
            Origin.codec().encode(value, w)
          }
        }

        if (obj.replicant != null) {
          w.uint32(18)
          Replicant.codec().encode(obj.replicant, w)
        }

        if (obj.life != null) {
          w.uint32(26)
          Id.codec().encode(obj.life, w)
        }

        if (obj.dot != null) {
          w.uint32(34)
          Dot.codec().encode(obj.dot, w)
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(42)
          w.string(obj.site)
        }

        if ((obj.outcome != null && obj.outcome !== 0)) {
          w.uint32(48)
          w.uint32(obj.outcome)
        }

        if ((obj.status != null && obj.status !== 0)) {
          w.uint32(56)
          w.uint32(obj.status)
        }

        if ((obj.at != null && obj.at !== 0n)) {
          w.uint32(65)
          w.fixed64(obj.at)
        }

        if ((obj.error != null && obj.error !== '')) {
          w.uint32(74)
          w.string(obj.error)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origins: [],
          site: '',
          outcome: 0,
          status: 0,
          at: 0n,
          error: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins.length === opts.limits.origins) {
                throw new MaxLengthError('Decode error - repeated field "origins" had too many elements')
              }

              obj.origins.push(Origin.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.origins$
              }))
              break
            }
            case 2: {
              obj.replicant = Replicant.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.replicant
              })
              break
            }
            case 3: {
              obj.life = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.life
              })
              break
            }
            case 4: {
              obj.dot = Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.dot
              })
              break
            }
            case 5: {
              obj.site = reader.string()
              break
            }
            case 6: {
              obj.outcome = reader.uint32()
              break
            }
            case 7: {
              obj.status = reader.uint32()
              break
            }
            case 8: {
              obj.at = reader.fixed64()
              break
            }
            case 9: {
              obj.error = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          origins: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins === opts.limits.origins) {
                throw new MaxLengthError('Streaming decode error - repeated field "origins" had too many elements')
              }

              for (const evt of Origin.codec().stream(reader, reader.uint32(), `${prefix}.origins[]`, {
                limits: opts.limits?.origins$
              })) {
                yield {
                  ...evt,
                  index: obj.origins
                }
              }

              obj.origins++

              break
            }
            case 2: {
              yield * Replicant.codec().stream(reader, reader.uint32(), `${prefix}.replicant`, {
                limits: opts.limits?.replicant
              })

              break
            }
            case 3: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.life`, {
                limits: opts.limits?.life
              })

              break
            }
            case 4: {
              yield * Dot.codec().stream(reader, reader.uint32(), `${prefix}.dot`, {
                limits: opts.limits?.dot
              })

              break
            }
            case 5: {
              yield {
                field: `${prefix}.site`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.outcome`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.at`,
                value: reader.fixed64()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.error`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OutcomeOriginsSiteFieldEvent {
    field: '$.origins[].site'
    value: string
    index: number
  }

  export interface OutcomeOriginsIncarnationFieldEvent {
    field: '$.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface OutcomeReplicantServiceFieldEvent {
    field: '$.replicant.service'
    value: string
  }

  export interface OutcomeReplicantKindFieldEvent {
    field: '$.replicant.kind'
    value: string
  }

  export interface OutcomeReplicantNameFieldEvent {
    field: '$.replicant.name'
    value: string
  }

  export interface OutcomeLifeMsFieldEvent {
    field: '$.life.ms'
    value: bigint
  }

  export interface OutcomeLifeCounterFieldEvent {
    field: '$.life.counter'
    value: number
  }

  export interface OutcomeLifeOriginFieldEvent {
    field: '$.life.origin'
    value: number
  }

  export interface OutcomeLifeNumberFieldEvent {
    field: '$.life.number'
    value: bigint
  }

  export interface OutcomeDotOriginFieldEvent {
    field: '$.dot.origin'
    value: number
  }

  export interface OutcomeDotNumberFieldEvent {
    field: '$.dot.number'
    value: bigint
  }

  export interface OutcomeSiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface OutcomeOutcomeFieldEvent {
    field: '$.outcome'
    value: number
  }

  export interface OutcomeStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface OutcomeAtFieldEvent {
    field: '$.at'
    value: bigint
  }

  export interface OutcomeErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export function encode (obj: Partial<Outcome>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Outcome.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcome>): Outcome {
    return decodeMessage(buf, Outcome.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcome>): Generator<OutcomeOriginsSiteFieldEvent | OutcomeOriginsIncarnationFieldEvent | OutcomeReplicantServiceFieldEvent | OutcomeReplicantKindFieldEvent | OutcomeReplicantNameFieldEvent | OutcomeLifeMsFieldEvent | OutcomeLifeCounterFieldEvent | OutcomeLifeOriginFieldEvent | OutcomeLifeNumberFieldEvent | OutcomeDotOriginFieldEvent | OutcomeDotNumberFieldEvent | OutcomeSiteFieldEvent | OutcomeOutcomeFieldEvent | OutcomeStatusFieldEvent | OutcomeAtFieldEvent | OutcomeErrorFieldEvent> {
    return streamMessage(buf, Outcome.codec(), opts)
  }
}

export interface Removal {
  origins: Origin[]
  replicant?: Replicant
  life?: Id
  removal?: Id
  member: string
  held: Dot[]
}

export namespace Removal {
  let _codec: Codec<Removal>

  export const codec = (): Codec<Removal> => {
    if (_codec == null) {
      _codec = message<Removal>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.origins != null && obj.origins.length > 0) {
          for (const value of obj.origins) {
            w.uint32(10)
            Origin.codec().encode(value, w)
          }
        }

        if (obj.replicant != null) {
          w.uint32(18)
          Replicant.codec().encode(obj.replicant, w)
        }

        if (obj.life != null) {
          w.uint32(26)
          Id.codec().encode(obj.life, w)
        }

        if (obj.removal != null) {
          w.uint32(34)
          Id.codec().encode(obj.removal, w)
        }

        if ((obj.member != null && obj.member !== '')) {
          w.uint32(42)
          w.string(obj.member)
        }

        if (obj.held != null && obj.held.length > 0) {
          for (const value of obj.held) {
            w.uint32(50)
            Dot.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origins: [],
          member: '',
          held: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins.length === opts.limits.origins) {
                throw new MaxLengthError('Decode error - repeated field "origins" had too many elements')
              }

              obj.origins.push(Origin.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.origins$
              }))
              break
            }
            case 2: {
              obj.replicant = Replicant.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.replicant
              })
              break
            }
            case 3: {
              obj.life = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.life
              })
              break
            }
            case 4: {
              obj.removal = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.removal
              })
              break
            }
            case 5: {
              obj.member = reader.string()
              break
            }
            case 6: {
              if (opts.limits?.held != null && obj.held.length === opts.limits.held) {
                throw new MaxLengthError('Decode error - repeated field "held" had too many elements')
              }

              obj.held.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.held$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          origins: 0,
          held: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins === opts.limits.origins) {
                throw new MaxLengthError('Streaming decode error - repeated field "origins" had too many elements')
              }

              for (const evt of Origin.codec().stream(reader, reader.uint32(), `${prefix}.origins[]`, {
                limits: opts.limits?.origins$
              })) {
                yield {
                  ...evt,
                  index: obj.origins
                }
              }

              obj.origins++

              break
            }
            case 2: {
              yield * Replicant.codec().stream(reader, reader.uint32(), `${prefix}.replicant`, {
                limits: opts.limits?.replicant
              })

              break
            }
            case 3: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.life`, {
                limits: opts.limits?.life
              })

              break
            }
            case 4: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.removal`, {
                limits: opts.limits?.removal
              })

              break
            }
            case 5: {
              yield {
                field: `${prefix}.member`,
                value: reader.string()
              }
              break
            }
            case 6: {
              if (opts.limits?.held != null && obj.held === opts.limits.held) {
                throw new MaxLengthError('Streaming decode error - repeated field "held" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.held[]`, {
                limits: opts.limits?.held$
              })) {
                yield {
                  ...evt,
                  index: obj.held
                }
              }

              obj.held++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RemovalOriginsSiteFieldEvent {
    field: '$.origins[].site'
    value: string
    index: number
  }

  export interface RemovalOriginsIncarnationFieldEvent {
    field: '$.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface RemovalReplicantServiceFieldEvent {
    field: '$.replicant.service'
    value: string
  }

  export interface RemovalReplicantKindFieldEvent {
    field: '$.replicant.kind'
    value: string
  }

  export interface RemovalReplicantNameFieldEvent {
    field: '$.replicant.name'
    value: string
  }

  export interface RemovalLifeMsFieldEvent {
    field: '$.life.ms'
    value: bigint
  }

  export interface RemovalLifeCounterFieldEvent {
    field: '$.life.counter'
    value: number
  }

  export interface RemovalLifeOriginFieldEvent {
    field: '$.life.origin'
    value: number
  }

  export interface RemovalLifeNumberFieldEvent {
    field: '$.life.number'
    value: bigint
  }

  export interface RemovalRemovalMsFieldEvent {
    field: '$.removal.ms'
    value: bigint
  }

  export interface RemovalRemovalCounterFieldEvent {
    field: '$.removal.counter'
    value: number
  }

  export interface RemovalRemovalOriginFieldEvent {
    field: '$.removal.origin'
    value: number
  }

  export interface RemovalRemovalNumberFieldEvent {
    field: '$.removal.number'
    value: bigint
  }

  export interface RemovalMemberFieldEvent {
    field: '$.member'
    value: string
  }

  export interface RemovalHeldOriginFieldEvent {
    field: '$.held[].origin'
    value: number
    index: number
  }

  export interface RemovalHeldNumberFieldEvent {
    field: '$.held[].number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Removal>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Removal.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Removal>): Removal {
    return decodeMessage(buf, Removal.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Removal>): Generator<RemovalOriginsSiteFieldEvent | RemovalOriginsIncarnationFieldEvent | RemovalReplicantServiceFieldEvent | RemovalReplicantKindFieldEvent | RemovalReplicantNameFieldEvent | RemovalLifeMsFieldEvent | RemovalLifeCounterFieldEvent | RemovalLifeOriginFieldEvent | RemovalLifeNumberFieldEvent | RemovalRemovalMsFieldEvent | RemovalRemovalCounterFieldEvent | RemovalRemovalOriginFieldEvent | RemovalRemovalNumberFieldEvent | RemovalMemberFieldEvent | RemovalHeldOriginFieldEvent | RemovalHeldNumberFieldEvent> {
    return streamMessage(buf, Removal.codec(), opts)
  }
}

export interface Matrix {
  text: string
}

export namespace Matrix {
  let _codec: Codec<Matrix>

  export const codec = (): Codec<Matrix> => {
    if (_codec == null) {
      _codec = message<Matrix>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(10)
          w.string(obj.text)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          text: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.text = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface MatrixTextFieldEvent {
    field: '$.text'
    value: string
  }

  export function encode (obj: Partial<Matrix>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Matrix.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Matrix>): Matrix {
    return decodeMessage(buf, Matrix.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Matrix>): Generator<MatrixTextFieldEvent> {
    return streamMessage(buf, Matrix.codec(), opts)
  }
}

export interface Dropper {
  type: string
  matrix?: Uint8Array<ArrayBuffer>
  reset: boolean
  greatest?: Id
  context: Dot[]
}

export namespace Dropper {
  let _codec: Codec<Dropper>

  export const codec = (): Codec<Dropper> => {
    if (_codec == null) {
      _codec = message<Dropper>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.type != null && obj.type !== '')) {
          w.uint32(10)
          w.string(obj.type)
        }

        if (obj.matrix != null) {
          w.uint32(18)
          w.bytes(obj.matrix)
        }

        if ((obj.reset != null && obj.reset !== false)) {
          w.uint32(24)
          w.bool(obj.reset)
        }

        if (obj.greatest != null) {
          w.uint32(34)
          Id.codec().encode(obj.greatest, w)
        }

        if (obj.context != null && obj.context.length > 0) {
          for (const value of obj.context) {
            w.uint32(42)
            Dot.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          type: '',
          reset: false,
          context: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.type = reader.string()
              break
            }
            case 2: {
              obj.matrix = reader.bytes()
              break
            }
            case 3: {
              obj.reset = reader.bool()
              break
            }
            case 4: {
              obj.greatest = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.greatest
              })
              break
            }
            case 5: {
              if (opts.limits?.context != null && obj.context.length === opts.limits.context) {
                throw new MaxLengthError('Decode error - repeated field "context" had too many elements')
              }

              obj.context.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.context$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          context: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.type`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.matrix`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.reset`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.greatest`, {
                limits: opts.limits?.greatest
              })

              break
            }
            case 5: {
              if (opts.limits?.context != null && obj.context === opts.limits.context) {
                throw new MaxLengthError('Streaming decode error - repeated field "context" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.context[]`, {
                limits: opts.limits?.context$
              })) {
                yield {
                  ...evt,
                  index: obj.context
                }
              }

              obj.context++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DropperTypeFieldEvent {
    field: '$.type'
    value: string
  }

  export interface DropperMatrixFieldEvent {
    field: '$.matrix'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DropperResetFieldEvent {
    field: '$.reset'
    value: boolean
  }

  export interface DropperGreatestMsFieldEvent {
    field: '$.greatest.ms'
    value: bigint
  }

  export interface DropperGreatestCounterFieldEvent {
    field: '$.greatest.counter'
    value: number
  }

  export interface DropperGreatestOriginFieldEvent {
    field: '$.greatest.origin'
    value: number
  }

  export interface DropperGreatestNumberFieldEvent {
    field: '$.greatest.number'
    value: bigint
  }

  export interface DropperContextOriginFieldEvent {
    field: '$.context[].origin'
    value: number
    index: number
  }

  export interface DropperContextNumberFieldEvent {
    field: '$.context[].number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Dropper>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Dropper.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dropper>): Dropper {
    return decodeMessage(buf, Dropper.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dropper>): Generator<DropperTypeFieldEvent | DropperMatrixFieldEvent | DropperResetFieldEvent | DropperGreatestMsFieldEvent | DropperGreatestCounterFieldEvent | DropperGreatestOriginFieldEvent | DropperGreatestNumberFieldEvent | DropperContextOriginFieldEvent | DropperContextNumberFieldEvent> {
    return streamMessage(buf, Dropper.codec(), opts)
  }
}

export interface MemberChange {
  site: string
  by?: Id
  member: boolean
  held: Dot[]
  told: string[]
}

export namespace MemberChange {
  let _codec: Codec<MemberChange>

  export const codec = (): Codec<MemberChange> => {
    if (_codec == null) {
      _codec = message<MemberChange>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(10)
          w.string(obj.site)
        }

        if (obj.by != null) {
          w.uint32(18)
          Id.codec().encode(obj.by, w)
        }

        if ((obj.member != null && obj.member !== false)) {
          w.uint32(24)
          w.bool(obj.member)
        }

        if (obj.held != null && obj.held.length > 0) {
          for (const value of obj.held) {
            w.uint32(34)
            Dot.codec().encode(value, w)
          }
        }

        if (obj.told != null && obj.told.length > 0) {
          for (const value of obj.told) {
            w.uint32(42)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          site: '',
          member: false,
          held: [],
          told: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.site = reader.string()
              break
            }
            case 2: {
              obj.by = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.by
              })
              break
            }
            case 3: {
              obj.member = reader.bool()
              break
            }
            case 4: {
              if (opts.limits?.held != null && obj.held.length === opts.limits.held) {
                throw new MaxLengthError('Decode error - repeated field "held" had too many elements')
              }

              obj.held.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.held$
              }))
              break
            }
            case 5: {
              if (opts.limits?.told != null && obj.told.length === opts.limits.told) {
                throw new MaxLengthError('Decode error - repeated field "told" had too many elements')
              }

              obj.told.push(reader.string())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          held: 0,
          told: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.site`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.by`, {
                limits: opts.limits?.by
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.member`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              if (opts.limits?.held != null && obj.held === opts.limits.held) {
                throw new MaxLengthError('Streaming decode error - repeated field "held" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.held[]`, {
                limits: opts.limits?.held$
              })) {
                yield {
                  ...evt,
                  index: obj.held
                }
              }

              obj.held++

              break
            }
            case 5: {
              if (opts.limits?.told != null && obj.told === opts.limits.told) {
                throw new MaxLengthError('Streaming decode error - repeated field "told" had too many elements')
              }

              yield {
                field: `${prefix}.told[]`,
                index: obj.told,
                value: reader.string()
              }

              obj.told++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface MemberChangeSiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface MemberChangeByMsFieldEvent {
    field: '$.by.ms'
    value: bigint
  }

  export interface MemberChangeByCounterFieldEvent {
    field: '$.by.counter'
    value: number
  }

  export interface MemberChangeByOriginFieldEvent {
    field: '$.by.origin'
    value: number
  }

  export interface MemberChangeByNumberFieldEvent {
    field: '$.by.number'
    value: bigint
  }

  export interface MemberChangeMemberFieldEvent {
    field: '$.member'
    value: boolean
  }

  export interface MemberChangeHeldOriginFieldEvent {
    field: '$.held[].origin'
    value: number
    index: number
  }

  export interface MemberChangeHeldNumberFieldEvent {
    field: '$.held[].number'
    value: bigint
    index: number
  }

  export interface MemberChangeToldFieldEvent {
    field: '$.told[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<MemberChange>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, MemberChange.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MemberChange>): MemberChange {
    return decodeMessage(buf, MemberChange.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MemberChange>): Generator<MemberChangeSiteFieldEvent | MemberChangeByMsFieldEvent | MemberChangeByCounterFieldEvent | MemberChangeByOriginFieldEvent | MemberChangeByNumberFieldEvent | MemberChangeMemberFieldEvent | MemberChangeHeldOriginFieldEvent | MemberChangeHeldNumberFieldEvent | MemberChangeToldFieldEvent> {
    return streamMessage(buf, MemberChange.codec(), opts)
  }
}

export interface Key {
  key: string
  id?: Id
}

export namespace Key {
  let _codec: Codec<Key>

  export const codec = (): Codec<Key> => {
    if (_codec == null) {
      _codec = message<Key>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.key != null && obj.key !== '')) {
          w.uint32(10)
          w.string(obj.key)
        }

        if (obj.id != null) {
          w.uint32(18)
          Id.codec().encode(obj.id, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          key: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = reader.string()
              break
            }
            case 2: {
              obj.id = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.id
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.key`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.id`, {
                limits: opts.limits?.id
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface KeyKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface KeyIdMsFieldEvent {
    field: '$.id.ms'
    value: bigint
  }

  export interface KeyIdCounterFieldEvent {
    field: '$.id.counter'
    value: number
  }

  export interface KeyIdOriginFieldEvent {
    field: '$.id.origin'
    value: number
  }

  export interface KeyIdNumberFieldEvent {
    field: '$.id.number'
    value: bigint
  }

  export function encode (obj: Partial<Key>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Key.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Key>): Key {
    return decodeMessage(buf, Key.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Key>): Generator<KeyKeyFieldEvent | KeyIdMsFieldEvent | KeyIdCounterFieldEvent | KeyIdOriginFieldEvent | KeyIdNumberFieldEvent> {
    return streamMessage(buf, Key.codec(), opts)
  }
}

export interface Since {
  knowledge: Dot[]
  holes: Hole[]
}

export namespace Since {
  let _codec: Codec<Since>

  export const codec = (): Codec<Since> => {
    if (_codec == null) {
      _codec = message<Since>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.knowledge != null && obj.knowledge.length > 0) {
          for (const value of obj.knowledge) {
            w.uint32(10)
            Dot.codec().encode(value, w)
          }
        }

        if (obj.holes != null && obj.holes.length > 0) {
          for (const value of obj.holes) {
            w.uint32(18)
            Hole.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          knowledge: [],
          holes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.knowledge != null && obj.knowledge.length === opts.limits.knowledge) {
                throw new MaxLengthError('Decode error - repeated field "knowledge" had too many elements')
              }

              obj.knowledge.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.knowledge$
              }))
              break
            }
            case 2: {
              if (opts.limits?.holes != null && obj.holes.length === opts.limits.holes) {
                throw new MaxLengthError('Decode error - repeated field "holes" had too many elements')
              }

              obj.holes.push(Hole.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.holes$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          knowledge: 0,
          holes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.knowledge != null && obj.knowledge === opts.limits.knowledge) {
                throw new MaxLengthError('Streaming decode error - repeated field "knowledge" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.knowledge[]`, {
                limits: opts.limits?.knowledge$
              })) {
                yield {
                  ...evt,
                  index: obj.knowledge
                }
              }

              obj.knowledge++

              break
            }
            case 2: {
              if (opts.limits?.holes != null && obj.holes === opts.limits.holes) {
                throw new MaxLengthError('Streaming decode error - repeated field "holes" had too many elements')
              }

              for (const evt of Hole.codec().stream(reader, reader.uint32(), `${prefix}.holes[]`, {
                limits: opts.limits?.holes$
              })) {
                yield {
                  ...evt,
                  index: obj.holes
                }
              }

              obj.holes++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SinceKnowledgeOriginFieldEvent {
    field: '$.knowledge[].origin'
    value: number
    index: number
  }

  export interface SinceKnowledgeNumberFieldEvent {
    field: '$.knowledge[].number'
    value: bigint
    index: number
  }

  export interface SinceHolesAfterFieldEvent {
    field: '$.holes[].after'
    value: bigint
    index: number
  }

  export interface SinceHolesLastOriginFieldEvent {
    field: '$.holes[].last.origin'
    value: number
    index: number
  }

  export interface SinceHolesLastNumberFieldEvent {
    field: '$.holes[].last.number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Since>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Since.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Since>): Since {
    return decodeMessage(buf, Since.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Since>): Generator<SinceKnowledgeOriginFieldEvent | SinceKnowledgeNumberFieldEvent | SinceHolesAfterFieldEvent | SinceHolesLastOriginFieldEvent | SinceHolesLastNumberFieldEvent> {
    return streamMessage(buf, Since.codec(), opts)
  }
}

export interface Summary {
  knowledge: Dot[]
  holes: Hole[]
  droppers: Dropper[]
  changes: MemberChange[]
  keys: Key[]
  firstDelete?: Id
  createKey?: string
  conflictsForgotten: bigint
  since?: Since
  from: string
  adopts?: Uint8Array<ArrayBuffer>
}

export namespace Summary {
  let _codec: Codec<Summary>

  export const codec = (): Codec<Summary> => {
    if (_codec == null) {
      _codec = message<Summary>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.knowledge != null && obj.knowledge.length > 0) {
          for (const value of obj.knowledge) {
            w.uint32(10)
            Dot.codec().encode(value, w)
          }
        }

        if (obj.holes != null && obj.holes.length > 0) {
          for (const value of obj.holes) {
            w.uint32(18)
            Hole.codec().encode(value, w)
          }
        }

        if (obj.droppers != null && obj.droppers.length > 0) {
          for (const value of obj.droppers) {
            w.uint32(26)
            Dropper.codec().encode(value, w)
          }
        }

        if (obj.changes != null && obj.changes.length > 0) {
          for (const value of obj.changes) {
            w.uint32(34)
            MemberChange.codec().encode(value, w)
          }
        }

        if (obj.keys != null && obj.keys.length > 0) {
          for (const value of obj.keys) {
            w.uint32(42)
            Key.codec().encode(value, w)
          }
        }

        if (obj.firstDelete != null) {
          w.uint32(50)
          Id.codec().encode(obj.firstDelete, w)
        }

        if (obj.createKey != null) {
          w.uint32(58)
          w.string(obj.createKey)
        }

        if ((obj.conflictsForgotten != null && obj.conflictsForgotten !== 0n)) {
          w.uint32(65)
          w.fixed64(obj.conflictsForgotten)
        }

        if (obj.since != null) {
          w.uint32(74)
          Since.codec().encode(obj.since, w)
        }

        if ((obj.from != null && obj.from !== '')) {
          w.uint32(82)
          w.string(obj.from)
        }

        if (obj.adopts != null) {
          w.uint32(90)
          w.bytes(obj.adopts)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          knowledge: [],
          holes: [],
          droppers: [],
          changes: [],
          keys: [],
          conflictsForgotten: 0n,
          from: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.knowledge != null && obj.knowledge.length === opts.limits.knowledge) {
                throw new MaxLengthError('Decode error - repeated field "knowledge" had too many elements')
              }

              obj.knowledge.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.knowledge$
              }))
              break
            }
            case 2: {
              if (opts.limits?.holes != null && obj.holes.length === opts.limits.holes) {
                throw new MaxLengthError('Decode error - repeated field "holes" had too many elements')
              }

              obj.holes.push(Hole.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.holes$
              }))
              break
            }
            case 3: {
              if (opts.limits?.droppers != null && obj.droppers.length === opts.limits.droppers) {
                throw new MaxLengthError('Decode error - repeated field "droppers" had too many elements')
              }

              obj.droppers.push(Dropper.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.droppers$
              }))
              break
            }
            case 4: {
              if (opts.limits?.changes != null && obj.changes.length === opts.limits.changes) {
                throw new MaxLengthError('Decode error - repeated field "changes" had too many elements')
              }

              obj.changes.push(MemberChange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.changes$
              }))
              break
            }
            case 5: {
              if (opts.limits?.keys != null && obj.keys.length === opts.limits.keys) {
                throw new MaxLengthError('Decode error - repeated field "keys" had too many elements')
              }

              obj.keys.push(Key.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.keys$
              }))
              break
            }
            case 6: {
              obj.firstDelete = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.firstDelete
              })
              break
            }
            case 7: {
              obj.createKey = reader.string()
              break
            }
            case 8: {
              obj.conflictsForgotten = reader.fixed64()
              break
            }
            case 9: {
              obj.since = Since.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.since
              })
              break
            }
            case 10: {
              obj.from = reader.string()
              break
            }
            case 11: {
              obj.adopts = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          knowledge: 0,
          holes: 0,
          droppers: 0,
          changes: 0,
          keys: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.knowledge != null && obj.knowledge === opts.limits.knowledge) {
                throw new MaxLengthError('Streaming decode error - repeated field "knowledge" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.knowledge[]`, {
                limits: opts.limits?.knowledge$
              })) {
                yield {
                  ...evt,
                  index: obj.knowledge
                }
              }

              obj.knowledge++

              break
            }
            case 2: {
              if (opts.limits?.holes != null && obj.holes === opts.limits.holes) {
                throw new MaxLengthError('Streaming decode error - repeated field "holes" had too many elements')
              }

              for (const evt of Hole.codec().stream(reader, reader.uint32(), `${prefix}.holes[]`, {
                limits: opts.limits?.holes$
              })) {
                yield {
                  ...evt,
                  index: obj.holes
                }
              }

              obj.holes++

              break
            }
            case 3: {
              if (opts.limits?.droppers != null && obj.droppers === opts.limits.droppers) {
                throw new MaxLengthError('Streaming decode error - repeated field "droppers" had too many elements')
              }

              for (const evt of Dropper.codec().stream(reader, reader.uint32(), `${prefix}.droppers[]`, {
                limits: opts.limits?.droppers$
              })) {
                yield {
                  ...evt,
                  index: obj.droppers
                }
              }

              obj.droppers++

              break
            }
            case 4: {
              if (opts.limits?.changes != null && obj.changes === opts.limits.changes) {
                throw new MaxLengthError('Streaming decode error - repeated field "changes" had too many elements')
              }

              for (const evt of MemberChange.codec().stream(reader, reader.uint32(), `${prefix}.changes[]`, {
                limits: opts.limits?.changes$
              })) {
                yield {
                  ...evt,
                  index: obj.changes
                }
              }

              obj.changes++

              break
            }
            case 5: {
              if (opts.limits?.keys != null && obj.keys === opts.limits.keys) {
                throw new MaxLengthError('Streaming decode error - repeated field "keys" had too many elements')
              }

              for (const evt of Key.codec().stream(reader, reader.uint32(), `${prefix}.keys[]`, {
                limits: opts.limits?.keys$
              })) {
                yield {
                  ...evt,
                  index: obj.keys
                }
              }

              obj.keys++

              break
            }
            case 6: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.firstDelete`, {
                limits: opts.limits?.firstDelete
              })

              break
            }
            case 7: {
              yield {
                field: `${prefix}.createKey`,
                value: reader.string()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.conflictsForgotten`,
                value: reader.fixed64()
              }
              break
            }
            case 9: {
              yield * Since.codec().stream(reader, reader.uint32(), `${prefix}.since`, {
                limits: opts.limits?.since
              })

              break
            }
            case 10: {
              yield {
                field: `${prefix}.from`,
                value: reader.string()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.adopts`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SummaryKnowledgeOriginFieldEvent {
    field: '$.knowledge[].origin'
    value: number
    index: number
  }

  export interface SummaryKnowledgeNumberFieldEvent {
    field: '$.knowledge[].number'
    value: bigint
    index: number
  }

  export interface SummaryHolesAfterFieldEvent {
    field: '$.holes[].after'
    value: bigint
    index: number
  }

  export interface SummaryHolesLastOriginFieldEvent {
    field: '$.holes[].last.origin'
    value: number
    index: number
  }

  export interface SummaryHolesLastNumberFieldEvent {
    field: '$.holes[].last.number'
    value: bigint
    index: number
  }

  export interface SummaryDroppersTypeFieldEvent {
    field: '$.droppers[].type'
    value: string
    index: number
  }

  export interface SummaryDroppersMatrixFieldEvent {
    field: '$.droppers[].matrix'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SummaryDroppersResetFieldEvent {
    field: '$.droppers[].reset'
    value: boolean
    index: number
  }

  export interface SummaryDroppersGreatestMsFieldEvent {
    field: '$.droppers[].greatest.ms'
    value: bigint
    index: number
  }

  export interface SummaryDroppersGreatestCounterFieldEvent {
    field: '$.droppers[].greatest.counter'
    value: number
    index: number
  }

  export interface SummaryDroppersGreatestOriginFieldEvent {
    field: '$.droppers[].greatest.origin'
    value: number
    index: number
  }

  export interface SummaryDroppersGreatestNumberFieldEvent {
    field: '$.droppers[].greatest.number'
    value: bigint
    index: number
  }

  export interface SummaryDroppersContextOriginFieldEvent {
    field: '$.droppers[].context[].origin'
    value: number
    index: number
  }

  export interface SummaryDroppersContextNumberFieldEvent {
    field: '$.droppers[].context[].number'
    value: bigint
    index: number
  }

  export interface SummaryChangesSiteFieldEvent {
    field: '$.changes[].site'
    value: string
    index: number
  }

  export interface SummaryChangesByMsFieldEvent {
    field: '$.changes[].by.ms'
    value: bigint
    index: number
  }

  export interface SummaryChangesByCounterFieldEvent {
    field: '$.changes[].by.counter'
    value: number
    index: number
  }

  export interface SummaryChangesByOriginFieldEvent {
    field: '$.changes[].by.origin'
    value: number
    index: number
  }

  export interface SummaryChangesByNumberFieldEvent {
    field: '$.changes[].by.number'
    value: bigint
    index: number
  }

  export interface SummaryChangesMemberFieldEvent {
    field: '$.changes[].member'
    value: boolean
    index: number
  }

  export interface SummaryChangesHeldOriginFieldEvent {
    field: '$.changes[].held[].origin'
    value: number
    index: number
  }

  export interface SummaryChangesHeldNumberFieldEvent {
    field: '$.changes[].held[].number'
    value: bigint
    index: number
  }

  export interface SummaryChangesToldFieldEvent {
    field: '$.changes[].told[]'
    index: number
    value: string
  }

  export interface SummaryKeysKeyFieldEvent {
    field: '$.keys[].key'
    value: string
    index: number
  }

  export interface SummaryKeysIdMsFieldEvent {
    field: '$.keys[].id.ms'
    value: bigint
    index: number
  }

  export interface SummaryKeysIdCounterFieldEvent {
    field: '$.keys[].id.counter'
    value: number
    index: number
  }

  export interface SummaryKeysIdOriginFieldEvent {
    field: '$.keys[].id.origin'
    value: number
    index: number
  }

  export interface SummaryKeysIdNumberFieldEvent {
    field: '$.keys[].id.number'
    value: bigint
    index: number
  }

  export interface SummaryFirstDeleteMsFieldEvent {
    field: '$.firstDelete.ms'
    value: bigint
  }

  export interface SummaryFirstDeleteCounterFieldEvent {
    field: '$.firstDelete.counter'
    value: number
  }

  export interface SummaryFirstDeleteOriginFieldEvent {
    field: '$.firstDelete.origin'
    value: number
  }

  export interface SummaryFirstDeleteNumberFieldEvent {
    field: '$.firstDelete.number'
    value: bigint
  }

  export interface SummaryCreateKeyFieldEvent {
    field: '$.createKey'
    value: string
  }

  export interface SummaryConflictsForgottenFieldEvent {
    field: '$.conflictsForgotten'
    value: bigint
  }

  export interface SummarySinceKnowledgeOriginFieldEvent {
    field: '$.since.knowledge[].origin'
    value: number
    index: number
  }

  export interface SummarySinceKnowledgeNumberFieldEvent {
    field: '$.since.knowledge[].number'
    value: bigint
    index: number
  }

  export interface SummarySinceHolesAfterFieldEvent {
    field: '$.since.holes[].after'
    value: bigint
    index: number
  }

  export interface SummarySinceHolesLastOriginFieldEvent {
    field: '$.since.holes[].last.origin'
    value: number
    index: number
  }

  export interface SummarySinceHolesLastNumberFieldEvent {
    field: '$.since.holes[].last.number'
    value: bigint
    index: number
  }

  export interface SummaryFromFieldEvent {
    field: '$.from'
    value: string
  }

  export interface SummaryAdoptsFieldEvent {
    field: '$.adopts'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Summary>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Summary.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Summary>): Summary {
    return decodeMessage(buf, Summary.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Summary>): Generator<SummaryKnowledgeOriginFieldEvent | SummaryKnowledgeNumberFieldEvent | SummaryHolesAfterFieldEvent | SummaryHolesLastOriginFieldEvent | SummaryHolesLastNumberFieldEvent | SummaryDroppersTypeFieldEvent | SummaryDroppersMatrixFieldEvent | SummaryDroppersResetFieldEvent | SummaryDroppersGreatestMsFieldEvent | SummaryDroppersGreatestCounterFieldEvent | SummaryDroppersGreatestOriginFieldEvent | SummaryDroppersGreatestNumberFieldEvent | SummaryDroppersContextOriginFieldEvent | SummaryDroppersContextNumberFieldEvent | SummaryChangesSiteFieldEvent | SummaryChangesByMsFieldEvent | SummaryChangesByCounterFieldEvent | SummaryChangesByOriginFieldEvent | SummaryChangesByNumberFieldEvent | SummaryChangesMemberFieldEvent | SummaryChangesHeldOriginFieldEvent | SummaryChangesHeldNumberFieldEvent | SummaryChangesToldFieldEvent | SummaryKeysKeyFieldEvent | SummaryKeysIdMsFieldEvent | SummaryKeysIdCounterFieldEvent | SummaryKeysIdOriginFieldEvent | SummaryKeysIdNumberFieldEvent | SummaryFirstDeleteMsFieldEvent | SummaryFirstDeleteCounterFieldEvent | SummaryFirstDeleteOriginFieldEvent | SummaryFirstDeleteNumberFieldEvent | SummaryCreateKeyFieldEvent | SummaryConflictsForgottenFieldEvent | SummarySinceKnowledgeOriginFieldEvent | SummarySinceKnowledgeNumberFieldEvent | SummarySinceHolesAfterFieldEvent | SummarySinceHolesLastOriginFieldEvent | SummarySinceHolesLastNumberFieldEvent | SummaryFromFieldEvent | SummaryAdoptsFieldEvent> {
    return streamMessage(buf, Summary.codec(), opts)
  }
}

export interface Transfer {
  origins: Origin[]
  replicant?: Replicant
  life?: Id
  operations: Sealed[]
  summary?: Summary
  more: boolean
}

export namespace Transfer {
  let _codec: Codec<Transfer>

  export const codec = (): Codec<Transfer> => {
    if (_codec == null) {
      _codec = message<Transfer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.origins != null && obj.origins.length > 0) {
          for (const value of obj.origins) {
            w.uint32(10)
            Origin.codec().encode(value, w)
          }
        }

        if (obj.replicant != null) {
          w.uint32(18)
          Replicant.codec().encode(obj.replicant, w)
        }

        if (obj.life != null) {
          w.uint32(26)
          Id.codec().encode(obj.life, w)
        }

        if (obj.operations != null && obj.operations.length > 0) {
          for (const value of obj.operations) {
            w.uint32(34)
            Sealed.codec().encode(value, w)
          }
        }

        if (obj.summary != null) {
          w.uint32(42)
          Summary.codec().encode(obj.summary, w)
        }

        if ((obj.more != null && obj.more !== false)) {
          w.uint32(48)
          w.bool(obj.more)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origins: [],
          operations: [],
          more: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins.length === opts.limits.origins) {
                throw new MaxLengthError('Decode error - repeated field "origins" had too many elements')
              }

              obj.origins.push(Origin.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.origins$
              }))
              break
            }
            case 2: {
              obj.replicant = Replicant.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.replicant
              })
              break
            }
            case 3: {
              obj.life = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.life
              })
              break
            }
            case 4: {
              if (opts.limits?.operations != null && obj.operations.length === opts.limits.operations) {
                throw new MaxLengthError('Decode error - repeated field "operations" had too many elements')
              }

              obj.operations.push(Sealed.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.operations$
              }))
              break
            }
            case 5: {
              obj.summary = Summary.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.summary
              })
              break
            }
            case 6: {
              obj.more = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          origins: 0,
          operations: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins === opts.limits.origins) {
                throw new MaxLengthError('Streaming decode error - repeated field "origins" had too many elements')
              }

              for (const evt of Origin.codec().stream(reader, reader.uint32(), `${prefix}.origins[]`, {
                limits: opts.limits?.origins$
              })) {
                yield {
                  ...evt,
                  index: obj.origins
                }
              }

              obj.origins++

              break
            }
            case 2: {
              yield * Replicant.codec().stream(reader, reader.uint32(), `${prefix}.replicant`, {
                limits: opts.limits?.replicant
              })

              break
            }
            case 3: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.life`, {
                limits: opts.limits?.life
              })

              break
            }
            case 4: {
              if (opts.limits?.operations != null && obj.operations === opts.limits.operations) {
                throw new MaxLengthError('Streaming decode error - repeated field "operations" had too many elements')
              }

              for (const evt of Sealed.codec().stream(reader, reader.uint32(), `${prefix}.operations[]`, {
                limits: opts.limits?.operations$
              })) {
                yield {
                  ...evt,
                  index: obj.operations
                }
              }

              obj.operations++

              break
            }
            case 5: {
              yield * Summary.codec().stream(reader, reader.uint32(), `${prefix}.summary`, {
                limits: opts.limits?.summary
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.more`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TransferOriginsSiteFieldEvent {
    field: '$.origins[].site'
    value: string
    index: number
  }

  export interface TransferOriginsIncarnationFieldEvent {
    field: '$.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TransferReplicantServiceFieldEvent {
    field: '$.replicant.service'
    value: string
  }

  export interface TransferReplicantKindFieldEvent {
    field: '$.replicant.kind'
    value: string
  }

  export interface TransferReplicantNameFieldEvent {
    field: '$.replicant.name'
    value: string
  }

  export interface TransferLifeMsFieldEvent {
    field: '$.life.ms'
    value: bigint
  }

  export interface TransferLifeCounterFieldEvent {
    field: '$.life.counter'
    value: number
  }

  export interface TransferLifeOriginFieldEvent {
    field: '$.life.origin'
    value: number
  }

  export interface TransferLifeNumberFieldEvent {
    field: '$.life.number'
    value: bigint
  }

  export interface TransferOperationsOperationFieldEvent {
    field: '$.operations[].operation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TransferOperationsSignatureFieldEvent {
    field: '$.operations[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TransferSummaryKnowledgeOriginFieldEvent {
    field: '$.summary.knowledge[].origin'
    value: number
    index: number
  }

  export interface TransferSummaryKnowledgeNumberFieldEvent {
    field: '$.summary.knowledge[].number'
    value: bigint
    index: number
  }

  export interface TransferSummaryHolesAfterFieldEvent {
    field: '$.summary.holes[].after'
    value: bigint
    index: number
  }

  export interface TransferSummaryHolesLastOriginFieldEvent {
    field: '$.summary.holes[].last.origin'
    value: number
    index: number
  }

  export interface TransferSummaryHolesLastNumberFieldEvent {
    field: '$.summary.holes[].last.number'
    value: bigint
    index: number
  }

  export interface TransferSummaryDroppersTypeFieldEvent {
    field: '$.summary.droppers[].type'
    value: string
    index: number
  }

  export interface TransferSummaryDroppersMatrixFieldEvent {
    field: '$.summary.droppers[].matrix'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TransferSummaryDroppersResetFieldEvent {
    field: '$.summary.droppers[].reset'
    value: boolean
    index: number
  }

  export interface TransferSummaryDroppersGreatestMsFieldEvent {
    field: '$.summary.droppers[].greatest.ms'
    value: bigint
    index: number
  }

  export interface TransferSummaryDroppersGreatestCounterFieldEvent {
    field: '$.summary.droppers[].greatest.counter'
    value: number
    index: number
  }

  export interface TransferSummaryDroppersGreatestOriginFieldEvent {
    field: '$.summary.droppers[].greatest.origin'
    value: number
    index: number
  }

  export interface TransferSummaryDroppersGreatestNumberFieldEvent {
    field: '$.summary.droppers[].greatest.number'
    value: bigint
    index: number
  }

  export interface TransferSummaryDroppersContextOriginFieldEvent {
    field: '$.summary.droppers[].context[].origin'
    value: number
    index: number
  }

  export interface TransferSummaryDroppersContextNumberFieldEvent {
    field: '$.summary.droppers[].context[].number'
    value: bigint
    index: number
  }

  export interface TransferSummaryChangesSiteFieldEvent {
    field: '$.summary.changes[].site'
    value: string
    index: number
  }

  export interface TransferSummaryChangesByMsFieldEvent {
    field: '$.summary.changes[].by.ms'
    value: bigint
    index: number
  }

  export interface TransferSummaryChangesByCounterFieldEvent {
    field: '$.summary.changes[].by.counter'
    value: number
    index: number
  }

  export interface TransferSummaryChangesByOriginFieldEvent {
    field: '$.summary.changes[].by.origin'
    value: number
    index: number
  }

  export interface TransferSummaryChangesByNumberFieldEvent {
    field: '$.summary.changes[].by.number'
    value: bigint
    index: number
  }

  export interface TransferSummaryChangesMemberFieldEvent {
    field: '$.summary.changes[].member'
    value: boolean
    index: number
  }

  export interface TransferSummaryChangesHeldOriginFieldEvent {
    field: '$.summary.changes[].held[].origin'
    value: number
    index: number
  }

  export interface TransferSummaryChangesHeldNumberFieldEvent {
    field: '$.summary.changes[].held[].number'
    value: bigint
    index: number
  }

  export interface TransferSummaryChangesToldFieldEvent {
    field: '$.summary.changes[].told[]'
    index: number
    value: string
  }

  export interface TransferSummaryKeysKeyFieldEvent {
    field: '$.summary.keys[].key'
    value: string
    index: number
  }

  export interface TransferSummaryKeysIdMsFieldEvent {
    field: '$.summary.keys[].id.ms'
    value: bigint
    index: number
  }

  export interface TransferSummaryKeysIdCounterFieldEvent {
    field: '$.summary.keys[].id.counter'
    value: number
    index: number
  }

  export interface TransferSummaryKeysIdOriginFieldEvent {
    field: '$.summary.keys[].id.origin'
    value: number
    index: number
  }

  export interface TransferSummaryKeysIdNumberFieldEvent {
    field: '$.summary.keys[].id.number'
    value: bigint
    index: number
  }

  export interface TransferSummaryFirstDeleteMsFieldEvent {
    field: '$.summary.firstDelete.ms'
    value: bigint
  }

  export interface TransferSummaryFirstDeleteCounterFieldEvent {
    field: '$.summary.firstDelete.counter'
    value: number
  }

  export interface TransferSummaryFirstDeleteOriginFieldEvent {
    field: '$.summary.firstDelete.origin'
    value: number
  }

  export interface TransferSummaryFirstDeleteNumberFieldEvent {
    field: '$.summary.firstDelete.number'
    value: bigint
  }

  export interface TransferSummaryCreateKeyFieldEvent {
    field: '$.summary.createKey'
    value: string
  }

  export interface TransferSummaryConflictsForgottenFieldEvent {
    field: '$.summary.conflictsForgotten'
    value: bigint
  }

  export interface TransferSummarySinceKnowledgeOriginFieldEvent {
    field: '$.summary.since.knowledge[].origin'
    value: number
    index: number
  }

  export interface TransferSummarySinceKnowledgeNumberFieldEvent {
    field: '$.summary.since.knowledge[].number'
    value: bigint
    index: number
  }

  export interface TransferSummarySinceHolesAfterFieldEvent {
    field: '$.summary.since.holes[].after'
    value: bigint
    index: number
  }

  export interface TransferSummarySinceHolesLastOriginFieldEvent {
    field: '$.summary.since.holes[].last.origin'
    value: number
    index: number
  }

  export interface TransferSummarySinceHolesLastNumberFieldEvent {
    field: '$.summary.since.holes[].last.number'
    value: bigint
    index: number
  }

  export interface TransferSummaryFromFieldEvent {
    field: '$.summary.from'
    value: string
  }

  export interface TransferSummaryAdoptsFieldEvent {
    field: '$.summary.adopts'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TransferMoreFieldEvent {
    field: '$.more'
    value: boolean
  }

  export function encode (obj: Partial<Transfer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Transfer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Transfer>): Transfer {
    return decodeMessage(buf, Transfer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Transfer>): Generator<TransferOriginsSiteFieldEvent | TransferOriginsIncarnationFieldEvent | TransferReplicantServiceFieldEvent | TransferReplicantKindFieldEvent | TransferReplicantNameFieldEvent | TransferLifeMsFieldEvent | TransferLifeCounterFieldEvent | TransferLifeOriginFieldEvent | TransferLifeNumberFieldEvent | TransferOperationsOperationFieldEvent | TransferOperationsSignatureFieldEvent | TransferSummaryKnowledgeOriginFieldEvent | TransferSummaryKnowledgeNumberFieldEvent | TransferSummaryHolesAfterFieldEvent | TransferSummaryHolesLastOriginFieldEvent | TransferSummaryHolesLastNumberFieldEvent | TransferSummaryDroppersTypeFieldEvent | TransferSummaryDroppersMatrixFieldEvent | TransferSummaryDroppersResetFieldEvent | TransferSummaryDroppersGreatestMsFieldEvent | TransferSummaryDroppersGreatestCounterFieldEvent | TransferSummaryDroppersGreatestOriginFieldEvent | TransferSummaryDroppersGreatestNumberFieldEvent | TransferSummaryDroppersContextOriginFieldEvent | TransferSummaryDroppersContextNumberFieldEvent | TransferSummaryChangesSiteFieldEvent | TransferSummaryChangesByMsFieldEvent | TransferSummaryChangesByCounterFieldEvent | TransferSummaryChangesByOriginFieldEvent | TransferSummaryChangesByNumberFieldEvent | TransferSummaryChangesMemberFieldEvent | TransferSummaryChangesHeldOriginFieldEvent | TransferSummaryChangesHeldNumberFieldEvent | TransferSummaryChangesToldFieldEvent | TransferSummaryKeysKeyFieldEvent | TransferSummaryKeysIdMsFieldEvent | TransferSummaryKeysIdCounterFieldEvent | TransferSummaryKeysIdOriginFieldEvent | TransferSummaryKeysIdNumberFieldEvent | TransferSummaryFirstDeleteMsFieldEvent | TransferSummaryFirstDeleteCounterFieldEvent | TransferSummaryFirstDeleteOriginFieldEvent | TransferSummaryFirstDeleteNumberFieldEvent | TransferSummaryCreateKeyFieldEvent | TransferSummaryConflictsForgottenFieldEvent | TransferSummarySinceKnowledgeOriginFieldEvent | TransferSummarySinceKnowledgeNumberFieldEvent | TransferSummarySinceHolesAfterFieldEvent | TransferSummarySinceHolesLastOriginFieldEvent | TransferSummarySinceHolesLastNumberFieldEvent | TransferSummaryFromFieldEvent | TransferSummaryAdoptsFieldEvent | TransferMoreFieldEvent> {
    return streamMessage(buf, Transfer.codec(), opts)
  }
}

export interface Entry {
  operation?: Sealed
  acknowledgement?: Acknowledgement
  outcome?: Outcome
  removal?: Removal
  matrix?: Matrix
  transfer?: Transfer
}

export namespace Entry {
  let _codec: Codec<Entry>

  export const codec = (): Codec<Entry> => {
    if (_codec == null) {
      _codec = message<Entry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.operation != null) {
          w.uint32(10)
          Sealed.codec().encode(obj.operation, w)
        }

        if (obj.acknowledgement != null) {
          w.uint32(18)
          Acknowledgement.codec().encode(obj.acknowledgement, w)
        }

        if (obj.outcome != null) {
          w.uint32(26)
          Outcome.codec().encode(obj.outcome, w)
        }

        if (obj.removal != null) {
          w.uint32(34)
          Removal.codec().encode(obj.removal, w)
        }

        if (obj.matrix != null) {
          w.uint32(42)
          Matrix.codec().encode(obj.matrix, w)
        }

        if (obj.transfer != null) {
          w.uint32(50)
          Transfer.codec().encode(obj.transfer, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.operation = Sealed.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.operation
              })
              break
            }
            case 2: {
              obj.acknowledgement = Acknowledgement.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.acknowledgement
              })
              break
            }
            case 3: {
              obj.outcome = Outcome.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.outcome
              })
              break
            }
            case 4: {
              obj.removal = Removal.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.removal
              })
              break
            }
            case 5: {
              obj.matrix = Matrix.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.matrix
              })
              break
            }
            case 6: {
              obj.transfer = Transfer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.transfer
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Sealed.codec().stream(reader, reader.uint32(), `${prefix}.operation`, {
                limits: opts.limits?.operation
              })

              break
            }
            case 2: {
              yield * Acknowledgement.codec().stream(reader, reader.uint32(), `${prefix}.acknowledgement`, {
                limits: opts.limits?.acknowledgement
              })

              break
            }
            case 3: {
              yield * Outcome.codec().stream(reader, reader.uint32(), `${prefix}.outcome`, {
                limits: opts.limits?.outcome
              })

              break
            }
            case 4: {
              yield * Removal.codec().stream(reader, reader.uint32(), `${prefix}.removal`, {
                limits: opts.limits?.removal
              })

              break
            }
            case 5: {
              yield * Matrix.codec().stream(reader, reader.uint32(), `${prefix}.matrix`, {
                limits: opts.limits?.matrix
              })

              break
            }
            case 6: {
              yield * Transfer.codec().stream(reader, reader.uint32(), `${prefix}.transfer`, {
                limits: opts.limits?.transfer
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EntryOperationOperationFieldEvent {
    field: '$.operation.operation'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntryOperationSignatureFieldEvent {
    field: '$.operation.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntryAcknowledgementOriginsSiteFieldEvent {
    field: '$.acknowledgement.origins[].site'
    value: string
    index: number
  }

  export interface EntryAcknowledgementOriginsIncarnationFieldEvent {
    field: '$.acknowledgement.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EntryAcknowledgementReplicantServiceFieldEvent {
    field: '$.acknowledgement.replicant.service'
    value: string
  }

  export interface EntryAcknowledgementReplicantKindFieldEvent {
    field: '$.acknowledgement.replicant.kind'
    value: string
  }

  export interface EntryAcknowledgementReplicantNameFieldEvent {
    field: '$.acknowledgement.replicant.name'
    value: string
  }

  export interface EntryAcknowledgementLivesLifeMsFieldEvent {
    field: '$.acknowledgement.lives[].life.ms'
    value: bigint
    index: number
  }

  export interface EntryAcknowledgementLivesLifeCounterFieldEvent {
    field: '$.acknowledgement.lives[].life.counter'
    value: number
    index: number
  }

  export interface EntryAcknowledgementLivesLifeOriginFieldEvent {
    field: '$.acknowledgement.lives[].life.origin'
    value: number
    index: number
  }

  export interface EntryAcknowledgementLivesLifeNumberFieldEvent {
    field: '$.acknowledgement.lives[].life.number'
    value: bigint
    index: number
  }

  export interface EntryAcknowledgementLivesKnowledgeOriginFieldEvent {
    field: '$.acknowledgement.lives[].knowledge[].origin'
    value: number
    index: number
  }

  export interface EntryAcknowledgementLivesKnowledgeNumberFieldEvent {
    field: '$.acknowledgement.lives[].knowledge[].number'
    value: bigint
    index: number
  }

  export interface EntryAcknowledgementLivesHolesAfterFieldEvent {
    field: '$.acknowledgement.lives[].holes[].after'
    value: bigint
    index: number
  }

  export interface EntryAcknowledgementLivesHolesLastOriginFieldEvent {
    field: '$.acknowledgement.lives[].holes[].last.origin'
    value: number
    index: number
  }

  export interface EntryAcknowledgementLivesHolesLastNumberFieldEvent {
    field: '$.acknowledgement.lives[].holes[].last.number'
    value: bigint
    index: number
  }

  export interface EntryAcknowledgementClockMsFieldEvent {
    field: '$.acknowledgement.clockMs'
    value: bigint
  }

  export interface EntryAcknowledgementClockCounterFieldEvent {
    field: '$.acknowledgement.clockCounter'
    value: number
  }

  export interface EntryAcknowledgementShownHashFieldEvent {
    field: '$.acknowledgement.shown.hash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntryAcknowledgementShownDivergedFieldEvent {
    field: '$.acknowledgement.shown.diverged'
    value: boolean
  }

  export interface EntryAcknowledgementShownFitsFieldEvent {
    field: '$.acknowledgement.shown.fits'
    value: boolean
  }

  export interface EntryAcknowledgementCameDotOriginFieldEvent {
    field: '$.acknowledgement.came.dot.origin'
    value: number
  }

  export interface EntryAcknowledgementCameDotNumberFieldEvent {
    field: '$.acknowledgement.came.dot.number'
    value: bigint
  }

  export interface EntryAcknowledgementCameOutcomeFieldEvent {
    field: '$.acknowledgement.came.outcome'
    value: number
  }

  export interface EntryAcknowledgementCameStatusFieldEvent {
    field: '$.acknowledgement.came.status'
    value: number
  }

  export interface EntryAcknowledgementCameAtFieldEvent {
    field: '$.acknowledgement.came.at'
    value: bigint
  }

  export interface EntryAcknowledgementCameErrorFieldEvent {
    field: '$.acknowledgement.came.error'
    value: string
  }

  export interface EntryOutcomeOriginsSiteFieldEvent {
    field: '$.outcome.origins[].site'
    value: string
    index: number
  }

  export interface EntryOutcomeOriginsIncarnationFieldEvent {
    field: '$.outcome.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EntryOutcomeReplicantServiceFieldEvent {
    field: '$.outcome.replicant.service'
    value: string
  }

  export interface EntryOutcomeReplicantKindFieldEvent {
    field: '$.outcome.replicant.kind'
    value: string
  }

  export interface EntryOutcomeReplicantNameFieldEvent {
    field: '$.outcome.replicant.name'
    value: string
  }

  export interface EntryOutcomeLifeMsFieldEvent {
    field: '$.outcome.life.ms'
    value: bigint
  }

  export interface EntryOutcomeLifeCounterFieldEvent {
    field: '$.outcome.life.counter'
    value: number
  }

  export interface EntryOutcomeLifeOriginFieldEvent {
    field: '$.outcome.life.origin'
    value: number
  }

  export interface EntryOutcomeLifeNumberFieldEvent {
    field: '$.outcome.life.number'
    value: bigint
  }

  export interface EntryOutcomeDotOriginFieldEvent {
    field: '$.outcome.dot.origin'
    value: number
  }

  export interface EntryOutcomeDotNumberFieldEvent {
    field: '$.outcome.dot.number'
    value: bigint
  }

  export interface EntryOutcomeSiteFieldEvent {
    field: '$.outcome.site'
    value: string
  }

  export interface EntryOutcomeOutcomeFieldEvent {
    field: '$.outcome.outcome'
    value: number
  }

  export interface EntryOutcomeStatusFieldEvent {
    field: '$.outcome.status'
    value: number
  }

  export interface EntryOutcomeAtFieldEvent {
    field: '$.outcome.at'
    value: bigint
  }

  export interface EntryOutcomeErrorFieldEvent {
    field: '$.outcome.error'
    value: string
  }

  export interface EntryRemovalOriginsSiteFieldEvent {
    field: '$.removal.origins[].site'
    value: string
    index: number
  }

  export interface EntryRemovalOriginsIncarnationFieldEvent {
    field: '$.removal.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EntryRemovalReplicantServiceFieldEvent {
    field: '$.removal.replicant.service'
    value: string
  }

  export interface EntryRemovalReplicantKindFieldEvent {
    field: '$.removal.replicant.kind'
    value: string
  }

  export interface EntryRemovalReplicantNameFieldEvent {
    field: '$.removal.replicant.name'
    value: string
  }

  export interface EntryRemovalLifeMsFieldEvent {
    field: '$.removal.life.ms'
    value: bigint
  }

  export interface EntryRemovalLifeCounterFieldEvent {
    field: '$.removal.life.counter'
    value: number
  }

  export interface EntryRemovalLifeOriginFieldEvent {
    field: '$.removal.life.origin'
    value: number
  }

  export interface EntryRemovalLifeNumberFieldEvent {
    field: '$.removal.life.number'
    value: bigint
  }

  export interface EntryRemovalRemovalMsFieldEvent {
    field: '$.removal.removal.ms'
    value: bigint
  }

  export interface EntryRemovalRemovalCounterFieldEvent {
    field: '$.removal.removal.counter'
    value: number
  }

  export interface EntryRemovalRemovalOriginFieldEvent {
    field: '$.removal.removal.origin'
    value: number
  }

  export interface EntryRemovalRemovalNumberFieldEvent {
    field: '$.removal.removal.number'
    value: bigint
  }

  export interface EntryRemovalMemberFieldEvent {
    field: '$.removal.member'
    value: string
  }

  export interface EntryRemovalHeldOriginFieldEvent {
    field: '$.removal.held[].origin'
    value: number
    index: number
  }

  export interface EntryRemovalHeldNumberFieldEvent {
    field: '$.removal.held[].number'
    value: bigint
    index: number
  }

  export interface EntryMatrixTextFieldEvent {
    field: '$.matrix.text'
    value: string
  }

  export interface EntryTransferOriginsSiteFieldEvent {
    field: '$.transfer.origins[].site'
    value: string
    index: number
  }

  export interface EntryTransferOriginsIncarnationFieldEvent {
    field: '$.transfer.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EntryTransferReplicantServiceFieldEvent {
    field: '$.transfer.replicant.service'
    value: string
  }

  export interface EntryTransferReplicantKindFieldEvent {
    field: '$.transfer.replicant.kind'
    value: string
  }

  export interface EntryTransferReplicantNameFieldEvent {
    field: '$.transfer.replicant.name'
    value: string
  }

  export interface EntryTransferLifeMsFieldEvent {
    field: '$.transfer.life.ms'
    value: bigint
  }

  export interface EntryTransferLifeCounterFieldEvent {
    field: '$.transfer.life.counter'
    value: number
  }

  export interface EntryTransferLifeOriginFieldEvent {
    field: '$.transfer.life.origin'
    value: number
  }

  export interface EntryTransferLifeNumberFieldEvent {
    field: '$.transfer.life.number'
    value: bigint
  }

  export interface EntryTransferOperationsOperationFieldEvent {
    field: '$.transfer.operations[].operation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EntryTransferOperationsSignatureFieldEvent {
    field: '$.transfer.operations[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EntryTransferSummaryKnowledgeOriginFieldEvent {
    field: '$.transfer.summary.knowledge[].origin'
    value: number
    index: number
  }

  export interface EntryTransferSummaryKnowledgeNumberFieldEvent {
    field: '$.transfer.summary.knowledge[].number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryHolesAfterFieldEvent {
    field: '$.transfer.summary.holes[].after'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryHolesLastOriginFieldEvent {
    field: '$.transfer.summary.holes[].last.origin'
    value: number
    index: number
  }

  export interface EntryTransferSummaryHolesLastNumberFieldEvent {
    field: '$.transfer.summary.holes[].last.number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryDroppersTypeFieldEvent {
    field: '$.transfer.summary.droppers[].type'
    value: string
    index: number
  }

  export interface EntryTransferSummaryDroppersMatrixFieldEvent {
    field: '$.transfer.summary.droppers[].matrix'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EntryTransferSummaryDroppersResetFieldEvent {
    field: '$.transfer.summary.droppers[].reset'
    value: boolean
    index: number
  }

  export interface EntryTransferSummaryDroppersGreatestMsFieldEvent {
    field: '$.transfer.summary.droppers[].greatest.ms'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryDroppersGreatestCounterFieldEvent {
    field: '$.transfer.summary.droppers[].greatest.counter'
    value: number
    index: number
  }

  export interface EntryTransferSummaryDroppersGreatestOriginFieldEvent {
    field: '$.transfer.summary.droppers[].greatest.origin'
    value: number
    index: number
  }

  export interface EntryTransferSummaryDroppersGreatestNumberFieldEvent {
    field: '$.transfer.summary.droppers[].greatest.number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryDroppersContextOriginFieldEvent {
    field: '$.transfer.summary.droppers[].context[].origin'
    value: number
    index: number
  }

  export interface EntryTransferSummaryDroppersContextNumberFieldEvent {
    field: '$.transfer.summary.droppers[].context[].number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryChangesSiteFieldEvent {
    field: '$.transfer.summary.changes[].site'
    value: string
    index: number
  }

  export interface EntryTransferSummaryChangesByMsFieldEvent {
    field: '$.transfer.summary.changes[].by.ms'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryChangesByCounterFieldEvent {
    field: '$.transfer.summary.changes[].by.counter'
    value: number
    index: number
  }

  export interface EntryTransferSummaryChangesByOriginFieldEvent {
    field: '$.transfer.summary.changes[].by.origin'
    value: number
    index: number
  }

  export interface EntryTransferSummaryChangesByNumberFieldEvent {
    field: '$.transfer.summary.changes[].by.number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryChangesMemberFieldEvent {
    field: '$.transfer.summary.changes[].member'
    value: boolean
    index: number
  }

  export interface EntryTransferSummaryChangesHeldOriginFieldEvent {
    field: '$.transfer.summary.changes[].held[].origin'
    value: number
    index: number
  }

  export interface EntryTransferSummaryChangesHeldNumberFieldEvent {
    field: '$.transfer.summary.changes[].held[].number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryChangesToldFieldEvent {
    field: '$.transfer.summary.changes[].told[]'
    index: number
    value: string
  }

  export interface EntryTransferSummaryKeysKeyFieldEvent {
    field: '$.transfer.summary.keys[].key'
    value: string
    index: number
  }

  export interface EntryTransferSummaryKeysIdMsFieldEvent {
    field: '$.transfer.summary.keys[].id.ms'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryKeysIdCounterFieldEvent {
    field: '$.transfer.summary.keys[].id.counter'
    value: number
    index: number
  }

  export interface EntryTransferSummaryKeysIdOriginFieldEvent {
    field: '$.transfer.summary.keys[].id.origin'
    value: number
    index: number
  }

  export interface EntryTransferSummaryKeysIdNumberFieldEvent {
    field: '$.transfer.summary.keys[].id.number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryFirstDeleteMsFieldEvent {
    field: '$.transfer.summary.firstDelete.ms'
    value: bigint
  }

  export interface EntryTransferSummaryFirstDeleteCounterFieldEvent {
    field: '$.transfer.summary.firstDelete.counter'
    value: number
  }

  export interface EntryTransferSummaryFirstDeleteOriginFieldEvent {
    field: '$.transfer.summary.firstDelete.origin'
    value: number
  }

  export interface EntryTransferSummaryFirstDeleteNumberFieldEvent {
    field: '$.transfer.summary.firstDelete.number'
    value: bigint
  }

  export interface EntryTransferSummaryCreateKeyFieldEvent {
    field: '$.transfer.summary.createKey'
    value: string
  }

  export interface EntryTransferSummaryConflictsForgottenFieldEvent {
    field: '$.transfer.summary.conflictsForgotten'
    value: bigint
  }

  export interface EntryTransferSummarySinceKnowledgeOriginFieldEvent {
    field: '$.transfer.summary.since.knowledge[].origin'
    value: number
    index: number
  }

  export interface EntryTransferSummarySinceKnowledgeNumberFieldEvent {
    field: '$.transfer.summary.since.knowledge[].number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummarySinceHolesAfterFieldEvent {
    field: '$.transfer.summary.since.holes[].after'
    value: bigint
    index: number
  }

  export interface EntryTransferSummarySinceHolesLastOriginFieldEvent {
    field: '$.transfer.summary.since.holes[].last.origin'
    value: number
    index: number
  }

  export interface EntryTransferSummarySinceHolesLastNumberFieldEvent {
    field: '$.transfer.summary.since.holes[].last.number'
    value: bigint
    index: number
  }

  export interface EntryTransferSummaryFromFieldEvent {
    field: '$.transfer.summary.from'
    value: string
  }

  export interface EntryTransferSummaryAdoptsFieldEvent {
    field: '$.transfer.summary.adopts'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntryTransferMoreFieldEvent {
    field: '$.transfer.more'
    value: boolean
  }

  export function encode (obj: Partial<Entry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Entry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entry>): Entry {
    return decodeMessage(buf, Entry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entry>): Generator<EntryOperationOperationFieldEvent | EntryOperationSignatureFieldEvent | EntryAcknowledgementOriginsSiteFieldEvent | EntryAcknowledgementOriginsIncarnationFieldEvent | EntryAcknowledgementReplicantServiceFieldEvent | EntryAcknowledgementReplicantKindFieldEvent | EntryAcknowledgementReplicantNameFieldEvent | EntryAcknowledgementLivesLifeMsFieldEvent | EntryAcknowledgementLivesLifeCounterFieldEvent | EntryAcknowledgementLivesLifeOriginFieldEvent | EntryAcknowledgementLivesLifeNumberFieldEvent | EntryAcknowledgementLivesKnowledgeOriginFieldEvent | EntryAcknowledgementLivesKnowledgeNumberFieldEvent | EntryAcknowledgementLivesHolesAfterFieldEvent | EntryAcknowledgementLivesHolesLastOriginFieldEvent | EntryAcknowledgementLivesHolesLastNumberFieldEvent | EntryAcknowledgementClockMsFieldEvent | EntryAcknowledgementClockCounterFieldEvent | EntryAcknowledgementShownHashFieldEvent | EntryAcknowledgementShownDivergedFieldEvent | EntryAcknowledgementShownFitsFieldEvent | EntryAcknowledgementCameDotOriginFieldEvent | EntryAcknowledgementCameDotNumberFieldEvent | EntryAcknowledgementCameOutcomeFieldEvent | EntryAcknowledgementCameStatusFieldEvent | EntryAcknowledgementCameAtFieldEvent | EntryAcknowledgementCameErrorFieldEvent | EntryOutcomeOriginsSiteFieldEvent | EntryOutcomeOriginsIncarnationFieldEvent | EntryOutcomeReplicantServiceFieldEvent | EntryOutcomeReplicantKindFieldEvent | EntryOutcomeReplicantNameFieldEvent | EntryOutcomeLifeMsFieldEvent | EntryOutcomeLifeCounterFieldEvent | EntryOutcomeLifeOriginFieldEvent | EntryOutcomeLifeNumberFieldEvent | EntryOutcomeDotOriginFieldEvent | EntryOutcomeDotNumberFieldEvent | EntryOutcomeSiteFieldEvent | EntryOutcomeOutcomeFieldEvent | EntryOutcomeStatusFieldEvent | EntryOutcomeAtFieldEvent | EntryOutcomeErrorFieldEvent | EntryRemovalOriginsSiteFieldEvent | EntryRemovalOriginsIncarnationFieldEvent | EntryRemovalReplicantServiceFieldEvent | EntryRemovalReplicantKindFieldEvent | EntryRemovalReplicantNameFieldEvent | EntryRemovalLifeMsFieldEvent | EntryRemovalLifeCounterFieldEvent | EntryRemovalLifeOriginFieldEvent | EntryRemovalLifeNumberFieldEvent | EntryRemovalRemovalMsFieldEvent | EntryRemovalRemovalCounterFieldEvent | EntryRemovalRemovalOriginFieldEvent | EntryRemovalRemovalNumberFieldEvent | EntryRemovalMemberFieldEvent | EntryRemovalHeldOriginFieldEvent | EntryRemovalHeldNumberFieldEvent | EntryMatrixTextFieldEvent | EntryTransferOriginsSiteFieldEvent | EntryTransferOriginsIncarnationFieldEvent | EntryTransferReplicantServiceFieldEvent | EntryTransferReplicantKindFieldEvent | EntryTransferReplicantNameFieldEvent | EntryTransferLifeMsFieldEvent | EntryTransferLifeCounterFieldEvent | EntryTransferLifeOriginFieldEvent | EntryTransferLifeNumberFieldEvent | EntryTransferOperationsOperationFieldEvent | EntryTransferOperationsSignatureFieldEvent | EntryTransferSummaryKnowledgeOriginFieldEvent | EntryTransferSummaryKnowledgeNumberFieldEvent | EntryTransferSummaryHolesAfterFieldEvent | EntryTransferSummaryHolesLastOriginFieldEvent | EntryTransferSummaryHolesLastNumberFieldEvent | EntryTransferSummaryDroppersTypeFieldEvent | EntryTransferSummaryDroppersMatrixFieldEvent | EntryTransferSummaryDroppersResetFieldEvent | EntryTransferSummaryDroppersGreatestMsFieldEvent | EntryTransferSummaryDroppersGreatestCounterFieldEvent | EntryTransferSummaryDroppersGreatestOriginFieldEvent | EntryTransferSummaryDroppersGreatestNumberFieldEvent | EntryTransferSummaryDroppersContextOriginFieldEvent | EntryTransferSummaryDroppersContextNumberFieldEvent | EntryTransferSummaryChangesSiteFieldEvent | EntryTransferSummaryChangesByMsFieldEvent | EntryTransferSummaryChangesByCounterFieldEvent | EntryTransferSummaryChangesByOriginFieldEvent | EntryTransferSummaryChangesByNumberFieldEvent | EntryTransferSummaryChangesMemberFieldEvent | EntryTransferSummaryChangesHeldOriginFieldEvent | EntryTransferSummaryChangesHeldNumberFieldEvent | EntryTransferSummaryChangesToldFieldEvent | EntryTransferSummaryKeysKeyFieldEvent | EntryTransferSummaryKeysIdMsFieldEvent | EntryTransferSummaryKeysIdCounterFieldEvent | EntryTransferSummaryKeysIdOriginFieldEvent | EntryTransferSummaryKeysIdNumberFieldEvent | EntryTransferSummaryFirstDeleteMsFieldEvent | EntryTransferSummaryFirstDeleteCounterFieldEvent | EntryTransferSummaryFirstDeleteOriginFieldEvent | EntryTransferSummaryFirstDeleteNumberFieldEvent | EntryTransferSummaryCreateKeyFieldEvent | EntryTransferSummaryConflictsForgottenFieldEvent | EntryTransferSummarySinceKnowledgeOriginFieldEvent | EntryTransferSummarySinceKnowledgeNumberFieldEvent | EntryTransferSummarySinceHolesAfterFieldEvent | EntryTransferSummarySinceHolesLastOriginFieldEvent | EntryTransferSummarySinceHolesLastNumberFieldEvent | EntryTransferSummaryFromFieldEvent | EntryTransferSummaryAdoptsFieldEvent | EntryTransferMoreFieldEvent> {
    return streamMessage(buf, Entry.codec(), opts)
  }
}

export interface Outbox {
  incarnation: string
  first: bigint
  next: bigint
}

export namespace Outbox {
  let _codec: Codec<Outbox>

  export const codec = (): Codec<Outbox> => {
    if (_codec == null) {
      _codec = message<Outbox>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(10)
          w.string(obj.incarnation)
        }

        if ((obj.first != null && obj.first !== 0n)) {
          w.uint32(17)
          w.fixed64(obj.first)
        }

        if ((obj.next != null && obj.next !== 0n)) {
          w.uint32(25)
          w.fixed64(obj.next)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          incarnation: '',
          first: 0n,
          next: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.incarnation = reader.string()
              break
            }
            case 2: {
              obj.first = reader.fixed64()
              break
            }
            case 3: {
              obj.next = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.first`,
                value: reader.fixed64()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.next`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OutboxIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface OutboxFirstFieldEvent {
    field: '$.first'
    value: bigint
  }

  export interface OutboxNextFieldEvent {
    field: '$.next'
    value: bigint
  }

  export function encode (obj: Partial<Outbox>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Outbox.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outbox>): Outbox {
    return decodeMessage(buf, Outbox.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outbox>): Generator<OutboxIncarnationFieldEvent | OutboxFirstFieldEvent | OutboxNextFieldEvent> {
    return streamMessage(buf, Outbox.codec(), opts)
  }
}

export interface Hello {
  version: number
  site: string
  incarnation: string
  outboxes: Outbox[]
}

export namespace Hello {
  let _codec: Codec<Hello>

  export const codec = (): Codec<Hello> => {
    if (_codec == null) {
      _codec = message<Hello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(18)
          w.string(obj.site)
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(26)
          w.string(obj.incarnation)
        }

        if (obj.outboxes != null && obj.outboxes.length > 0) {
          for (const value of obj.outboxes) {
            w.uint32(34)
            Outbox.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          site: '',
          incarnation: '',
          outboxes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
              break
            }
            case 2: {
              obj.site = reader.string()
              break
            }
            case 3: {
              obj.incarnation = reader.string()
              break
            }
            case 4: {
              if (opts.limits?.outboxes != null && obj.outboxes.length === opts.limits.outboxes) {
                throw new MaxLengthError('Decode error - repeated field "outboxes" had too many elements')
              }

              obj.outboxes.push(Outbox.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.outboxes$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          outboxes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.site`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 4: {
              if (opts.limits?.outboxes != null && obj.outboxes === opts.limits.outboxes) {
                throw new MaxLengthError('Streaming decode error - repeated field "outboxes" had too many elements')
              }

              for (const evt of Outbox.codec().stream(reader, reader.uint32(), `${prefix}.outboxes[]`, {
                limits: opts.limits?.outboxes$
              })) {
                yield {
                  ...evt,
                  index: obj.outboxes
                }
              }

              obj.outboxes++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HelloVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface HelloSiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface HelloIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface HelloOutboxesIncarnationFieldEvent {
    field: '$.outboxes[].incarnation'
    value: string
    index: number
  }

  export interface HelloOutboxesFirstFieldEvent {
    field: '$.outboxes[].first'
    value: bigint
    index: number
  }

  export interface HelloOutboxesNextFieldEvent {
    field: '$.outboxes[].next'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Hello>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello {
    return decodeMessage(buf, Hello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloVersionFieldEvent | HelloSiteFieldEvent | HelloIncarnationFieldEvent | HelloOutboxesIncarnationFieldEvent | HelloOutboxesFirstFieldEvent | HelloOutboxesNextFieldEvent> {
    return streamMessage(buf, Hello.codec(), opts)
  }
}

export interface Cursor {
  incarnation: string
  upTo: bigint
}

export namespace Cursor {
  let _codec: Codec<Cursor>

  export const codec = (): Codec<Cursor> => {
    if (_codec == null) {
      _codec = message<Cursor>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(10)
          w.string(obj.incarnation)
        }

        if ((obj.upTo != null && obj.upTo !== 0n)) {
          w.uint32(17)
          w.fixed64(obj.upTo)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          incarnation: '',
          upTo: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.incarnation = reader.string()
              break
            }
            case 2: {
              obj.upTo = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.upTo`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CursorIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface CursorUpToFieldEvent {
    field: '$.upTo'
    value: bigint
  }

  export function encode (obj: Partial<Cursor>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Cursor.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cursor>): Cursor {
    return decodeMessage(buf, Cursor.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cursor>): Generator<CursorIncarnationFieldEvent | CursorUpToFieldEvent> {
    return streamMessage(buf, Cursor.codec(), opts)
  }
}

export interface Welcome {
  version: number
  site: string
  incarnation: string
  cursors: Cursor[]
}

export namespace Welcome {
  let _codec: Codec<Welcome>

  export const codec = (): Codec<Welcome> => {
    if (_codec == null) {
      _codec = message<Welcome>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(18)
          w.string(obj.site)
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(26)
          w.string(obj.incarnation)
        }

        if (obj.cursors != null && obj.cursors.length > 0) {
          for (const value of obj.cursors) {
            w.uint32(34)
            Cursor.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          site: '',
          incarnation: '',
          cursors: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
              break
            }
            case 2: {
              obj.site = reader.string()
              break
            }
            case 3: {
              obj.incarnation = reader.string()
              break
            }
            case 4: {
              if (opts.limits?.cursors != null && obj.cursors.length === opts.limits.cursors) {
                throw new MaxLengthError('Decode error - repeated field "cursors" had too many elements')
              }

              obj.cursors.push(Cursor.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.cursors$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          cursors: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.site`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 4: {
              if (opts.limits?.cursors != null && obj.cursors === opts.limits.cursors) {
                throw new MaxLengthError('Streaming decode error - repeated field "cursors" had too many elements')
              }

              for (const evt of Cursor.codec().stream(reader, reader.uint32(), `${prefix}.cursors[]`, {
                limits: opts.limits?.cursors$
              })) {
                yield {
                  ...evt,
                  index: obj.cursors
                }
              }

              obj.cursors++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WelcomeVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface WelcomeSiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface WelcomeIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface WelcomeCursorsIncarnationFieldEvent {
    field: '$.cursors[].incarnation'
    value: string
    index: number
  }

  export interface WelcomeCursorsUpToFieldEvent {
    field: '$.cursors[].upTo'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Welcome>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Welcome.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome {
    return decodeMessage(buf, Welcome.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Generator<WelcomeVersionFieldEvent | WelcomeSiteFieldEvent | WelcomeIncarnationFieldEvent | WelcomeCursorsIncarnationFieldEvent | WelcomeCursorsUpToFieldEvent> {
    return streamMessage(buf, Welcome.codec(), opts)
  }
}

export interface Entries {
  incarnation: string
  first: bigint
  entries: Uint8Array<ArrayBuffer>[]
  deflated?: Uint8Array<ArrayBuffer>
}

export namespace Entries {
  let _codec: Codec<Entries>

  export const codec = (): Codec<Entries> => {
    if (_codec == null) {
      _codec = message<Entries>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(10)
          w.string(obj.incarnation)
        }

        if ((obj.first != null && obj.first !== 0n)) {
          w.uint32(17)
          w.fixed64(obj.first)
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if (obj.deflated != null) {
          w.uint32(34)
          w.bytes(obj.deflated)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          incarnation: '',
          first: 0n,
          entries: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.incarnation = reader.string()
              break
            }
            case 2: {
              obj.first = reader.fixed64()
              break
            }
            case 3: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(reader.bytes())
              break
            }
            case 4: {
              obj.deflated = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          entries: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.first`,
                value: reader.fixed64()
              }
              break
            }
            case 3: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              yield {
                field: `${prefix}.entries[]`,
                index: obj.entries,
                value: reader.bytes()
              }

              obj.entries++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.deflated`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EntriesIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface EntriesFirstFieldEvent {
    field: '$.first'
    value: bigint
  }

  export interface EntriesEntriesFieldEvent {
    field: '$.entries[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntriesDeflatedFieldEvent {
    field: '$.deflated'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Entries>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Entries.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entries>): Entries {
    return decodeMessage(buf, Entries.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entries>): Generator<EntriesIncarnationFieldEvent | EntriesFirstFieldEvent | EntriesEntriesFieldEvent | EntriesDeflatedFieldEvent> {
    return streamMessage(buf, Entries.codec(), opts)
  }
}

export interface EntryList {
  entries: Uint8Array<ArrayBuffer>[]
}

export namespace EntryList {
  let _codec: Codec<EntryList>

  export const codec = (): Codec<EntryList> => {
    if (_codec == null) {
      _codec = message<EntryList>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          entries: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          entries: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              yield {
                field: `${prefix}.entries[]`,
                index: obj.entries,
                value: reader.bytes()
              }

              obj.entries++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EntryListEntriesFieldEvent {
    field: '$.entries[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<EntryList>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, EntryList.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntryList>): EntryList {
    return decodeMessage(buf, EntryList.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntryList>): Generator<EntryListEntriesFieldEvent> {
    return streamMessage(buf, EntryList.codec(), opts)
  }
}

export interface Received {
  incarnation: string
  upTo: bigint
}

export namespace Received {
  let _codec: Codec<Received>

  export const codec = (): Codec<Received> => {
    if (_codec == null) {
      _codec = message<Received>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(10)
          w.string(obj.incarnation)
        }

        if ((obj.upTo != null && obj.upTo !== 0n)) {
          w.uint32(17)
          w.fixed64(obj.upTo)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          incarnation: '',
          upTo: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.incarnation = reader.string()
              break
            }
            case 2: {
              obj.upTo = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.upTo`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReceivedIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface ReceivedUpToFieldEvent {
    field: '$.upTo'
    value: bigint
  }

  export function encode (obj: Partial<Received>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Received.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Received>): Received {
    return decodeMessage(buf, Received.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Received>): Generator<ReceivedIncarnationFieldEvent | ReceivedUpToFieldEvent> {
    return streamMessage(buf, Received.codec(), opts)
  }
}

export interface Want {
  origins: Origin[]
  replicant?: Replicant
  lives: LifeKnowledge[]
}

export namespace Want {
  let _codec: Codec<Want>

  export const codec = (): Codec<Want> => {
    if (_codec == null) {
      _codec = message<Want>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.origins != null && obj.origins.length > 0) {
          for (const value of obj.origins) {
            w.uint32(10)
            Origin.codec().encode(value, w)
          }
        }

        if (obj.replicant != null) {
          w.uint32(18)
          Replicant.codec().encode(obj.replicant, w)
        }

        if (obj.lives != null && obj.lives.length > 0) {
          for (const value of obj.lives) {
            w.uint32(26)
            LifeKnowledge.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origins: [],
          lives: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins.length === opts.limits.origins) {
                throw new MaxLengthError('Decode error - repeated field "origins" had too many elements')
              }

              obj.origins.push(Origin.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.origins$
              }))
              break
            }
            case 2: {
              obj.replicant = Replicant.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.replicant
              })
              break
            }
            case 3: {
              if (opts.limits?.lives != null && obj.lives.length === opts.limits.lives) {
                throw new MaxLengthError('Decode error - repeated field "lives" had too many elements')
              }

              obj.lives.push(LifeKnowledge.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lives$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          origins: 0,
          lives: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins === opts.limits.origins) {
                throw new MaxLengthError('Streaming decode error - repeated field "origins" had too many elements')
              }

              for (const evt of Origin.codec().stream(reader, reader.uint32(), `${prefix}.origins[]`, {
                limits: opts.limits?.origins$
              })) {
                yield {
                  ...evt,
                  index: obj.origins
                }
              }

              obj.origins++

              break
            }
            case 2: {
              yield * Replicant.codec().stream(reader, reader.uint32(), `${prefix}.replicant`, {
                limits: opts.limits?.replicant
              })

              break
            }
            case 3: {
              if (opts.limits?.lives != null && obj.lives === opts.limits.lives) {
                throw new MaxLengthError('Streaming decode error - repeated field "lives" had too many elements')
              }

              for (const evt of LifeKnowledge.codec().stream(reader, reader.uint32(), `${prefix}.lives[]`, {
                limits: opts.limits?.lives$
              })) {
                yield {
                  ...evt,
                  index: obj.lives
                }
              }

              obj.lives++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WantOriginsSiteFieldEvent {
    field: '$.origins[].site'
    value: string
    index: number
  }

  export interface WantOriginsIncarnationFieldEvent {
    field: '$.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WantReplicantServiceFieldEvent {
    field: '$.replicant.service'
    value: string
  }

  export interface WantReplicantKindFieldEvent {
    field: '$.replicant.kind'
    value: string
  }

  export interface WantReplicantNameFieldEvent {
    field: '$.replicant.name'
    value: string
  }

  export interface WantLivesLifeMsFieldEvent {
    field: '$.lives[].life.ms'
    value: bigint
    index: number
  }

  export interface WantLivesLifeCounterFieldEvent {
    field: '$.lives[].life.counter'
    value: number
    index: number
  }

  export interface WantLivesLifeOriginFieldEvent {
    field: '$.lives[].life.origin'
    value: number
    index: number
  }

  export interface WantLivesLifeNumberFieldEvent {
    field: '$.lives[].life.number'
    value: bigint
    index: number
  }

  export interface WantLivesKnowledgeOriginFieldEvent {
    field: '$.lives[].knowledge[].origin'
    value: number
    index: number
  }

  export interface WantLivesKnowledgeNumberFieldEvent {
    field: '$.lives[].knowledge[].number'
    value: bigint
    index: number
  }

  export interface WantLivesHolesAfterFieldEvent {
    field: '$.lives[].holes[].after'
    value: bigint
    index: number
  }

  export interface WantLivesHolesLastOriginFieldEvent {
    field: '$.lives[].holes[].last.origin'
    value: number
    index: number
  }

  export interface WantLivesHolesLastNumberFieldEvent {
    field: '$.lives[].holes[].last.number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Want>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Want.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Want>): Want {
    return decodeMessage(buf, Want.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Want>): Generator<WantOriginsSiteFieldEvent | WantOriginsIncarnationFieldEvent | WantReplicantServiceFieldEvent | WantReplicantKindFieldEvent | WantReplicantNameFieldEvent | WantLivesLifeMsFieldEvent | WantLivesLifeCounterFieldEvent | WantLivesLifeOriginFieldEvent | WantLivesLifeNumberFieldEvent | WantLivesKnowledgeOriginFieldEvent | WantLivesKnowledgeNumberFieldEvent | WantLivesHolesAfterFieldEvent | WantLivesHolesLastOriginFieldEvent | WantLivesHolesLastNumberFieldEvent> {
    return streamMessage(buf, Want.codec(), opts)
  }
}

export interface Digest {
  count: bigint
  sum: Uint8Array<ArrayBuffer>
}

export namespace Digest {
  let _codec: Codec<Digest>

  export const codec = (): Codec<Digest> => {
    if (_codec == null) {
      _codec = message<Digest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.count != null && obj.count !== 0n)) {
          w.uint32(9)
          w.fixed64(obj.count)
        }

        if ((obj.sum != null && obj.sum.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sum)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          count: 0n,
          sum: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.count = reader.fixed64()
              break
            }
            case 2: {
              obj.sum = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.count`,
                value: reader.fixed64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sum`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DigestCountFieldEvent {
    field: '$.count'
    value: bigint
  }

  export interface DigestSumFieldEvent {
    field: '$.sum'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Digest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Digest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Digest>): Digest {
    return decodeMessage(buf, Digest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Digest>): Generator<DigestCountFieldEvent | DigestSumFieldEvent> {
    return streamMessage(buf, Digest.codec(), opts)
  }
}

export interface Audit {
  seed: number
  from: number
  count: number
}

export namespace Audit {
  let _codec: Codec<Audit>

  export const codec = (): Codec<Audit> => {
    if (_codec == null) {
      _codec = message<Audit>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.seed != null && obj.seed !== 0)) {
          w.uint32(8)
          w.uint32(obj.seed)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(16)
          w.uint32(obj.from)
        }

        if ((obj.count != null && obj.count !== 0)) {
          w.uint32(24)
          w.uint32(obj.count)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          seed: 0,
          from: 0,
          count: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.seed = reader.uint32()
              break
            }
            case 2: {
              obj.from = reader.uint32()
              break
            }
            case 3: {
              obj.count = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.seed`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.count`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AuditSeedFieldEvent {
    field: '$.seed'
    value: number
  }

  export interface AuditFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface AuditCountFieldEvent {
    field: '$.count'
    value: number
  }

  export function encode (obj: Partial<Audit>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Audit.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Audit>): Audit {
    return decodeMessage(buf, Audit.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Audit>): Generator<AuditSeedFieldEvent | AuditFromFieldEvent | AuditCountFieldEvent> {
    return streamMessage(buf, Audit.codec(), opts)
  }
}

export interface Symbols {
  from: number
  symbols: Uint8Array<ArrayBuffer>
}

export namespace Symbols {
  let _codec: Codec<Symbols>

  export const codec = (): Codec<Symbols> => {
    if (_codec == null) {
      _codec = message<Symbols>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(8)
          w.uint32(obj.from)
        }

        if ((obj.symbols != null && obj.symbols.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.symbols)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          from: 0,
          symbols: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = reader.uint32()
              break
            }
            case 2: {
              obj.symbols = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.symbols`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SymbolsFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface SymbolsSymbolsFieldEvent {
    field: '$.symbols'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Symbols>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Symbols.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Symbols>): Symbols {
    return decodeMessage(buf, Symbols.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Symbols>): Generator<SymbolsFromFieldEvent | SymbolsSymbolsFieldEvent> {
    return streamMessage(buf, Symbols.codec(), opts)
  }
}

export interface Lack {
  names: Uint8Array<ArrayBuffer>[]
}

export namespace Lack {
  let _codec: Codec<Lack>

  export const codec = (): Codec<Lack> => {
    if (_codec == null) {
      _codec = message<Lack>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.names != null && obj.names.length > 0) {
          for (const value of obj.names) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          names: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.names != null && obj.names.length === opts.limits.names) {
                throw new MaxLengthError('Decode error - repeated field "names" had too many elements')
              }

              obj.names.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          names: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.names != null && obj.names === opts.limits.names) {
                throw new MaxLengthError('Streaming decode error - repeated field "names" had too many elements')
              }

              yield {
                field: `${prefix}.names[]`,
                index: obj.names,
                value: reader.bytes()
              }

              obj.names++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LackNamesFieldEvent {
    field: '$.names[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Lack>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Lack.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lack>): Lack {
    return decodeMessage(buf, Lack.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lack>): Generator<LackNamesFieldEvent> {
    return streamMessage(buf, Lack.codec(), opts)
  }
}

export interface Names {
  all?: Uint8Array<ArrayBuffer>
  added: number[]
}

export namespace Names {
  let _codec: Codec<Names>

  export const codec = (): Codec<Names> => {
    if (_codec == null) {
      _codec = message<Names>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.all != null) {
          w.uint32(10)
          w.bytes(obj.all)
        }

        if (obj.added != null && obj.added.length > 0) {
          for (const value of obj.added) {
            w.uint32(16)
            w.uint32(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          added: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.all = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.added != null && obj.added.length === opts.limits.added) {
                throw new MaxLengthError('Decode error - repeated field "added" had too many elements')
              }

              obj.added.push(reader.uint32())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          added: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.all`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.added != null && obj.added === opts.limits.added) {
                throw new MaxLengthError('Streaming decode error - repeated field "added" had too many elements')
              }

              yield {
                field: `${prefix}.added[]`,
                index: obj.added,
                value: reader.uint32()
              }

              obj.added++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface NamesAllFieldEvent {
    field: '$.all'
    value: Uint8Array<ArrayBuffer>
  }

  export interface NamesAddedFieldEvent {
    field: '$.added[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Names>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Names.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Names>): Names {
    return decodeMessage(buf, Names.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Names>): Generator<NamesAllFieldEvent | NamesAddedFieldEvent> {
    return streamMessage(buf, Names.codec(), opts)
  }
}

export interface Goodbye {
  reason: number
}

export namespace Goodbye {
  let _codec: Codec<Goodbye>

  export const codec = (): Codec<Goodbye> => {
    if (_codec == null) {
      _codec = message<Goodbye>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.reason != null && obj.reason !== 0)) {
          w.uint32(8)
          w.uint32(obj.reason)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reason: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.reason = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.reason`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface GoodbyeReasonFieldEvent {
    field: '$.reason'
    value: number
  }

  export function encode (obj: Partial<Goodbye>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Goodbye.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Goodbye>): Goodbye {
    return decodeMessage(buf, Goodbye.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Goodbye>): Generator<GoodbyeReasonFieldEvent> {
    return streamMessage(buf, Goodbye.codec(), opts)
  }
}

export interface Message {
  hello?: Hello
  welcome?: Welcome
  entries?: Entries
  received?: Received
  want?: Want
  digest?: Digest
  audit?: Audit
  symbols?: Symbols
  goodbye?: Goodbye
  lack?: Lack
  names?: Names
}

export namespace Message {
  let _codec: Codec<Message>

  export const codec = (): Codec<Message> => {
    if (_codec == null) {
      _codec = message<Message>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.hello != null) {
          w.uint32(10)
          Hello.codec().encode(obj.hello, w)
        }

        if (obj.welcome != null) {
          w.uint32(18)
          Welcome.codec().encode(obj.welcome, w)
        }

        if (obj.entries != null) {
          w.uint32(26)
          Entries.codec().encode(obj.entries, w)
        }

        if (obj.received != null) {
          w.uint32(34)
          Received.codec().encode(obj.received, w)
        }

        if (obj.want != null) {
          w.uint32(42)
          Want.codec().encode(obj.want, w)
        }

        if (obj.digest != null) {
          w.uint32(50)
          Digest.codec().encode(obj.digest, w)
        }

        if (obj.audit != null) {
          w.uint32(58)
          Audit.codec().encode(obj.audit, w)
        }

        if (obj.symbols != null) {
          w.uint32(66)
          Symbols.codec().encode(obj.symbols, w)
        }

        if (obj.goodbye != null) {
          w.uint32(74)
          Goodbye.codec().encode(obj.goodbye, w)
        }

        if (obj.lack != null) {
          w.uint32(82)
          Lack.codec().encode(obj.lack, w)
        }

        if (obj.names != null) {
          w.uint32(90)
          Names.codec().encode(obj.names, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.hello = Hello.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hello
              })
              break
            }
            case 2: {
              obj.welcome = Welcome.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.welcome
              })
              break
            }
            case 3: {
              obj.entries = Entries.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries
              })
              break
            }
            case 4: {
              obj.received = Received.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.received
              })
              break
            }
            case 5: {
              obj.want = Want.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.want
              })
              break
            }
            case 6: {
              obj.digest = Digest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.digest
              })
              break
            }
            case 7: {
              obj.audit = Audit.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.audit
              })
              break
            }
            case 8: {
              obj.symbols = Symbols.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.symbols
              })
              break
            }
            case 9: {
              obj.goodbye = Goodbye.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.goodbye
              })
              break
            }
            case 10: {
              obj.lack = Lack.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lack
              })
              break
            }
            case 11: {
              obj.names = Names.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.names
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Hello.codec().stream(reader, reader.uint32(), `${prefix}.hello`, {
                limits: opts.limits?.hello
              })

              break
            }
            case 2: {
              yield * Welcome.codec().stream(reader, reader.uint32(), `${prefix}.welcome`, {
                limits: opts.limits?.welcome
              })

              break
            }
            case 3: {
              yield * Entries.codec().stream(reader, reader.uint32(), `${prefix}.entries`, {
                limits: opts.limits?.entries
              })

              break
            }
            case 4: {
              yield * Received.codec().stream(reader, reader.uint32(), `${prefix}.received`, {
                limits: opts.limits?.received
              })

              break
            }
            case 5: {
              yield * Want.codec().stream(reader, reader.uint32(), `${prefix}.want`, {
                limits: opts.limits?.want
              })

              break
            }
            case 6: {
              yield * Digest.codec().stream(reader, reader.uint32(), `${prefix}.digest`, {
                limits: opts.limits?.digest
              })

              break
            }
            case 7: {
              yield * Audit.codec().stream(reader, reader.uint32(), `${prefix}.audit`, {
                limits: opts.limits?.audit
              })

              break
            }
            case 8: {
              yield * Symbols.codec().stream(reader, reader.uint32(), `${prefix}.symbols`, {
                limits: opts.limits?.symbols
              })

              break
            }
            case 9: {
              yield * Goodbye.codec().stream(reader, reader.uint32(), `${prefix}.goodbye`, {
                limits: opts.limits?.goodbye
              })

              break
            }
            case 10: {
              yield * Lack.codec().stream(reader, reader.uint32(), `${prefix}.lack`, {
                limits: opts.limits?.lack
              })

              break
            }
            case 11: {
              yield * Names.codec().stream(reader, reader.uint32(), `${prefix}.names`, {
                limits: opts.limits?.names
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface MessageHelloVersionFieldEvent {
    field: '$.hello.version'
    value: number
  }

  export interface MessageHelloSiteFieldEvent {
    field: '$.hello.site'
    value: string
  }

  export interface MessageHelloIncarnationFieldEvent {
    field: '$.hello.incarnation'
    value: string
  }

  export interface MessageHelloOutboxesIncarnationFieldEvent {
    field: '$.hello.outboxes[].incarnation'
    value: string
    index: number
  }

  export interface MessageHelloOutboxesFirstFieldEvent {
    field: '$.hello.outboxes[].first'
    value: bigint
    index: number
  }

  export interface MessageHelloOutboxesNextFieldEvent {
    field: '$.hello.outboxes[].next'
    value: bigint
    index: number
  }

  export interface MessageWelcomeVersionFieldEvent {
    field: '$.welcome.version'
    value: number
  }

  export interface MessageWelcomeSiteFieldEvent {
    field: '$.welcome.site'
    value: string
  }

  export interface MessageWelcomeIncarnationFieldEvent {
    field: '$.welcome.incarnation'
    value: string
  }

  export interface MessageWelcomeCursorsIncarnationFieldEvent {
    field: '$.welcome.cursors[].incarnation'
    value: string
    index: number
  }

  export interface MessageWelcomeCursorsUpToFieldEvent {
    field: '$.welcome.cursors[].upTo'
    value: bigint
    index: number
  }

  export interface MessageEntriesIncarnationFieldEvent {
    field: '$.entries.incarnation'
    value: string
  }

  export interface MessageEntriesFirstFieldEvent {
    field: '$.entries.first'
    value: bigint
  }

  export interface MessageEntriesEntriesFieldEvent {
    field: '$.entries.entries[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface MessageEntriesDeflatedFieldEvent {
    field: '$.entries.deflated'
    value: Uint8Array<ArrayBuffer>
  }

  export interface MessageReceivedIncarnationFieldEvent {
    field: '$.received.incarnation'
    value: string
  }

  export interface MessageReceivedUpToFieldEvent {
    field: '$.received.upTo'
    value: bigint
  }

  export interface MessageWantOriginsSiteFieldEvent {
    field: '$.want.origins[].site'
    value: string
    index: number
  }

  export interface MessageWantOriginsIncarnationFieldEvent {
    field: '$.want.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface MessageWantReplicantServiceFieldEvent {
    field: '$.want.replicant.service'
    value: string
  }

  export interface MessageWantReplicantKindFieldEvent {
    field: '$.want.replicant.kind'
    value: string
  }

  export interface MessageWantReplicantNameFieldEvent {
    field: '$.want.replicant.name'
    value: string
  }

  export interface MessageWantLivesLifeMsFieldEvent {
    field: '$.want.lives[].life.ms'
    value: bigint
    index: number
  }

  export interface MessageWantLivesLifeCounterFieldEvent {
    field: '$.want.lives[].life.counter'
    value: number
    index: number
  }

  export interface MessageWantLivesLifeOriginFieldEvent {
    field: '$.want.lives[].life.origin'
    value: number
    index: number
  }

  export interface MessageWantLivesLifeNumberFieldEvent {
    field: '$.want.lives[].life.number'
    value: bigint
    index: number
  }

  export interface MessageWantLivesKnowledgeOriginFieldEvent {
    field: '$.want.lives[].knowledge[].origin'
    value: number
    index: number
  }

  export interface MessageWantLivesKnowledgeNumberFieldEvent {
    field: '$.want.lives[].knowledge[].number'
    value: bigint
    index: number
  }

  export interface MessageWantLivesHolesAfterFieldEvent {
    field: '$.want.lives[].holes[].after'
    value: bigint
    index: number
  }

  export interface MessageWantLivesHolesLastOriginFieldEvent {
    field: '$.want.lives[].holes[].last.origin'
    value: number
    index: number
  }

  export interface MessageWantLivesHolesLastNumberFieldEvent {
    field: '$.want.lives[].holes[].last.number'
    value: bigint
    index: number
  }

  export interface MessageDigestCountFieldEvent {
    field: '$.digest.count'
    value: bigint
  }

  export interface MessageDigestSumFieldEvent {
    field: '$.digest.sum'
    value: Uint8Array<ArrayBuffer>
  }

  export interface MessageAuditSeedFieldEvent {
    field: '$.audit.seed'
    value: number
  }

  export interface MessageAuditFromFieldEvent {
    field: '$.audit.from'
    value: number
  }

  export interface MessageAuditCountFieldEvent {
    field: '$.audit.count'
    value: number
  }

  export interface MessageSymbolsFromFieldEvent {
    field: '$.symbols.from'
    value: number
  }

  export interface MessageSymbolsSymbolsFieldEvent {
    field: '$.symbols.symbols'
    value: Uint8Array<ArrayBuffer>
  }

  export interface MessageGoodbyeReasonFieldEvent {
    field: '$.goodbye.reason'
    value: number
  }

  export interface MessageLackNamesFieldEvent {
    field: '$.lack.names[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface MessageNamesAllFieldEvent {
    field: '$.names.all'
    value: Uint8Array<ArrayBuffer>
  }

  export interface MessageNamesAddedFieldEvent {
    field: '$.names.added[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Message>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Message.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Message {
    return decodeMessage(buf, Message.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Generator<MessageHelloVersionFieldEvent | MessageHelloSiteFieldEvent | MessageHelloIncarnationFieldEvent | MessageHelloOutboxesIncarnationFieldEvent | MessageHelloOutboxesFirstFieldEvent | MessageHelloOutboxesNextFieldEvent | MessageWelcomeVersionFieldEvent | MessageWelcomeSiteFieldEvent | MessageWelcomeIncarnationFieldEvent | MessageWelcomeCursorsIncarnationFieldEvent | MessageWelcomeCursorsUpToFieldEvent | MessageEntriesIncarnationFieldEvent | MessageEntriesFirstFieldEvent | MessageEntriesEntriesFieldEvent | MessageEntriesDeflatedFieldEvent | MessageReceivedIncarnationFieldEvent | MessageReceivedUpToFieldEvent | MessageWantOriginsSiteFieldEvent | MessageWantOriginsIncarnationFieldEvent | MessageWantReplicantServiceFieldEvent | MessageWantReplicantKindFieldEvent | MessageWantReplicantNameFieldEvent | MessageWantLivesLifeMsFieldEvent | MessageWantLivesLifeCounterFieldEvent | MessageWantLivesLifeOriginFieldEvent | MessageWantLivesLifeNumberFieldEvent | MessageWantLivesKnowledgeOriginFieldEvent | MessageWantLivesKnowledgeNumberFieldEvent | MessageWantLivesHolesAfterFieldEvent | MessageWantLivesHolesLastOriginFieldEvent | MessageWantLivesHolesLastNumberFieldEvent | MessageDigestCountFieldEvent | MessageDigestSumFieldEvent | MessageAuditSeedFieldEvent | MessageAuditFromFieldEvent | MessageAuditCountFieldEvent | MessageSymbolsFromFieldEvent | MessageSymbolsSymbolsFieldEvent | MessageGoodbyeReasonFieldEvent | MessageLackNamesFieldEvent | MessageNamesAllFieldEvent | MessageNamesAddedFieldEvent> {
    return streamMessage(buf, Message.codec(), opts)
  }
}
