import { curl, type Ask } from './client.ts'
import type { LocalMesh } from './local-mesh.ts'
import { paint, say } from './show.ts'

/** What to type, in the order in which it makes sense. */
export function showGuide(mesh: LocalMesh, keys: boolean): void {
  const paste = (title: string, ask: Ask, flags = ''): void => {
    say(`${paint('bold', title)}`)
    say(`  ${paint('cyan', curl(mesh.url(ask.at, ask.service), ask).replace('curl -s', `curl -s${flags}`))}`)
  }
  const also = (ask: Ask): void => say(`  ${paint('cyan', curl(mesh.url(ask.at, ask.service), ask))}`)
  const bolt = { at: 'site1', service: 'inventory', method: 'GET', path: '/items/bolt' } as const
  const create = { at: 'site1', service: 'inventory', method: 'POST', path: '/items' } as const
  const order = { at: 'site1', service: 'orders', method: 'POST', path: '/orders', body: { item: 'bolt' } } as const
  const stop = keys ? 'press 2' : `kill -9 ${mesh.site('site2').pids.join(' ')}`

  say('Paste into another terminal, in this order:')
  say()
  paste('Local: site1 as without Cheops', { ...create, body: { id: 'bolt', count: 40 } })
  paste('Sharing: site1 is asked, site2 creates', { ...create, scope: 'site2', body: { id: 'bolt', count: 7 } })
  paste('Figure 2a: the orders of site1 ask the inventory of site2, and know nothing of it', {
    ...order,
    scope: '{orders: site1, inventory: site2}',
  })
  const created = { at: 'site1', service: 'inventory', method: 'POST', path: '/items', scope: 'site1 & site2' } as const
  const nut = (at: string) => ({ at, service: 'inventory', method: 'PUT', path: '/items/nut' }) as const
  paste('Replication: an item on two sites, changed at either without a scope', {
    ...created,
    waits: 10,
    body: { id: 'nut', count: 3 },
  })
  also({ ...nut('site2'), waits: 10, body: { count: 4 } })
  also({ ...nut('site1'), method: 'GET' })
  if (keys && mesh.canCut) {
    say(paint('bold', 'Both sides of a cut write: press c, then'))
    also({ ...nut('site2'), body: { count: 9 } })
    also({ ...nut('site1'), body: { count: 5 } })
    also({ ...nut('site2'), method: 'PATCH', body: { colour: 'red' } })
    say(`${paint('bold', 'and press c again: both come to the same, and what lost is shown')}`)
    say(`  ${paint('cyan', `${commandLine(mesh)} conflict ls`)}`)
  }
  say(paint('bold', `A site goes away: ${stop}, then ask for it, and for another in its place`))
  say(`  ${paint('cyan', curl(mesh.url('site1', 'inventory'), { ...bolt, scope: 'site2' }).replace('-s', '-si'))}`)
  say(`  ${paint('cyan', curl(mesh.url('site1', 'inventory'), { ...bolt, scope: 'site2 || site1' }))}`)
  say(paint('bold', keys ? 'And comes back: press 2 again, and ask again' : 'Ctrl-C ends everything'))
  say()
  say(`The agent of site1 by its command line (${paint('cyan', 'npx cheops help')} shows all of it):`)
  say(`  ${paint('cyan', `${commandLine(mesh)} status`)}`)
  say(`Configurations and logs: ${mesh.folder}`)
  say()
}

/** The command line, told where the agent of site1 is. */
function commandLine(mesh: LocalMesh): string {
  const { admin, adminTokenFile } = mesh.site('site1')
  return `CHEOPS_ADMIN=${admin} CHEOPS_TOKEN_FILE=${adminTokenFile} npx cheops`
}
