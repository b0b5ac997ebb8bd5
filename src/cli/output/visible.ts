import { Document, visit } from 'yaml'

/*
 * What other sites say of themselves is shown here, and must not control the reader's terminal or the order in which a line is
 * read: control characters (C0, DEL, C1), and all that has no shape of its own (bidirectional marks, zero width, byte order
 * mark: Unicode's format characters and separators of lines).
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The same with a reason to stand there: the ends of lines, and the colours that this program paints with. */
// oxlint-disable-next-line no-control-regex -- colours begin with one
const PAINT = /(\n|\u001b\[\d{1,2}m)/

/** Text of one line, in which everything that cannot be seen is written out: `\u202e`. */
export const printable = (text: string): string => text.replaceAll(UNSEEN, escaped)

/** A whole screen for people: as `printable`, but lines end and colours stay. */
export const printableScreen = (text: string): string =>
  text
    .split(PAINT)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('')

/** JSON in which everything that cannot be seen is an escape; any reader gets the same value back. */
export const visibleJson = (value: unknown, indent?: number): string =>
  // Outside of strings JSON.stringify writes nothing of these but the end of the line.
  JSON.stringify(value, undefined, indent).replaceAll(UNSEEN, found => (found === '\n' ? found : escaped(found)))

/** The same in YAML. */
export function visibleYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false })
  visit(document, {
    // Only text in double quotes can have escapes.
    Scalar(_key, node) {
      if (typeof node.value === 'string' && node.value.search(UNSEEN) !== -1) node.type = 'QUOTE_DOUBLE'
    },
  })
  const shown = document.toString({ lineWidth: 0 })
  return shown.replaceAll(UNSEEN, found => {
    const code = found.codePointAt(0) ?? 0
    if (found === '\n') return found
    // A pair of surrogates is two characters in YAML.
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : escaped(found)
  })
}

/** `\u202e`; beyond the first plane a pair of surrogates, as JSON has it. */
function escaped(character: string): string {
  let text = ''
  for (let unit = 0; unit < character.length; unit++) {
    text += `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`
  }
  return text
}
