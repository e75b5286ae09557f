/**
 * MJML to HTML: sections, columns, text, buttons, images, lines and space, with
 * the attributes that people give them. The package of that name is larger than all
 * of this app.
 */
import { direction } from '@/lib/i18n'
import { on } from './blocks/color'
import look from './blocks/look.json'
import type { Brand } from './blocks/mail'
import { escaped, safeUrl } from './markdown'
import frame from './mjml-frame.txt?raw'
import { type Node, readMjml } from './mjml-read'

type Attributes = Record<string, string>
type Made = { of: (node: Node) => Attributes; width: number }

const table = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
const WIDTH = 600

const firsts: Record<string, Attributes> = {
  'mj-section': { padding: '20px 0' },
  'mj-text': {
    padding: '10px 25px',
    'font-family': 'Helvetica, Arial, sans-serif',
    'font-size': '13px',
    'line-height': '1.5',
    color: look.ink,
    align: 'left',
  },
  'mj-button': {
    padding: '10px 25px',
    'inner-padding': '10px 25px',
    'font-family': 'Helvetica, Arial, sans-serif',
    'font-size': '13px',
    'border-radius': '3px',
    align: 'center',
  },
  'mj-image': { padding: '10px 25px', align: 'center' },
  'mj-divider': {
    padding: '10px 25px',
    'border-color': look.line,
    'border-width': '1px',
    'border-style': 'solid',
  },
  'mj-spacer': { height: '20px' },
}

/** What an attribute says stays what it is: no more of a style than its value. */
const value = (text: string): string => escaped(text.replace(/[;{}]/g, ''))

const passed = [
  'background-color',
  'border-radius',
  'border',
  'color',
  'font-family',
  'font-size',
  'font-style',
  'font-weight',
  'letter-spacing',
  'line-height',
  'text-decoration',
  'text-transform',
  'height',
] as const

const sides = ['top', 'right', 'bottom', 'left'] as const

function css(a: Attributes, names: readonly string[] = passed): string {
  const said = names.flatMap((name) => (a[name] ? [`${name}: ${value(a[name])}`] : []))
  if (names === passed) {
    if (a.padding) said.push(`padding: ${value(a.padding)}`)
    for (const side of sides) {
      const one = a[`padding-${side}`]
      if (one) said.push(`padding-${side}: ${value(one)}`)
    }
    if (a.align) said.push(`text-align: ${value(a.align)}`)
  }
  return said.join('; ')
}

const cell = (a: Attributes, inner: string): string =>
  `<tr><td align="${value(a.align ?? 'left')}" style="${css(a)}">${inner}</td></tr>`

const without = (a: Attributes, ...names: string[]): Attributes =>
  Object.fromEntries(Object.entries(a).filter(([name]) => !names.includes(name)))

