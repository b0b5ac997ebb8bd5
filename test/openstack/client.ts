import { ADMIN } from './keystone.ts'
import { plainEnvironment, run } from './processes.ts'

export interface ClientResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** It imports for two seconds, and an upload of 200 MB passes four processes on two cores. */
const CLIENT_TIMEOUT_MS = 110_000

/** Environment with which the unmodified client asks at `authUrl`. */
export function clientEnvironment(home: string, authUrl: string): NodeJS.ProcessEnv {
  return {
    ...plainEnvironment(home),
    OS_AUTH_URL: authUrl,
    OS_USERNAME: ADMIN.username,
    OS_PASSWORD: ADMIN.password,
    OS_PROJECT_NAME: ADMIN.project,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_IDENTITY_API_VERSION: '3',
    OS_REGION_NAME: 'one',
  }
}

/** Runs `openstack …` as a user would. */
export function openstack(home: string, authUrl: string, args: readonly string[]): Promise<ClientResult> {
  return run('/usr/bin/openstack', args, {
    env: clientEnvironment(home, authUrl),
    timeoutMs: CLIENT_TIMEOUT_MS,
    cwd: home,
  })
}

/** The same, and it must succeed; its answer as JSON. */
export async function openstackJson<T>(home: string, authUrl: string, args: readonly string[]): Promise<T> {
  const result = await openstack(home, authUrl, [...args, '-f', 'json'])
  if (result.code !== 0)
    throw new Error(`openstack ${args.join(' ')} (${result.code}): ${result.stderr || result.stdout}`)
  return JSON.parse(result.stdout) as T
}
