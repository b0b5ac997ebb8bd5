import { mkdir } from 'node:fs/promises'

/**
 * Makes the folder for the plans of runs that fail, where there is none: before the first seed runs, since what fails may fail after an hour.
 * @returns why it cannot be made
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true })
    return undefined
  } catch (error) {
    return `${folder} cannot be made: ${error instanceof Error ? error.message : String(error)}`
  }
}
