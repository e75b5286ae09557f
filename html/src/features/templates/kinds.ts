/** How the HTML of a mail is written: by hand, or made of something else. */
import { t } from '@/lib/i18n'
import { type Brand, mailOf } from './blocks/mail'
import { block, type Doc, parseDoc, readDoc, writeDoc } from './blocks/model'

export const kinds = ['blocks', 'markdown', 'html'] as const
export type Kind = (typeof kinds)[number]

type Design = { kind: string; [name: string]: unknown } | null | undefined

/** What was made of what, and is not known here, is edited as HTML. */
export function sourceOf(design: Design): { kind: Kind; source: string } {
  if (design?.kind === 'blocks') return { kind: 'blocks', source: writeDoc(readDoc(design)) }
  if (design?.kind === 'markdown' && typeof design.source === 'string')
    return { kind: 'markdown', source: design.source }
  return { kind: 'html', source: '' }
}

export function designOf(kind: string, source: string): Design {
  if (kind === 'blocks') return { kind, ...(JSON.parse(source) as Doc) }
  return kind === 'markdown' ? { kind, source } : null
}

const leave = (): string =>
  `[${t('template.first.unsubscribe')}]({{ unsubscribe_url }}) · [${t('block.preferences')}]({{ preferences_url }})`

const footer = () => block('footer', { text: `${t('block.because')}\n\n${leave()}` })

const docOf = (blocks: Doc['blocks']): Doc => ({ ...readDoc({}), blocks })

/** Markdown is the one text of a mail of blocks; one can leave, whether it says so or not. */
const ofMarkdown = (source: string): Doc =>
  docOf([
    block('text', { text: source }),
    ...(source.includes('unsubscribe_url') ? [] : [footer()]),
  ])

/** The HTML that a source makes; of what is written by hand itself. */
export function htmlOf(kind: string, source: string, brand: Brand): string {
  return mailOf(kind === 'markdown' ? ofMarkdown(source) : parseDoc(source), brand)
}

const hello = () => `${t('template.first.hello')} {{ contact.first_name }}`

/** What a mail of that kind begins with: it reads well, and one can leave. */
const first: Record<'blocks' | 'markdown', () => string> = {
  blocks: () =>
    writeDoc(
      docOf([
        block('heading', { text: hello() }),
        block('text', { text: t('template.first.write') }),
        block('button', { text: t('block.look'), href: 'https://' }),
        footer(),
      ]),
    ),
  markdown: () =>
    `# ${hello()}\n\n${t('template.first.write')}\n\n[${t('block.look')}](https://){button}\n`,
}

const body = (html: string): string =>
  html.match(/<body[^>]*>([\s\S]*?)<\/body>/i)?.[1]?.trim() ?? html

/** What is written in one kind, in another: as much of it as that can say. */
export function turned(from: Kind, to: Kind, source: string, html: string): string {
  if (to === 'blocks' && from === 'markdown') return writeDoc(ofMarkdown(source))
  if (to === 'blocks' && html.trim()) return writeDoc(docOf([block('html', { text: body(html) })]))
  if (to === 'markdown' && from === 'blocks') {
    const said = parseDoc(source).blocks.flatMap((one) => says[one.type]?.(one) ?? [])
    return said.length > 0 ? `${said.join('\n\n')}\n` : first.markdown()
  }
  return to === 'html' ? '' : first[to]()
}

const says: Partial<Record<Doc['blocks'][number]['type'], (one: Doc['blocks'][number]) => string>> =
  {
    heading: ({ text, size }) => `${'#'.repeat(size)} ${text}`,
    text: ({ text }) => text,
    button: ({ text, href }) => `[${text}](${href}){button}`,
    image: ({ text, src }) => `![${text}](${src})`,
    divider: () => '---',
    footer: ({ text }) => text,
  }

export const firstOf = (kind: Kind): string => (kind === 'html' ? '' : first[kind]())

/** The language that a mail says it is in. */
export const langOf = (html: string): string | undefined =>
  html.match(/<html[^>]*\slang="([A-Za-z-]{2,35})"/)?.[1]
