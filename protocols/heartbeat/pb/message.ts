import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface ServiceEntry {
  name: string
  application: string
  definition: string
}

export namespace ServiceEntry {
  let _codec: Codec<ServiceEntry>

  export const codec = (): Codec<ServiceEntry> => {
    if (_codec == null) {
      _codec = message<ServiceEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if ((obj.application != null && obj.application !== '')) {
          w.uint32(18)
          w.string(obj.application)
        }

        if ((obj.definition != null && obj.definition !== '')) {
          w.uint32(26)
          w.string(obj.definition)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          application: '',
          definition: ''
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
              obj.application = reader.string()
              break
            }
            case 3: {
              obj.definition = reader.string()
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
                field: `${prefix}.application`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.definition`,
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

  export interface ServiceEntryNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface ServiceEntryApplicationFieldEvent {
    field: '$.application'
    value: string
  }

  export interface ServiceEntryDefinitionFieldEvent {
    field: '$.definition'
    value: string
  }

  export function encode (obj: Partial<ServiceEntry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ServiceEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ServiceEntry>): ServiceEntry {
    return decodeMessage(buf, ServiceEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ServiceEntry>): Generator<ServiceEntryNameFieldEvent | ServiceEntryApplicationFieldEvent | ServiceEntryDefinitionFieldEvent> {
    return streamMessage(buf, ServiceEntry.codec(), opts)
  }
}

export interface LabelEntry {
  key: string
  value: string
}

export namespace LabelEntry {
  let _codec: Codec<LabelEntry>

  export const codec = (): Codec<LabelEntry> => {
    if (_codec == null) {
      _codec = message<LabelEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.key != null && obj.key !== '')) {
          w.uint32(10)
          w.string(obj.key)
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
          key: '',
          value: ''
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
                field: `${prefix}.key`,
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

  export interface LabelEntryKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface LabelEntryValueFieldEvent {
    field: '$.value'
    value: string
  }

  export function encode (obj: Partial<LabelEntry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, LabelEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LabelEntry>): LabelEntry {
    return decodeMessage(buf, LabelEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LabelEntry>): Generator<LabelEntryKeyFieldEvent | LabelEntryValueFieldEvent> {
    return streamMessage(buf, LabelEntry.codec(), opts)
  }
}

export interface SiteRecord {
  mesh: string
  site: string
  publicKey: Uint8Array<ArrayBuffer>
  addresses: Uint8Array<ArrayBuffer>[]
  services: ServiceEntry[]
  labels: LabelEntry[]
  version: string
  incarnation: string
  number: bigint
}

export namespace SiteRecord {
  let _codec: Codec<SiteRecord>

  export const codec = (): Codec<SiteRecord> => {
    if (_codec == null) {
      _codec = message<SiteRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.mesh != null && obj.mesh !== '')) {
          w.uint32(10)
          w.string(obj.mesh)
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(18)
          w.string(obj.site)
        }

        if ((obj.publicKey != null && obj.publicKey.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.publicKey)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(34)
            w.bytes(value)
          }
        }

        if (obj.services != null && obj.services.length > 0) {
          for (const value of obj.services) {
            w.uint32(42)
            ServiceEntry.codec().encode(value, w)
          }
        }

        if (obj.labels != null && obj.labels.length > 0) {
          for (const value of obj.labels) {
            w.uint32(50)
            LabelEntry.codec().encode(value, w)
          }
        }

        if ((obj.version != null && obj.version !== '')) {
          w.uint32(58)
          w.string(obj.version)
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(66)
          w.string(obj.incarnation)
        }

        if ((obj.number != null && obj.number !== 0n)) {
          w.uint32(73)
          w.fixed64(obj.number)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          mesh: '',
          site: '',
          publicKey: uint8ArrayAlloc(0),
          addresses: [],
          services: [],
          labels: [],
          version: '',
          incarnation: '',
          number: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.mesh = reader.string()
              break
            }
            case 2: {
              obj.site = reader.string()
              break
            }
            case 3: {
              obj.publicKey = reader.bytes()
              break
            }
            case 4: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.bytes())
              break
            }
            case 5: {
              if (opts.limits?.services != null && obj.services.length === opts.limits.services) {
                throw new MaxLengthError('Decode error - repeated field "services" had too many elements')
              }

              obj.services.push(ServiceEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.services$
              }))
              break
            }
            case 6: {
              if (opts.limits?.labels != null && obj.labels.length === opts.limits.labels) {
                throw new MaxLengthError('Decode error - repeated field "labels" had too many elements')
              }

              obj.labels.push(LabelEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.labels$
              }))
              break
            }
            case 7: {
              obj.version = reader.string()
              break
            }
            case 8: {
              obj.incarnation = reader.string()
              break
            }
            case 9: {
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
        const obj = {
          addresses: 0,
          services: 0,
          labels: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.mesh`,
                value: reader.string()
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
                field: `${prefix}.publicKey`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              yield {
                field: `${prefix}.addresses[]`,
                index: obj.addresses,
                value: reader.bytes()
              }

              obj.addresses++

              break
            }
            case 5: {
              if (opts.limits?.services != null && obj.services === opts.limits.services) {
                throw new MaxLengthError('Streaming decode error - repeated field "services" had too many elements')
              }

              for (const evt of ServiceEntry.codec().stream(reader, reader.uint32(), `${prefix}.services[]`, {
                limits: opts.limits?.services$
              })) {
                yield {
                  ...evt,
                  index: obj.services
                }
              }

              obj.services++

              break
            }
            case 6: {
              if (opts.limits?.labels != null && obj.labels === opts.limits.labels) {
                throw new MaxLengthError('Streaming decode error - repeated field "labels" had too many elements')
              }

              for (const evt of LabelEntry.codec().stream(reader, reader.uint32(), `${prefix}.labels[]`, {
                limits: opts.limits?.labels$
              })) {
                yield {
                  ...evt,
                  index: obj.labels
                }
              }

              obj.labels++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.version`,
                value: reader.string()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.string()
              }
              break
            }
            case 9: {
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

  export interface SiteRecordMeshFieldEvent {
    field: '$.mesh'
    value: string
  }

  export interface SiteRecordSiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface SiteRecordPublicKeyFieldEvent {
    field: '$.publicKey'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SiteRecordAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface SiteRecordServicesNameFieldEvent {
    field: '$.services[].name'
    value: string
    index: number
  }

  export interface SiteRecordServicesApplicationFieldEvent {
    field: '$.services[].application'
    value: string
    index: number
  }

  export interface SiteRecordServicesDefinitionFieldEvent {
    field: '$.services[].definition'
    value: string
    index: number
  }

  export interface SiteRecordLabelsKeyFieldEvent {
    field: '$.labels[].key'
    value: string
    index: number
  }

  export interface SiteRecordLabelsValueFieldEvent {
    field: '$.labels[].value'
    value: string
    index: number
  }

  export interface SiteRecordVersionFieldEvent {
    field: '$.version'
    value: string
  }

  export interface SiteRecordIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface SiteRecordNumberFieldEvent {
    field: '$.number'
    value: bigint
  }

  export function encode (obj: Partial<SiteRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SiteRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SiteRecord>): SiteRecord {
    return decodeMessage(buf, SiteRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SiteRecord>): Generator<SiteRecordMeshFieldEvent | SiteRecordSiteFieldEvent | SiteRecordPublicKeyFieldEvent | SiteRecordAddressesFieldEvent | SiteRecordServicesNameFieldEvent | SiteRecordServicesApplicationFieldEvent | SiteRecordServicesDefinitionFieldEvent | SiteRecordLabelsKeyFieldEvent | SiteRecordLabelsValueFieldEvent | SiteRecordVersionFieldEvent | SiteRecordIncarnationFieldEvent | SiteRecordNumberFieldEvent> {
    return streamMessage(buf, SiteRecord.codec(), opts)
  }
}

export interface SignedSiteRecord {
  record: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
}

export namespace SignedSiteRecord {
  let _codec: Codec<SignedSiteRecord>

  export const codec = (): Codec<SignedSiteRecord> => {
    if (_codec == null) {
      _codec = message<SignedSiteRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.record)
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
          record: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.record = reader.bytes()
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
                field: `${prefix}.record`,
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

  export interface SignedSiteRecordRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedSiteRecordSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SignedSiteRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SignedSiteRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedSiteRecord>): SignedSiteRecord {
    return decodeMessage(buf, SignedSiteRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedSiteRecord>): Generator<SignedSiteRecordRecordFieldEvent | SignedSiteRecordSignatureFieldEvent> {
    return streamMessage(buf, SignedSiteRecord.codec(), opts)
  }
}

export interface RttEntry {
  site: string
  micros: number
}

export namespace RttEntry {
  let _codec: Codec<RttEntry>

  export const codec = (): Codec<RttEntry> => {
    if (_codec == null) {
      _codec = message<RttEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(10)
          w.string(obj.site)
        }

        if ((obj.micros != null && obj.micros !== 0)) {
          w.uint32(16)
          w.uint32(obj.micros)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          site: '',
          micros: 0
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
              obj.micros = reader.uint32()
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
                field: `${prefix}.micros`,
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

  export interface RttEntrySiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface RttEntryMicrosFieldEvent {
    field: '$.micros'
    value: number
  }

  export function encode (obj: Partial<RttEntry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RttEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RttEntry>): RttEntry {
    return decodeMessage(buf, RttEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RttEntry>): Generator<RttEntrySiteFieldEvent | RttEntryMicrosFieldEvent> {
    return streamMessage(buf, RttEntry.codec(), opts)
  }
}

export interface Beat {
  incarnation: string
  number: bigint
  recordNumber: bigint
  sentAt: bigint
  intervalMs: number
  rtts: RttEntry[]
  cannotDial: string[]
  loadPercent: number
  leaves: boolean
}

export namespace Beat {
  let _codec: Codec<Beat>

  export const codec = (): Codec<Beat> => {
    if (_codec == null) {
      _codec = message<Beat>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.incarnation != null && obj.incarnation !== '')) {
          w.uint32(10)
          w.string(obj.incarnation)
        }

        if ((obj.number != null && obj.number !== 0n)) {
          w.uint32(17)
          w.fixed64(obj.number)
        }

        if ((obj.recordNumber != null && obj.recordNumber !== 0n)) {
          w.uint32(25)
          w.fixed64(obj.recordNumber)
        }

        if ((obj.sentAt != null && obj.sentAt !== 0n)) {
          w.uint32(33)
          w.fixed64(obj.sentAt)
        }

        if ((obj.intervalMs != null && obj.intervalMs !== 0)) {
          w.uint32(40)
          w.uint32(obj.intervalMs)
        }

        if (obj.rtts != null && obj.rtts.length > 0) {
          for (const value of obj.rtts) {
            w.uint32(50)
            RttEntry.codec().encode(value, w)
          }
        }

        if (obj.cannotDial != null && obj.cannotDial.length > 0) {
          for (const value of obj.cannotDial) {
            w.uint32(58)
            w.string(value)
          }
        }

        if ((obj.loadPercent != null && obj.loadPercent !== 0)) {
          w.uint32(64)
          w.uint32(obj.loadPercent)
        }

        if ((obj.leaves != null && obj.leaves !== false)) {
          w.uint32(72)
          w.bool(obj.leaves)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          incarnation: '',
          number: 0n,
          recordNumber: 0n,
          sentAt: 0n,
          intervalMs: 0,
          rtts: [],
          cannotDial: [],
          loadPercent: 0,
          leaves: false
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
              obj.number = reader.fixed64()
              break
            }
            case 3: {
              obj.recordNumber = reader.fixed64()
              break
            }
            case 4: {
              obj.sentAt = reader.fixed64()
              break
            }
            case 5: {
              obj.intervalMs = reader.uint32()
              break
            }
            case 6: {
              if (opts.limits?.rtts != null && obj.rtts.length === opts.limits.rtts) {
                throw new MaxLengthError('Decode error - repeated field "rtts" had too many elements')
              }

              obj.rtts.push(RttEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rtts$
              }))
              break
            }
            case 7: {
              if (opts.limits?.cannotDial != null && obj.cannotDial.length === opts.limits.cannotDial) {
                throw new MaxLengthError('Decode error - repeated field "cannotDial" had too many elements')
              }

              obj.cannotDial.push(reader.string())
              break
            }
            case 8: {
              obj.loadPercent = reader.uint32()
              break
            }
            case 9: {
              obj.leaves = reader.bool()
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
          rtts: 0,
          cannotDial: 0
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
                field: `${prefix}.number`,
                value: reader.fixed64()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.recordNumber`,
                value: reader.fixed64()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sentAt`,
                value: reader.fixed64()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.intervalMs`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              if (opts.limits?.rtts != null && obj.rtts === opts.limits.rtts) {
                throw new MaxLengthError('Streaming decode error - repeated field "rtts" had too many elements')
              }

              for (const evt of RttEntry.codec().stream(reader, reader.uint32(), `${prefix}.rtts[]`, {
                limits: opts.limits?.rtts$
              })) {
                yield {
                  ...evt,
                  index: obj.rtts
                }
              }

              obj.rtts++

              break
            }
            case 7: {
              if (opts.limits?.cannotDial != null && obj.cannotDial === opts.limits.cannotDial) {
                throw new MaxLengthError('Streaming decode error - repeated field "cannotDial" had too many elements')
              }

              yield {
                field: `${prefix}.cannotDial[]`,
                index: obj.cannotDial,
                value: reader.string()
              }

              obj.cannotDial++

              break
            }
            case 8: {
              yield {
                field: `${prefix}.loadPercent`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.leaves`,
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

  export interface BeatIncarnationFieldEvent {
    field: '$.incarnation'
    value: string
  }

  export interface BeatNumberFieldEvent {
    field: '$.number'
    value: bigint
  }

  export interface BeatRecordNumberFieldEvent {
    field: '$.recordNumber'
    value: bigint
  }

  export interface BeatSentAtFieldEvent {
    field: '$.sentAt'
    value: bigint
  }

  export interface BeatIntervalMsFieldEvent {
    field: '$.intervalMs'
    value: number
  }

  export interface BeatRttsSiteFieldEvent {
    field: '$.rtts[].site'
    value: string
    index: number
  }

  export interface BeatRttsMicrosFieldEvent {
    field: '$.rtts[].micros'
    value: number
    index: number
  }

  export interface BeatCannotDialFieldEvent {
    field: '$.cannotDial[]'
    index: number
    value: string
  }

  export interface BeatLoadPercentFieldEvent {
    field: '$.loadPercent'
    value: number
  }

  export interface BeatLeavesFieldEvent {
    field: '$.leaves'
    value: boolean
  }

  export function encode (obj: Partial<Beat>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Beat.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Beat>): Beat {
    return decodeMessage(buf, Beat.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Beat>): Generator<BeatIncarnationFieldEvent | BeatNumberFieldEvent | BeatRecordNumberFieldEvent | BeatSentAtFieldEvent | BeatIntervalMsFieldEvent | BeatRttsSiteFieldEvent | BeatRttsMicrosFieldEvent | BeatCannotDialFieldEvent | BeatLoadPercentFieldEvent | BeatLeavesFieldEvent> {
    return streamMessage(buf, Beat.codec(), opts)
  }
}

export interface Gossip {
  beat?: Beat
  record?: SignedSiteRecord
}

export namespace Gossip {
  let _codec: Codec<Gossip>

  export const codec = (): Codec<Gossip> => {
    if (_codec == null) {
      _codec = message<Gossip>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.beat != null) {
          w.uint32(10)
          Beat.codec().encode(obj.beat, w)
        }

        if (obj.record != null) {
          w.uint32(18)
          SignedSiteRecord.codec().encode(obj.record, w)
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
              obj.beat = Beat.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.beat
              })
              break
            }
            case 2: {
              obj.record = SignedSiteRecord.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.record
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
              yield * Beat.codec().stream(reader, reader.uint32(), `${prefix}.beat`, {
                limits: opts.limits?.beat
              })

              break
            }
            case 2: {
              yield * SignedSiteRecord.codec().stream(reader, reader.uint32(), `${prefix}.record`, {
                limits: opts.limits?.record
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

  export interface GossipBeatIncarnationFieldEvent {
    field: '$.beat.incarnation'
    value: string
  }

  export interface GossipBeatNumberFieldEvent {
    field: '$.beat.number'
    value: bigint
  }

  export interface GossipBeatRecordNumberFieldEvent {
    field: '$.beat.recordNumber'
    value: bigint
  }

  export interface GossipBeatSentAtFieldEvent {
    field: '$.beat.sentAt'
    value: bigint
  }

  export interface GossipBeatIntervalMsFieldEvent {
    field: '$.beat.intervalMs'
    value: number
  }

  export interface GossipBeatRttsSiteFieldEvent {
    field: '$.beat.rtts[].site'
    value: string
    index: number
  }

  export interface GossipBeatRttsMicrosFieldEvent {
    field: '$.beat.rtts[].micros'
    value: number
    index: number
  }

  export interface GossipBeatCannotDialFieldEvent {
    field: '$.beat.cannotDial[]'
    index: number
    value: string
  }

  export interface GossipBeatLoadPercentFieldEvent {
    field: '$.beat.loadPercent'
    value: number
  }

  export interface GossipBeatLeavesFieldEvent {
    field: '$.beat.leaves'
    value: boolean
  }

  export interface GossipRecordRecordFieldEvent {
    field: '$.record.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface GossipRecordSignatureFieldEvent {
    field: '$.record.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Gossip>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Gossip.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Gossip>): Gossip {
    return decodeMessage(buf, Gossip.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Gossip>): Generator<GossipBeatIncarnationFieldEvent | GossipBeatNumberFieldEvent | GossipBeatRecordNumberFieldEvent | GossipBeatSentAtFieldEvent | GossipBeatIntervalMsFieldEvent | GossipBeatRttsSiteFieldEvent | GossipBeatRttsMicrosFieldEvent | GossipBeatCannotDialFieldEvent | GossipBeatLoadPercentFieldEvent | GossipBeatLeavesFieldEvent | GossipRecordRecordFieldEvent | GossipRecordSignatureFieldEvent> {
    return streamMessage(buf, Gossip.codec(), opts)
  }
}

export interface Hello {
  mesh: string
  refusal: number
  own?: SignedSiteRecord
  others: SignedSiteRecord[]
  last?: Beat
}

export namespace Hello {
  let _codec: Codec<Hello>

  export const codec = (): Codec<Hello> => {
    if (_codec == null) {
      _codec = message<Hello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.mesh != null && obj.mesh !== '')) {
          w.uint32(10)
          w.string(obj.mesh)
        }

        if ((obj.refusal != null && obj.refusal !== 0)) {
          w.uint32(16)
          w.uint32(obj.refusal)
        }

        if (obj.own != null) {
          w.uint32(26)
          SignedSiteRecord.codec().encode(obj.own, w)
        }

        if (obj.others != null && obj.others.length > 0) {
          for (const value of obj.others) {
            w.uint32(34)
            SignedSiteRecord.codec().encode(value, w)
          }
        }

        if (obj.last != null) {
          w.uint32(42)
          Beat.codec().encode(obj.last, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          mesh: '',
          refusal: 0,
          others: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.mesh = reader.string()
              break
            }
            case 2: {
              obj.refusal = reader.uint32()
              break
            }
            case 3: {
              obj.own = SignedSiteRecord.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.own
              })
              break
            }
            case 4: {
              if (opts.limits?.others != null && obj.others.length === opts.limits.others) {
                throw new MaxLengthError('Decode error - repeated field "others" had too many elements')
              }

              obj.others.push(SignedSiteRecord.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.others$
              }))
              break
            }
            case 5: {
              obj.last = Beat.codec().decode(reader, reader.uint32(), {
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
        const obj = {
          others: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.mesh`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.refusal`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield * SignedSiteRecord.codec().stream(reader, reader.uint32(), `${prefix}.own`, {
                limits: opts.limits?.own
              })

              break
            }
            case 4: {
              if (opts.limits?.others != null && obj.others === opts.limits.others) {
                throw new MaxLengthError('Streaming decode error - repeated field "others" had too many elements')
              }

              for (const evt of SignedSiteRecord.codec().stream(reader, reader.uint32(), `${prefix}.others[]`, {
                limits: opts.limits?.others$
              })) {
                yield {
                  ...evt,
                  index: obj.others
                }
              }

              obj.others++

              break
            }
            case 5: {
              yield * Beat.codec().stream(reader, reader.uint32(), `${prefix}.last`, {
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

  export interface HelloMeshFieldEvent {
    field: '$.mesh'
    value: string
  }

  export interface HelloRefusalFieldEvent {
    field: '$.refusal'
    value: number
  }

  export interface HelloOwnRecordFieldEvent {
    field: '$.own.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloOwnSignatureFieldEvent {
    field: '$.own.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloOthersRecordFieldEvent {
    field: '$.others[].record'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface HelloOthersSignatureFieldEvent {
    field: '$.others[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface HelloLastIncarnationFieldEvent {
    field: '$.last.incarnation'
    value: string
  }

  export interface HelloLastNumberFieldEvent {
    field: '$.last.number'
    value: bigint
  }

  export interface HelloLastRecordNumberFieldEvent {
    field: '$.last.recordNumber'
    value: bigint
  }

  export interface HelloLastSentAtFieldEvent {
    field: '$.last.sentAt'
    value: bigint
  }

  export interface HelloLastIntervalMsFieldEvent {
    field: '$.last.intervalMs'
    value: number
  }

  export interface HelloLastRttsSiteFieldEvent {
    field: '$.last.rtts[].site'
    value: string
    index: number
  }

  export interface HelloLastRttsMicrosFieldEvent {
    field: '$.last.rtts[].micros'
    value: number
    index: number
  }

  export interface HelloLastCannotDialFieldEvent {
    field: '$.last.cannotDial[]'
    index: number
    value: string
  }

  export interface HelloLastLoadPercentFieldEvent {
    field: '$.last.loadPercent'
    value: number
  }

  export interface HelloLastLeavesFieldEvent {
    field: '$.last.leaves'
    value: boolean
  }

  export function encode (obj: Partial<Hello>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello {
    return decodeMessage(buf, Hello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloMeshFieldEvent | HelloRefusalFieldEvent | HelloOwnRecordFieldEvent | HelloOwnSignatureFieldEvent | HelloOthersRecordFieldEvent | HelloOthersSignatureFieldEvent | HelloLastIncarnationFieldEvent | HelloLastNumberFieldEvent | HelloLastRecordNumberFieldEvent | HelloLastSentAtFieldEvent | HelloLastIntervalMsFieldEvent | HelloLastRttsSiteFieldEvent | HelloLastRttsMicrosFieldEvent | HelloLastCannotDialFieldEvent | HelloLastLoadPercentFieldEvent | HelloLastLeavesFieldEvent> {
    return streamMessage(buf, Hello.codec(), opts)
  }
}
