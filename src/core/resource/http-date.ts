/** As all write it by now (IMF-fixdate, RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. */
const FIXED = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Days of a year before a month, without its leap day. */
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

/** A date of a header in Unix milliseconds; undefined for what is none. */
export function httpDateMs(text: string): number | undefined {
  const [, day, month, year, hours, minutes, seconds] = FIXED.exec(text.trim()) ?? []
  const place = MONTHS.indexOf(month ?? '')
  if (place < 0) return undefined
  // Of the year in which the last leap day was.
  const leaps = Number(year) - (place < 2 ? 1 : 0)
  const leapDays = Math.floor(leaps / 4) - Math.floor(leaps / 100) + Math.floor(leaps / 400) - 477
  const days = (Number(year) - 1970) * 365 + leapDays + (DAYS_BEFORE[place] ?? 0) + Number(day) - 1
  return (((days * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000
}
