/** What a template says, and what is said of it. */
import type { Schemas } from '@/lib/client'
import { t } from '@/lib/i18n'
import { Refused } from '@/lib/problem'
import type { Tone } from '@/ui/badge'
import { designOf } from './kinds'

export type Template = Schemas['Template']
export type Finding = Schemas['LintFinding']
export type Channel = Template['channel']
export type Values = {
  name: string
  category: string
  channel: Channel
  subject: string
  html: string
  text: string
  /** what is no mail: the text of an SMS, else the JSON */
  content: string
  /** how the html of a mail is written, and what it is made of: see kinds.ts */
  kind: string
  source: string
}

/** What is written now, stored or not. */
export type Written = Pick<Values, 'channel' | 'subject' | 'html' | 'text' | 'content'> & {
  /** the version that says the same: what is known of it need not be worked out */
  saved?: { id: string; version: number }
}

export function contentOf({ channel, content }: Written): Record<string, unknown> {
  if (channel === 'sms') return { text: content }
  try {
    return JSON.parse(content) as Record<string, unknown>
  } catch {
    throw new Refused(t('template.badJson'))
  }
}

export const bodyOf = (w: Written) =>
  w.channel === 'email'
    ? { subject: w.subject, html: w.html, text: w.text || null }
    : { content: contentOf(w) }

/** As it is stored: with what html was made of. */
export const storedOf = (v: Values) => ({
  channel: v.channel,
  ...bodyOf(v),
  ...(v.channel === 'email' && { design: designOf(v.kind, v.source) }),
})

/** Which version campaigns take, and whether a newer one waits. */
export function stateOf(row: Template): { tone: Tone; label: string } {
  if (row.live_version === null) return { tone: 'quiet', label: t('templates.draft') }
  if (row.live_version === row.version) return { tone: 'ok', label: t('templates.live') }
  return { tone: 'info', label: t('templates.newer') }
}

/** Where an error of Liquid stands: `..., line 2, column 8`. */
export function placeOf(message: string): number | undefined {
  const found = message.match(/line (\d+), column \d+/)
  return found ? Number(found[1]) : undefined
}

/** Is that line in what is edited? Not in a snippet, nor another language. */
export const near = (f: Finding): f is Finding & { line: number } =>
  f.line !== null && !f.snippet && !f.locale && !f.variant
