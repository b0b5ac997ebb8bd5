/** Made when a text needs it: loading its tables takes longer than most commands need otherwise to show something. */
let segmenter: Intl.Segmenter | undefined
/** East Asian wide and fullwidth (UAX #11), and what terminals draw as emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** Columns that a terminal takes for a text: combining marks take none, wide characters two. */
export function displayWidth(text: string): number {
  // ASCII is nearly everything that is ever shown.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  segmenter ??= new Intl.Segmenter()
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : /^\p{M}+$/u.test(segment) ? 0 : 1
  return width
}
