/** How the HTML of a mail is written: by hand, or made of something else. */
import { t } from '@/lib/i18n'
import look from './blocks/look.json'
import { type Brand, mailOf } from './blocks/mail'
import { block, type Doc, parseDoc, readDoc, writeDoc } from './blocks/model'
import { mjml } from './mjml'
import { MjmlError } from './mjml-read'

export const kinds = ['blocks', 'markdown', 'mjml', 'html'] as const
export type Kind = (typeof kinds)[number]

type Design = { kind: string; [name: string]: unknown } | null | undefined

/** What was made of what, and is not known here, is edited as HTML. */
export function sourceOf(design: Design): { kind: Kind; source: string } {
  if (design?.kind === 'blocks') return { kind: 'blocks', source: writeDoc(readDoc(design)) }
  if ((design?.kind === 'markdown' || design?.kind === 'mjml') && typeof design.source === 'string')
    return { kind: design.kind, source: design.source }
  return { kind: 'html', source: '' }
}

export function designOf(kind: string, source: string): Design {
  if (kind === 'blocks') return { kind, ...(JSON.parse(source) as Doc) }
  return kind === 'html' ? null : { kind, source }
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

/** The HTML that a source makes; what is no MJML makes none, and throws what is wrong. */
export function htmlOf(kind: string, source: string, brand: Brand): string {
  if (kind === 'mjml') return mjml(source, brand)
  return mailOf(kind === 'markdown' ? ofMarkdown(source) : parseDoc(source), brand)
}

/** What is wrong with a source, and where. */
export function wrongIn(kind: string, source: string): MjmlError | undefined {
  if (kind !== 'mjml') return undefined
  try {
    mjml(source, { color: null, lang: 'en' })
  } catch (error) {
    if (error instanceof MjmlError) return error
    throw error
  }
  return undefined
}

const hello = () => `${t('template.first.hello')} {{ contact.first_name }}`

/** What a mail of that kind begins with: it reads well, and one can leave. */
const first: Record<'blocks' | 'markdown' | 'mjml', () => string> = {
  blocks: () =>
    writeDoc(
      docOf([
        block('heading', { text: hello() }),
        block('text', { text: t('template.first.write') }),
        block('button', { text: t('block.look'), href: 'https://' }),
        footer(),
      ]),
    ),
  mjml: () => `<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text font-size="24px">${hello()}</mj-text>
        <mj-text>${t('template.first.write')}</mj-text>
        <mj-button href="https://" background-color="${look.accent}">${t('block.look')}</mj-button>
        <mj-text font-size="12px"><a href="{{ unsubscribe_url }}">${t('template.first.unsubscribe')}</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`,
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
