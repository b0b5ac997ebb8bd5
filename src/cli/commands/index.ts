import type { CommandTable } from '../command.ts'
import { checkCommand } from './check.ts'
import { completionCommand } from './completion.ts'
import { contextGroup } from './context.ts'
import { eventsCommand } from './events.ts'
import { glueGroup } from './glue.ts'
import { initCommand } from './init.ts'
import { kubectlCommand } from './kubectl.ts'
import { dhtGroup, peerGroup, siteGroup } from './mesh.ts'
import { operationGroup } from './operation.ts'
import { openstackCommand } from './openstack.ts'
import { conflictGroup } from './conflict.ts'
import { replicantGroup } from './replicant.ts'
import { requestCommand } from './request.ts'
import { scopeGroup } from './scope.ts'
import { serviceGroup } from './service.ts'
import { statusCommand } from './status.ts'
import { upCommand } from './up.ts'
import type { StartAgent } from './up.ts'
import { versionCommand } from './version.ts'

/** All commands, in the order in which help shows them. */
export function commandTable(startAgent: StartAgent): CommandTable {
  const table: CommandTable = [
    ['Run an agent', [initCommand, upCommand(startAgent), checkCommand]],
    ['Send requests', [requestCommand, openstackCommand, kubectlCommand, scopeGroup]],
    ['See the mesh', [statusCommand, siteGroup, serviceGroup, peerGroup, dhtGroup, eventsCommand]],
    ['See what is replicated', [replicantGroup, operationGroup, conflictGroup]],
    ['This command', [contextGroup, glueGroup, versionCommand, completionCommand(() => table)]],
  ]
  return table
}