const parts: Record<string, (a: Attributes, node: Node, made: Made) => string> = {
  'mj-text': (a, { content }) => cell(a, content.trim()),
  'mj-raw': (_, { content }) => `<tr><td>${content.trim()}</td></tr>`,
  'mj-button': (a, { content }) => {
    const back = a['background-color'] ?? look.ink
    const ink = a.color ?? (/^#[0-9a-f]{6}$/i.test(back) ? on(back) : look.sheet)
    const own = css({ ...a, color: ink, 'background-color': back }, [
      'background-color',
      'border',
      'border-radius',
      'color',
      'font-family',
      'font-size',
      'font-weight',
      'line-height',
    ])
    const padding = value(a['inner-padding'] ?? '')
    return cell(
      { padding: a.padding ?? '', align: a.align ?? 'center' },
      `<a href="${escaped(safeUrl(a.href ?? '#'))}" style="display: inline-block; padding: ${padding}; text-decoration: none; ${own}">${content.trim()}</a>`,
    )
  },
  'mj-image': (a) => {
    const width = Number.parseInt(a.width ?? '', 10)
    const size = width > 0 ? `width="${width}" style="width: ${width}px; ` : 'style="width: 100%; '
    const img = `<img src="${escaped(safeUrl(a.src ?? ''))}" alt="${escaped(a.alt ?? '')}" ${size}max-width: 100%; height: auto; border: 0${a['border-radius'] ? `; border-radius: ${value(a['border-radius'])}` : ''}">`
    const inner = a.href ? `<a href="${escaped(safeUrl(a.href))}">${img}</a>` : img
    return cell(without(a, 'height', 'border-radius'), inner)
  },
  'mj-divider': (a) =>
    cell(
      without(a, 'border-color', 'border-width', 'border-style'),
      `<div style="border-top: ${value(`${a['border-width']} ${a['border-style']} ${a['border-color']}`)}; font-size: 0; line-height: 0">&nbsp;</div>`,
    ),
  'mj-spacer': (a) =>
    `<tr><td style="height: ${value(a.height ?? '')}; line-height: ${value(a.height ?? '')}; font-size: 0">&nbsp;</td></tr>`,
}

function share(a: Attributes, columns: number, width: number): number {
  const said = Number.parseFloat(a.width ?? '')
  if (!(said > 0)) return Math.round(100 / columns)
  return Math.min(100, Math.round(a.width?.endsWith('px') ? (said / width) * 100 : said))
}

function section(node: Node, made: Made): string {
  const columns = node.children.filter(({ tag }) => tag === 'mj-column')
  const tds = node.children.map((one) => {
    if (one.tag === 'mj-raw') return one.content.trim()
    const a = made.of(one)
    const inner = one.children.map((part) => parts[part.tag]?.(made.of(part), part, made) ?? '')
    return `<td class="gw-cell" width="${share(a, columns.length, made.width)}%" valign="${value(a['vertical-align'] ?? 'top')}" style="${css(a)}"><table ${table} width="100%">
${inner.join('\n')}
</table></td>`
  })
  return `<tr><td style="${css(made.of(node))}"><table ${table} width="100%"><tr>
${tds.join('\n')}
</tr></table></td></tr>`
}

function bodyOf(node: Node, made: Made): string {
  return node.children
    .map((one) => {
      if (one.tag === 'mj-raw') return one.content.trim()
      if (one.tag === 'mj-section') return section(one, made)
      return `<tr><td style="${css(made.of(one))}"><table ${table} width="100%">
${bodyOf(one, made)}
</table></td></tr>`
    })
    .join('\n')
}

/** What an element has: its own, what its classes say, what all of its kind have. */
function attributesOf(head: Node | undefined): Made['of'] {
  const all = head?.children.find(({ tag }) => tag === 'mj-attributes')?.children ?? []
  const named = (tag: string) => all.find((one) => one.tag === tag)?.attributes ?? {}
  const ofClass = (name: string) =>
    all.find((one) => one.tag === 'mj-class' && one.attributes.name === name)?.attributes ?? {}
  return ({ tag, attributes }) =>
    Object.assign(
      {},
      firsts[tag],
      named('mj-all'),
      named(tag),
      ...(attributes['mj-class'] ?? '').split(/\s+/).filter(Boolean).map(ofClass),
      attributes,
    )
}

/** Throws an MjmlError for what it does not know. */
export function mjml(source: string, { lang }: Brand): string {
  const { children } = readMjml(source)
  const head = children.find(({ tag }) => tag === 'mj-head')
  const body = children.find(({ tag }) => tag === 'mj-body') as Node
  const of = attributesOf(head)
  const says = (tag: string) =>
    (head?.children ?? []).filter((one) => one.tag === tag).map(({ content }) => content.trim())
  const a = of(body)
  const width = Number.parseInt(a.width ?? '', 10) || WIDTH
  const [preview] = says('mj-preview')
  const words: Record<string, string> = {
    $LANG: lang,
    $DIR: direction(lang) === 'rtl' ? 'rtl' : 'ltr',
    $TITLE: escaped(says('mj-title')[0] ?? ''),
    $STYLE: says('mj-style').join('\n').replace(/<\//g, ''),
    $PAGE: value(a['background-color'] ?? look.sheet),
    $WIDTH: String(width),
    $PREHEADER: preview
      ? `<div style="display: none; max-height: 0; overflow: hidden">${escaped(preview)}</div>\n`
      : '',
    $BLOCKS: bodyOf(body, { of, width }),
  }
  return frame.replace(/\$[A-Z]+/g, (name) => words[name] ?? name)
}
