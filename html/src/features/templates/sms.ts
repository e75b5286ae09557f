/** What makes an SMS long: the characters that its alphabet has not. The API counts. */

const basic = new Set(
  '\n\r !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz' +
    '¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ' +
    '\f[\\]^{|}~€',
)

/** What the like of a word processor writes, and what people mean by it. */
const plainly: Record<string, string> = {
  '‘': "'",
  '’': "'",
  '‚': ',',
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '‑': '-',
  '…': '...',
  '•': '-',
  '`': "'",
  '´': "'",
  '\t': ' ',
  '\u00a0': ' ',
  '\u202f': ' ',
  '\u200b': '',
}

const liquid = /\{\{[\s\S]{0,2000}?\}\}|\{%[\s\S]{0,2000}?%\}/g

/** Each once, in the order in which they come; what Liquid adds is not known here. */
export function foreign(text: string): string[] {
  const said = text.replace(liquid, '')
  return [...new Set(said)].filter((character) => !basic.has(character))
}

/** Can some of them be written otherwise? */
export const canBePlain = (text: string): boolean =>
  foreign(text).some((character) => character in plainly)

export function plain(text: string): string {
  let out = ''
  let from = 0
  const say = (part: string) => [...part].map((c) => plainly[c] ?? c).join('')
  for (const { 0: token, index } of text.matchAll(liquid)) {
    out += say(text.slice(from, index)) + token
    from = index + token.length
  }
  return out + say(text.slice(from))
}
