/**
 * Markdown to the HTML of mails: what people write by hand, no HTML in it. Liquid
 * passes as it stands, a line of tags alone is no paragraph, and
 * `[text](url){button}` is a button.
 */

export type Style = (tag: string) => string

const OPEN = '\uE000'
const CLOSE = '\uE001'
const liquid = /\{\{[\s\S]{0,2000}?\}\}|\{%[\s\S]{0,2000}?%\}/g
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const plain = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] ?? c)

/** What is said stays text; what is Liquid stays Liquid. */
export function escaped(text: string): string {
  let out = ''
  let from = 0
  for (const { 0: token, index } of text.matchAll(liquid)) {
    out += plain(text.slice(from, index)) + token
    from = index + token.length
  }
  return out + plain(text.slice(from))
}

/** A link leads where mails may lead, else nowhere. */
export function safeUrl(url: string): string {
  const to = url.trim()
  if (/^(https?:|mailto:|tel:|#|\{\{|\{%|\uE000)/i.test(to)) return to
  return /^[\w-]+(\.[\w-]+)+([/?#]|$)/.test(to) ? `https://${to}` : '#'
}

/** Parts that are made already, out of the way of the next rule. */
class Shelf {
  #parts: string[] = []

  put(html: string): string {
    this.#parts.push(html)
    return `${OPEN}${this.#parts.length - 1}${CLOSE}`
  }

  back(text: string): string {
    let out = text
    // what was put away may hold what was put away before
    for (let n = this.#parts.length; n > 0 && out.includes(OPEN); n--)
      out = out.replace(/\uE000(\d+)\uE001/g, (_, at: string) => this.#parts[Number(at)] ?? '')
    return out
  }
}

const open = (tag: string, style: Style, more = ''): string => {
  const says = style(tag)
  return `<${tag.split('.')[0]}${more}${says && ` style="${says}"`}>`
}

function inline(text: string, style: Style): string {
  const shelf = new Shelf()
  const link = (words: string, to: string, kind: string): string => {
    const href = plain(safeUrl(to))
    return `${shelf.put(open(kind, style, ` href="${href}"`))}${words}${shelf.put('</a>')}`
  }
  const made = text
    .replace(/[\uE000\uE001]/g, '')
    .replace(liquid, (token) => shelf.put(token))
    .replace(/`([^`\n]+)`/g, (_, code: string) =>
      shelf.put(`${open('code', style)}${plain(code)}</code>`),
    )
    .replace(/\\([\\`*_{}[\]()#+\-.!~])/g, (_, sign: string) => shelf.put(plain(sign)))
    .replace(/!\[([^\]\n]{0,1000})\]\(([^()\s]+)\)/g, (_, alt: string, src: string) =>
      shelf.put(
        open('img', style, ` src="${plain(safeUrl(src))}" alt="${plain(shelf.back(alt))}"`),
      ),
    )
    .replace(
      /\[([^\]\n]{1,1000})\]\(([^()\s]+)\)(\{button\})?/g,
      (_, words: string, to: string, button: string | undefined) =>
        link(words, to, button ? 'a.button' : 'a'),
    )
    .replace(/<(https?:\/\/[^<>\s]+)>/g, (_, to: string) => link(to, to, 'a'))
  return shelf.back(
    plain(made)
      .replace(/(?<!\*)\*(?![*\s])([^*]+)(?<!\s)\*(?!\*)/g, '<em>$1</em>')
      .replace(/\*\*(?!\s)([^*]+)(?<!\s)\*\*/g, '<strong>$1</strong>')
      .replace(/(?<!\*)\*(?![*\s])([^*]+)(?<!\s)\*(?!\*)/g, '<em>$1</em>')
      .replace(/(?<!\w)_(?![_\s])([^_]+)(?<!\s)_(?!\w)/g, '<em>$1</em>')
      .replace(/~~([^~]+)~~/g, '<s>$1</s>')
      .replace(/(?: {2,}|\\)\n/g, '<br>\n'),
  )
}

const item = /^(\s*)(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/
const starts = [
  /^#{1,6}\s/,
  /^\s*(?:[-*+]|\d{1,9}[.)])\s/,
  /^>/,
  /^```/,
  /^\s*([-*_])(?:\s*\1){2,}\s*$/,
]
const tagsAlone = /^\s*(?:\{%(?:(?!%\})[\s\S])*%\}\s*)+$/

/** A list, and those within it: what is further in belongs to the item above it. */
function list(lines: string[], style: Style): string {
  const first = lines[0]?.match(item)
  const indent = first?.[1]?.length ?? 0
  const tag = first?.[3] ? 'ol' : 'ul'
  const items: { text: string; inner: string[] }[] = []
  for (const one of lines) {
    const found = one.match(item)
    const deep = (found?.[1]?.length ?? indent + 2) >= indent + 2
    const above = items.at(-1)
    if (found && !deep) items.push({ text: found[4] ?? '', inner: [] })
    else if (above && found) above.inner.push(one)
    else if (above?.inner.length) above.inner.push(one)
    else if (above) above.text += `\n${one.trim()}`
  }
  const begin = first?.[3] && first[3] !== '1' ? ` start="${Number(first[3])}"` : ''
  return `${open(tag, style, begin)}${items
    .map(
      ({ text, inner }) =>
        `${open('li', style)}${inline(text, style)}${inner.length ? list(inner, style) : ''}</li>`,
    )
    .join('')}</${tag}>`
}

export function markdown(source: string, style: Style): string {
  const lines = source.replace(/\r\n?/g, '\n').split('\n')
  const out: string[] = []
  const ends = (text: string) => text.trim() === '' || tagsAlone.test(text)
  const take = (goes: (text: string) => boolean): string[] => {
    const taken: string[] = []
    while (lines.length > 0 && goes(lines[0] ?? '')) taken.push(lines.shift() ?? '')
    return taken
  }
  while (lines.length > 0) {
    const text = lines[0] ?? ''
    const heading = text.match(/^(#{1,6})\s+(.*?)\s*#*\s*$/)
    if (text.trim() === '') lines.shift()
    else if (tagsAlone.test(text)) out.push(lines.shift() ?? '')
    else if (heading) {
      lines.shift()
      const tag = `h${Math.min(3, heading[1]?.length ?? 1)}`
      out.push(`${open(tag, style)}${inline(heading[2] ?? '', style)}</${tag}>`)
    } else if (starts[3]?.test(text)) {
      lines.shift()
      const code = take((one) => !one.startsWith('```'))
      lines.shift()
      out.push(`${open('pre', style)}${escaped(code.join('\n'))}</pre>`)
    } else if (starts[4]?.test(text)) {
      lines.shift()
      out.push(open('hr', style))
    } else if (text.startsWith('>')) {
      const quoted = take((one) => one.startsWith('>')).map((one) => one.replace(/^> ?/, ''))
      out.push(`${open('blockquote', style)}${markdown(quoted.join('\n'), style)}</blockquote>`)
    } else if (item.test(text)) {
      out.push(
        list(
          take((one) => item.test(one) || (!ends(one) && /^\s/.test(one))),
          style,
        ),
      )
    } else {
      lines.shift()
      const rest = take((one) => !ends(one) && !starts.some((begins) => begins.test(one)))
      out.push(`${open('p', style)}${inline([text, ...rest].join('\n').trim(), style)}</p>`)
    }
  }
  return out.join('\n')
}
