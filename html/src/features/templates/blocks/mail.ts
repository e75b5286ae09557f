/**
 * HTML of a document of blocks: tables and styles in their places, as mail
 * programs want them; narrow and dark by a few rules at its head.
 */
import { direction } from '@/lib/i18n'
import { escaped, markdown, type Style, safeUrl } from '../markdown'
import { mix, on, readable } from './color'
import frame from './frame.txt?raw'
import look from './look.json'
import type { Block, Doc } from './model'

/** What the workspace gives to its mails. */
export type Brand = { color: string | null; lang: string }

const fonts = {
  sans: "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
  serif: "Georgia, 'Times New Roman', serif",
}
const WIDTH = 536
const headings = ['26px', '20px', '16px']
const table = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'

type Made = { accent: string; style: Style; quiet: Style; rtl: boolean }

function styles(accent: string): Style {
  const link = readable(accent)
  const all: Record<string, string> = {
    h1: `margin: 0 0 12px; font-size: ${headings[0]}; line-height: 1.25`,
    h2: `margin: 0 0 12px; font-size: ${headings[1]}; line-height: 1.3`,
    h3: `margin: 0 0 8px; font-size: ${headings[2]}; line-height: 1.4`,
    p: 'margin: 0 0 12px',
    ul: 'margin: 0 0 12px; padding: 0 24px',
    ol: 'margin: 0 0 12px; padding: 0 24px',
    li: 'margin: 0 0 4px',
    a: `color: ${link}`,
    'a.button': `display: inline-block; padding: 12px 24px; border-radius: 6px; background: ${accent}; color: ${on(accent)}; font-weight: 600; text-decoration: none`,
    img: 'display: block; max-width: 100%; height: auto; border: 0',
    code: `font-family: monospace; background: ${look.code}; color: ${look.ink}; padding: 1px 4px; border-radius: 3px`,
    pre: `margin: 0 0 12px; padding: 12px; background: ${look.code}; color: ${look.ink}; white-space: pre-wrap; font-family: monospace`,
    blockquote: `margin: 0 0 12px; padding: 0 16px; border-inline-start: 3px solid ${look.line}`,
    hr: `border: 0; border-top: 1px solid ${look.line}; margin: 16px 0`,
  }
  return (tag) => all[tag] ?? ''
}

const sides = (rtl: boolean) =>
  ({ start: rtl ? 'right' : 'left', center: 'center', end: rtl ? 'left' : 'right' }) as const

/** What stands in a tag of Liquid is one expression. */
const expression = (text: string): string => text.replace(/[{}%\r\n]+/g, ' ').trim()

const href = (to: string): string => escaped(safeUrl(to))

const inside: Record<Block['type'], (one: Block, made: Made) => string> = {
  heading: ({ text, size }, { style }) =>
    `<h${size} style="${style(`h${size}`).replace(/^margin: [^;]*/, 'margin: 0')}">${escaped(text).replace(/\n/g, '<br>')}</h${size}>`,
  text: ({ text }, { style }) => markdown(text, style),
  button: ({ text, href: to }, { style }) =>
    `<a class="gw-button" href="${href(to)}" style="${style('a.button')}">${escaped(text)}</a>`,
  image: ({ text, src, href: to, size, align }, { rtl }) => {
    const side = sides(rtl)[align]
    const margin = { left: '0 auto 0 0', center: '0 auto', right: '0 0 0 auto' }[side]
    const width = Math.round((WIDTH * size) / 100)
    const img = `<img src="${href(src)}" alt="${escaped(text)}" width="${width}" style="display: block; margin: ${margin}; width: ${size}%; max-width: ${width}px; height: auto; border: 0">`
    return to ? `<a href="${href(to)}">${img}</a>` : img
  },
  divider: () =>
    `<div class="gw-line" style="border-top: 1px solid ${look.line}; font-size: 0; line-height: 0">&nbsp;</div>`,
  spacer: () => '&nbsp;',
  columns: ({ ratio, cells }, made) => {
    const shares = ratio.split(':').map(Number)
    const all = shares.reduce((sum, n) => sum + n, 0)
    const tds = cells.map(
      (cell, n) =>
        `<td class="gw-cell" width="${Math.round(((shares[n] ?? 1) / all) * 100)}%" valign="top" style="vertical-align: top; padding: 0 8px"><table ${table} width="100%">
${rows(cell, made, true)}
</table></td>`,
    )
    return `<table ${table} width="100%"><tr>${tds.join('\n')}</tr></table>`
  },
  loop: ({ cells }, made) => `<table ${table} width="100%">
${rows(cells[0] ?? [], made, true)}
</table>`,
  html: ({ text }) => text,
  footer: ({ text }, { quiet }) => `${markdown(text, quiet)}
<p style="margin: 0">{{ brand.name }}{% if brand.address %}, {{ brand.address }}{% endif %}</p>`,
}

const cellStyle: Partial<Record<Block['type'], (one: Block) => string>> = {
  spacer: ({ size }) => `height: ${size}px; font-size: 0; line-height: ${size}px; padding: 0`,
  text: () => 'font-size: 15px; line-height: 1.55',
  footer: () => `font-size: 12px; line-height: 1.5; color: ${look.quiet}`,
}

function row(one: Block, made: Made, within: boolean): string {
  // nothing is there to be shown
  if (one.type === 'image' && !one.src.trim()) return ''
  const side = sides(made.rtl)[one.align]
  const padding =
    one.type === 'spacer' ? '' : `padding: 8px ${within ? 0 : one.type === 'columns' ? 24 : 32}px; `
  const pad = within ? '' : ' gw-pad'
  const tone = one.type === 'footer' ? 'gw-quiet' : 'gw-ink'
  const td = `<tr><td class="${tone}${pad}" align="${side}" style="${padding}text-align: ${side}; ${cellStyle[one.type]?.(one) ?? 'line-height: 1.4'}">${inside[one.type](one, made)}</td></tr>`
  const list = expression(one.list)
  const each =
    one.type === 'loop'
      ? list && `{% for item in ${list} limit: ${one.size} %}\n${td}\n{% endfor %}`
      : td
  const when = expression(one.when)
  return when ? `{% if ${when} %}\n${each}\n{% endif %}` : each
}

const rows = (blocks: Block[], made: Made, within = false): string =>
  blocks.map((one) => row(one, made, within)).join('\n')

export function mailOf(doc: Doc, brand: Brand): string {
  const accent = doc.color || brand.color || look.accent
  const style = styles(accent)
  const rtl = direction(brand.lang) === 'rtl'
  const made: Made = {
    accent,
    style,
    quiet: (tag) => (tag === 'a' ? `color: ${look.quiet}` : style(tag)),
    rtl,
  }
  const preheader = doc.preheader.trim()
  const parts: Record<string, string> = {
    $LANG: brand.lang,
    $DIR: rtl ? 'rtl' : 'ltr',
    $LIGHTER: mix(accent, look.sheet, 0.5),
    $PAGE: look.page,
    $SHEET: look.sheet,
    $INK: look.ink,
    $FONT: fonts[doc.font],
    $PREHEADER: preheader
      ? `<div style="display: none; max-height: 0; overflow: hidden; mso-hide: all">${escaped(preheader)}</div>\n`
      : '',
    $BLOCKS: rows(doc.blocks, made),
  }
  return frame.replace(/\$[A-Z]+/g, (name) => parts[name] ?? name)
}
