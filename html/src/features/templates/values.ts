/** What the form of a template begins with. */
import { locale, t } from '@/lib/i18n'
import firstHtml from './first.html?raw'
import type { Template, Values } from './written'

/** What a new mail begins with: it reads well, and one can leave. */
const first = firstHtml
  .replace('"en"', `"${locale()}"`)
  .replace('HELLO', t('template.first.hello'))
  .replace('WRITE', t('template.first.write'))
  .replace('UNSUBSCRIBE', t('template.first.unsubscribe'))
export const empty: Values = {
  name: '',
  category: '',
  channel: 'email',
  subject: '',
  html: first,
  text: '',
  content: '',
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
  }
}

/** What two people may have written differently. */
export const names: Record<string, string> = {
  name: t('field.name'),
  category: t('templates.category'),
  subject: t('content.subject'),
  html: t('template.source.email.html'),
  text: t('template.source.email.text'),
  content: t('campaign.tab.content'),
}
