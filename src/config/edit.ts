import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { isMap, isSeq, parseDocument } from 'yaml'
import type { Document, YAMLSeq } from 'yaml'
import { CheopsError } from '../errors.ts'

/**
 * Writes a service into the `services` of a configuration file, in place of one with its name if there is one. Comments and
 * everything else stay as they are; the file is replaced in one step and keeps its mode.
 * @param service nested as in the file, paths as they shall stand there
 * @throws CheopsError ERR_ADMIN_SAVE
 */
export function saveService(
  file: string,
  service: Readonly<Record<string, unknown>> & { readonly name: string },
): void {
  edit(file, (services, document) => {
    const index = indexOf(services, service.name)
    if (index === -1) services.add(document.createNode(service))
    else services.set(index, document.createNode(service))
  })
}

/**
 * Takes a service out of a configuration file. Nothing happens when it is not there.
 * @throws CheopsError ERR_ADMIN_SAVE
 */
export function removeSavedService(file: string, name: string): void {
  edit(file, services => {
    const index = indexOf(services, name)
    if (index !== -1) services.delete(index)
  })
}

const indexOf = (services: YAMLSeq, name: string) =>
  services.items.findIndex(item => isMap(item) && item.get('name') === name)

function edit(file: string, change: (services: YAMLSeq, document: Document) => void): void {
  try {
    const document: Document = parseDocument(readFileSync(file, 'utf8'))
    if (document.errors.length > 0) throw new Error('it is no valid YAML')
    let services = document.get('services')
    if (services === undefined || services === null) {
      document.set('services', document.createNode([]))
      services = document.get('services')
    }
    if (!isSeq(services)) throw new Error('services is no list')
    services.flow = false
    change(services, document)
    const temporary = `${file}.new`
    writeFileSync(temporary, document.toString({ lineWidth: 0 }), { mode: statSync(file).mode })
    renameSync(temporary, file)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    throw new CheopsError('ERR_ADMIN_SAVE', `${file} could not be changed: ${why}.`, { file }, { cause: error })
  }
}
