/**
 * Whether a path has a segment `.` or `..`, plain or encoded (RFC 3986, 5.2.4): it leads to another place for who resolves it. An encoded slash, or a backslash, counts as a
 * slash here, since some applications decode it first.
 */
export function hasDotSegment(path: string): boolean {
  if (!path.includes('.') && !path.includes('%2')) return false
  const decoded = path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '/').replace(/%3b/gi, ';')
  if (!decoded.includes('/.') && !decoded.startsWith('.')) return false
  // ";" starts parameters of a segment: "/..;x/" is "/../" to some applications.
  return decoded.split('/').some(segment => {
    const semicolon = segment.indexOf(';')
    const name = semicolon < 0 ? segment : segment.slice(0, semicolon)
    return name === '.' || name === '..'
  })
}
