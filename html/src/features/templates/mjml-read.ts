/** MJML as a tree. What it does not know is told with its line, not left out. */
import { t } from '@/lib/i18n'

export type Node = {
  tag: string
  line: number
  attributes: Record<string, string>
  children: Node[]
  /** of those that hold HTML or words, as it stands */
  content: string
}

export class MjmlError extends Error {
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message)
  }
}

/** What may stand in what. */
const holds: Record<string, readonly string[]> = {
  '': ['mjml'],
  mjml: ['mj-head', 'mj-body'],
  'mj-head': ['mj-title', 'mj-preview', 'mj-attributes', 'mj-style', 'mj-font', 'mj-breakpoint'],
  'mj-attributes': [
    'mj-all',
    'mj-class',
    'mj-body',
    'mj-section',
    'mj-column',
    'mj-text',
    'mj-button',
    'mj-image',
    'mj-divider',
    'mj-spacer',
  ],
  'mj-body': ['mj-section', 'mj-wrapper', 'mj-raw'],
  'mj-wrapper': ['mj-section', 'mj-raw'],
  'mj-section': ['mj-column', 'mj-raw'],
  'mj-column': ['mj-text', 'mj-button', 'mj-image', 'mj-divider', 'mj-spacer', 'mj-raw'],
}

/** These are not looked into. */
const raw = ['mj-text', 'mj-button', 'mj-raw', 'mj-title', 'mj-preview', 'mj-style']

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const read = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '')

const token = /<!--[\s\S]*?-->|<(\/?)(mj[\w-]*)((?:\s+[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/y
const attribute = /([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

export function readMjml(source: string): Node {
  const root: Node = { tag: '', line: 1, attributes: {}, children: [], content: '' }
  const open = [root]
  let at = 0
  let line = 1
  const pass = (to: number) => {
    for (; at < to; at++) if (source[at] === '\n') line++
  }
  const inner = () => open.at(-1) ?? root

  while (at < source.length) {
    const blank = source.slice(at).match(/^\s+/)?.[0].length ?? 0
    pass(at + blank)
    if (at >= source.length) break
    token.lastIndex = at
    const found = token.exec(source)
    if (!found) throw new MjmlError(t('mjml.stray', { tag: inner().tag || 'mjml' }), line)
    const [whole, end, tag = '', attributes = '', closed] = found
    const here = line
    pass(at + whole.length)
    if (!tag) continue
    if (end) {
      if (inner().tag !== tag) throw new MjmlError(t('mjml.end', { tag }), here)
      open.pop()
      continue
    }
    if (!holds[inner().tag]?.includes(tag))
      throw new MjmlError(t('mjml.unknown', { tag, outer: inner().tag || '–' }), here)
    const made: Node = { tag, line: here, attributes: {}, children: [], content: '' }
    for (const [, name = '', one, other] of attributes.matchAll(attribute))
      made.attributes[name] = read(one ?? other ?? '')
    const within = inner()
    within.children.push(made)
    if (closed) continue
    if (raw.includes(tag) && within.tag !== 'mj-attributes') {
      const to = source.indexOf(`</${tag}>`, at)
      if (to < 0) throw new MjmlError(t('mjml.open', { tag }), here)
      made.content = source.slice(at, to)
      pass(to + tag.length + 3)
    } else open.push(made)
  }
  const left = open.length > 1 ? inner() : undefined
  if (left) throw new MjmlError(t('mjml.open', { tag: left.tag }), left.line)
  const mjml = root.children[0]
  if (!mjml?.children.some(({ tag }) => tag === 'mj-body')) throw new MjmlError(t('mjml.noBody'), 1)
  return mjml
}
