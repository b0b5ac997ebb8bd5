import { headerValues, type RequestHead } from './http-head.ts'

/** Parameters by which applications are asked to go on telling, as those of Kubernetes; and of etcd 2, where others say how long. */
const SWITCHES = ['watch', 'follow']
const ON = /^(|true|1|yes|on)$/i
const WAITS = /^true$/i
/** Of CouchDB. */
const FEEDS = /^(continuous|longpoll|eventsource)$/i

/**
 * Whether a read asks to be told what changes, for as long as the application likes: its answer has no end that anybody could wait for.
 * @param path with its query, within the service
 */
export function asksToFollow({ rawHeaders }: RequestHead, path: string): boolean {
  if (headerValues(rawHeaders, 'accept').some(value => value.toLowerCase().includes('text/event-stream'))) return true
  const place = path.indexOf('?')
  if (place < 0) return false
  const parameters = new URLSearchParams(path.slice(place + 1))
  return (
    SWITCHES.some(name => parameters.getAll(name).some(value => ON.test(value))) ||
    parameters.getAll('wait').some(value => WAITS.test(value)) ||
    parameters.getAll('feed').some(value => FEEDS.test(value))
  )
}
