/** What the form of a template begins with. */
import { locale, t } from '@/lib/i18n'
import { firstOf, htmlOf, langOf, sourceOf } from './kinds'
import type { Template, Values } from './written'

/** A new mail: of blocks, in the colour of the workspace. */
export function empty(color: string | null): Values {
  const source = firstOf('blocks')
  return {
    name: '',
    category: '',
    channel: 'email',
    subject: '',
    html: htmlOf('blocks', source, { color, lang: locale() }),
    text: '',
    content: '',
    kind: 'blocks',
    source,
  }
}

export function valuesOf(row: Template): Values {
  const content = row.content as { text?: string } | undefined
  return {
    name: row.name,
    category: row.category ?? '',
    channel: row.channel,
    subject: row.subject ?? '',
    html: row.html ?? '',
    text: row.text ?? '',
    content: row.channel === 'sms' ? (content?.text ?? '') : JSON.stringify(content ?? {}, null, 2),
    ...sourceOf(row.design),
  }
}

/** Whose language a mail is in stays, whoever writes on it. */
export const brandOf = (html: string, color: string | null) => ({
  color,
  lang: langOf(html) ?? locale(),
})

/** What two people may have written differently. */
export const names: Record<string, string> = {
  name: t('field.name'),
  category: t('templates.category'),
  subject: t('content.subject'),
  html: t('template.source.email.html'),
  text: t('template.source.email.text'),
  content: t('campaign.tab.content'),
}
