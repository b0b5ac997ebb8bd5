/**
 * Whether an answer says that what was asked was done: 2xx alone (RFC 9110, 15.3). A redirection (3xx) says to ask elsewhere, mostly with
 * nothing done: at a login page, or under the path with its slash.
 */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}
