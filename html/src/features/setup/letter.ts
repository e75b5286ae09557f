/** A first letter, of what somebody has typed: paragraphs, and the way out. */
const safe = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** An address alone on a line is a link; Liquid stays what it is. */
const line = (text: string): string =>
  /^https?:\/\/\S+$/.test(text.trim())
    ? `<a href="${safe(text.trim()).replaceAll('"', '&quot;')}">${safe(text.trim())}</a>`
    : safe(text)

export function letter(text: string, unsubscribe: string): string {
  const paragraphs = text
    .trim()
    .split(/\n\s*\n/)
    .map((part) => `<p>${part.split('\n').map(line).join('<br>')}</p>`)
  const out = `<p><a href="{{ unsubscribe_url }}">${safe(unsubscribe)}</a></p>`
  return `${paragraphs.join('\n')}\n${out}\n`
}

/** From of a mail: a name with a comma, or such, stands in quotes. */
export function mailbox(name: string, address: string): string {
  const plain = name.replace(/["\\\r\n]/g, '').trim()
  if (!plain) return address
  return `${/^[\p{L}\p{N} .'-]+$/u.test(plain) && !plain.includes('.') ? plain : `"${plain}"`} <${address}>`
}

/** What was pasted, as a file: addresses alone get the header that they need. */
export function pasted(text: string): string {
  const rows = text.trim().replace(/\t|;/g, ',')
  const [first = ''] = rows.split('\n', 1)
  if (!first.includes('@')) return `${rows}\n`
  const names = ['email', 'first_name', 'last_name'].slice(0, Math.max(1, first.split(',').length))
  return `${names.join(',')}\n${rows}\n`
}
