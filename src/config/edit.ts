import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { CheopsError } from '../errors.ts'
import { ServicesText, type SavedService } from './services-text.ts'

/**
 * Writes a service into the `services` of a configuration file. Of one that has its name already, only keys that differ are changed.
 * Every other line stays as it is, byte for byte; the file is replaced in one step and keeps its mode.
 * @param service nested as in the file, paths as they shall stand there
 * @throws CheopsError ERR_ADMIN_SAVE
 */
export function saveService(file: string, service: SavedService): void {
  replace(file, text => withService(text, service))
}

/**
 * What stands in a configuration file of a service, nested as there; undefined where nothing does.
 * @throws CheopsError ERR_ADMIN_SAVE
 */
export function savedService(file: string, name: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return new ServicesText(readFileSync(file, 'utf8')).plainService(name)
  } catch (error) {
    throw notChanged(file, error)
  }
}

/**
 * Takes a service out of a configuration file, with the comments among its keys. Nothing happens when it is not there.
 * @throws CheopsError ERR_ADMIN_SAVE
 */
export function removeSavedService(file: string, name: string): void {
  replace(file, text => withoutService(text, name))
}

function replace(file: string, change: (text: string) => string): void {
  try {
    const text = change(readFileSync(file, 'utf8'))
    const temporary = `${file}.new`
    writeFileSync(temporary, text, { mode: statSync(file).mode })
    renameSync(temporary, file)
  } catch (error) {
    throw notChanged(file, error)
  }
}

function notChanged(file: string, error: unknown): CheopsError {
  const why = error instanceof Error ? error.message : 'unknown'
  return new CheopsError('ERR_ADMIN_SAVE', `${file} could not be changed: ${why}.`, { file }, { cause: error })
}

/** The text with the service in it. @throws Error in words, when the text is no configuration or is written too cleverly */
export function withService(text: string, service: SavedService): string {
  const source = new ServicesText(text)
  const index = source.indexOf(service.name)
  source.put(index, service)
  const before = source.plainServices()
  return source.result(index === -1 ? [...before, service] : before.with(index, service))
}

/** The text without the service. @throws as `withService` */
export function withoutService(text: string, name: string): string {
  const source = new ServicesText(text)
  const index = source.indexOf(name)
  if (index === -1) return text
  source.remove(index)
  return source.result(source.plainServices().toSpliced(index, 1))
}
