import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { t } from '@/lib/i18n'
import { fieldErrors } from '@/lib/problem'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { TextField } from '@/ui/field'
import { Card } from '@/ui/page'
import { Tabs } from '@/ui/tabs'
import look from './blocks/look.json'
import type { Part } from './editor'
import { htmlOf, type Kind, kinds, turned, wrongIn } from './kinds'
import { linted } from './queries'
import { SmsCount } from './sms-count'
import { type Jump, Source } from './source'
import { brandOf } from './values'
import { readCall } from './webhook'
import { WebhookForm } from './webhook-form'
import { readApproved } from './whatsapp'
import { WhatsappForm } from './whatsapp-form'
import { type Finding, near, placeOf, type Values, type Written } from './written'

// it comes with the first mail of blocks
const BlockEditor = lazy(() =>
  import('./blocks/editor').then((part) => ({ default: part.BlockEditor })),
)

type Props = Part & {
  color: string | null
  written: Written
  /** as whom it is seen */
  person: string | undefined
  jump: Jump | undefined
  onJump: (to: Jump) => void
}

/** What a template says. */
export function Content(props: Props) {
  const { form, written } = props
  const { data, error } = useQuery(linted(written))
  const wrong = fieldErrors(error)
  const readOnly = !useCan()('templates:write')
  const part = { ...props, wrong, found: error ? [] : (data?.findings ?? []), readOnly }
  return (
    <Card title={t('campaign.tab.content')}>
      <div className="flex flex-col gap-4">
        {form.values.channel === 'email' ? (
          <Mail {...part} />
        ) : (
          <Other key={form.values.channel} {...part} />
        )}
      </div>
    </Card>
  )
}

const forms = {
  whatsapp: [WhatsappForm, readApproved],
  webhook: [WebhookForm, readCall],
} as const

/** What is no mail: a text that is counted, or a form over its JSON. */
function Other(props: More) {
  const { form, wrong, readOnly } = props
  const { channel, content } = form.values
  const set = (to: string) => form.set('content', to)
  const read = channel === 'whatsapp' || channel === 'webhook' ? forms[channel][1] : undefined
  const unread = () => !!read && read(content) === undefined
  const [raw, setRaw] = useState(unread)
  if (channel === 'email') return null
  if (channel === 'sms')
    return (
      <>
        <TextOf {...props} name="content" rows={8} />
        <SmsCount
          written={props.written}
          person={props.person}
          text={content}
          readOnly={readOnly}
          set={set}
        />
      </>
    )
  const [Form] = forms[channel]
  const says = form.bind('content').error ?? wrong.content
  return (
    <>
      <Tabs
        label={t('template.kind')}
        tabs={[
          ['form', t('template.asForm')],
          ['json', t('template.asJson')],
        ]}
        current={raw ? 'json' : 'form'}
        onChoose={(to) => setRaw(to === 'json' || unread())}
      />
      {!raw ? (
        <>
          <Form content={content} set={set} readOnly={readOnly} />
          {says && (
            <p role="alert" className="text-bad text-sm">
              {says}
            </p>
          )}
        </>
      ) : (
        <TextOf {...props} name="content" rows={22} />
      )}
    </>
  )
}

type More = Props & { wrong: Record<string, string>; found: Finding[]; readOnly: boolean }

function Mail(props: More) {
  const { form, color, wrong, readOnly } = props
  const kind = form.values.kind as Kind
  const onKind = useKinds(form, color)
  const edited = useRef(false)
  const made = (source: string) => {
    edited.current = true
    form.set('source', source)
    // what makes no HTML yet leaves that which was made last
    if (!wrongIn(kind, source))
      form.set('html', htmlOf(kind, source, brandOf(form.values.html, color)))
  }
  // what was written before the colour had come is made anew
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the colour alone
  useEffect(() => {
    if (edited.current && kind !== 'html') made(form.values.source)
  }, [color])
  const amiss = wrongIn(kind, form.values.source)
  // what is wrong with what was made stands with what it was made of
  const says = kind === 'html' ? undefined : (form.bind('html').error ?? wrong.html)
  return (
    <>
      <TextField
        {...form.bind('subject')}
        label={t('content.subject')}
        error={form.bind('subject').error ?? wrong.subject}
        readOnly={readOnly}
        required
        maxLength={5000}
      />
      {!readOnly && (
        <Tabs
          label={t('template.kind')}
          tabs={kinds.map((one) => [one, t(`template.kind.${one}`)] as const)}
          current={kind}
          onChoose={onKind}
        />
      )}
      {kind === 'blocks' && (
        <Suspense fallback={<div aria-hidden className="skeleton h-64" />}>
          <BlockEditor
            source={form.values.source}
            color={color ?? look.accent}
            readOnly={readOnly}
            onChange={made}
          />
        </Suspense>
      )}
      {(kind === 'markdown' || kind === 'mjml') && (
        <Source
          name="source"
          label={t(`template.source.${kind}`)}
          help={t(`template.help.${kind}`)}
          error={amiss && t('template.atLine', { message: amiss.message, line: amiss.line })}
          value={form.values.source}
          set={made}
          jump={props.jump}
          rows={22}
          readOnly={readOnly}
          marked={amiss && new Set([amiss.line])}
        />
      )}
      {says && (
        <p role="alert" className="text-bad text-sm">
          {says}
        </p>
      )}
      {kind === 'html' && <TextOf {...props} name="html" rows={22} />}
      <TextOf {...props} name="text" rows={6} />
    </>
  )
}

/** Another kind begins with what there is; what it was comes back as long as nothing was made of it. */
function useKinds(form: Part['form'], color: string | null): (to: Kind) => void {
  const left = useRef<Partial<Record<string, Values>>>({})
  return (to) => {
    const before = form.values
    const { kind, source, html } = before
    if (to === kind) return
    left.current[kind] = before
    const kept = left.current[to]
    if (kept?.html === html) {
      form.setAll({ ...before, kind: to, source: kept.source })
      return
    }
    const now = turned(kind as Kind, to, source, html)
    form.setAll({
      ...before,
      kind: to,
      source: now,
      html: to === 'html' ? html : htmlOf(to, now, brandOf(html, color)),
    })
    if (to === 'html') return
    toast({
      kind: 'done',
      text: t('template.turned', { kind: t(`template.kind.${to}`) }),
      action: { label: t('block.undo'), run: () => form.setAll(before) },
    })
  }
}

type TextProps = More & { name: 'html' | 'text' | 'content'; rows: number }

/** One text of it, with its lines and what is wrong with them. */
function TextOf({ form, wrong, found, jump, onJump, readOnly, name, rows }: TextProps) {
  const says = form.bind(name).error ?? wrong[name]
  const line = says ? placeOf(says) : undefined
  return (
    <div>
      <Source
        name={name}
        label={t(`template.source.${form.values.channel}.${name}` as 'template.source.email.html')}
        help={name === 'text' ? t('template.textHelp') : undefined}
        error={says}
        value={form.values[name]}
        set={(value) => form.set(name, value)}
        jump={jump}
        rows={rows}
        readOnly={readOnly}
        marked={
          new Set(
            line ? [line] : found.flatMap((f) => (f.field === name && near(f) ? [f.line] : [])),
          )
        }
      />
      {line && (
        <Button kind="ghost" onClick={() => onJump({ field: name, line })}>
          {t('template.goTo', { line })}
        </Button>
      )}
    </div>
  )
}
