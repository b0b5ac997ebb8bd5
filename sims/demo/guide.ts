import { curl, type Ask } from './client.ts'
import type { LocalMesh } from './local-mesh.ts'
import { paint, say } from './show.ts'

/** What to type, in the order in which it makes sense. */
export function showGuide(mesh: LocalMesh, keys: boolean): void {
  const paste = (title: string, ask: Ask, flags = ''): void => {
    say(`${paint('bold', title)}`)
    say(`  ${paint('cyan', curl(mesh.url(ask.at, ask.service), ask).replace('curl -s', `curl -s${flags}`))}`)
  }
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
  const nut = { at: 'site1', service: 'inventory', method: 'POST', path: '/items', scope: 'site1 & site2' } as const
  paste('Replication: an item on two sites, changed at either without a scope', {
    ...nut,
    body: { id: 'nut', count: 3 },
  })
  const change = { at: 'site2', service: 'inventory', method: 'PUT', path: '/items/nut', body: { count: 4 } } as const
  say(`  ${paint('cyan', curl(mesh.url('site2', 'inventory'), change))}`)
  say(
    `  ${paint('cyan', curl(mesh.url('site1', 'inventory'), { at: 'site1', service: 'inventory', method: 'GET', path: '/items/nut' }))}`,
  )
  say(paint('bold', `A site goes away: ${stop}, then ask for it, and for another in its place`))
  say(`  ${paint('cyan', curl(mesh.url('site1', 'inventory'), { ...bolt, scope: 'site2' }).replace('-s', '-si'))}`)
  say(`  ${paint('cyan', curl(mesh.url('site1', 'inventory'), { ...bolt, scope: 'site2 || site1' }))}`)
  say(paint('bold', keys ? 'And comes back: press 2 again, and ask again' : 'Ctrl-C ends everything'))
  say()
  const site = mesh.site('site1')
  say(`The agent of site1 by its command line (${paint('cyan', 'npx cheops help')} shows all of it):`)
  say(`  ${paint('cyan', `CHEOPS_ADMIN=${site.admin} CHEOPS_TOKEN_FILE=${site.adminTokenFile} npx cheops status`)}`)
  say(`Configurations and logs: ${mesh.folder}`)
  say()
}
