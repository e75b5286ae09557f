import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { choices } from '@/lib/choices'
import { api, workspaceId } from '@/lib/client'
import { dropDraft, keepDraft, readDraft } from '@/lib/draft'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { ended } from '@/lib/operation'
import { keys } from '@/lib/query-keys'
import { useSession } from '@/lib/session'
import { Field, TextField } from '@/ui/field'
import { Loaded } from '@/ui/states'
import { letter } from './letter'
import { StepForm, type StepProps } from './step'

type Letter = { id: string; name: string }

/** The first letter, and a test of it in one's own mailbox. */
export function MessageStep(props: StepProps) {
  const query = useQuery(choices)
  const [sent, setSent] = useState<string>()
  return (
    <Loaded query={query}>
      {({ templates: [newest] }) => {
        if (sent) return <Sent {...props} to={sent} />
        return newest ? (
          <Test {...props} row={newest} onSent={setSent} />
        ) : (
          <Write {...props} onSent={setSent} />
        )
      }}
    </Loaded>
  )
}

async function sendTest(row: Letter, to: string) {
  await ended(
    unwrap(
      api.POST('/api/v1/templates/{id}/test', {
        params: { path: { id: row.id } },
        body: { to: [to.trim()] },
      }),
    ),
  )
}

type Sending = StepProps & { onSent: (to: string) => void }

/** A draft until it is stored; then it is a template, as any other. */
async function store(subject: string, text: string): Promise<Letter> {
  const made = await unwrap(
    api.POST('/api/v1/templates', {
      body: {
        name: t('setup.letterName'),
        subject,
        html: letter(text, t('setup.unsubscribe')),
      } as never,
    }),
  )
  await unwrap(
    api.POST('/api/v1/templates/{id}/versions/{version}/publish', {
      params: { path: { id: made.id, version: made.version } },
    }),
  )
  return made
}

function Write({ onSent, onSkip }: Sending) {
  const { me } = useSession()
  const cache = useQueryClient()
  const draft = `${workspaceId}:setup:letter`
  const empty = { subject: t('setup.letterSubject'), text: t('setup.letterText'), to: me.email }
  const form = useForm(
    readDraft(draft, empty).values,
    async ({ subject, text, to }) => {
      const made = await store(subject, text)
      dropDraft(draft)
      try {
        await sendTest(made, to)
        onSent(to)
      } finally {
        // it is there now: a second try tests it, and makes no second one
        await Promise.all(
          [keys.templates, keys.choices].map((queryKey) => cache.invalidateQueries({ queryKey })),
        )
      }
    },
    { html: 'text' },
  )
  keepDraft(draft, form.values, empty)
  return (
    <StepForm form={form} go={t('setup.sendTest')} onSkip={onSkip}>
      <TextField
        {...form.bind('subject')}
        label={t('content.subject')}
        required
        maxLength={5000}
        autoFocus
      />
      <Field
        label={t('setup.letterField')}
        help={t('setup.letterHelp')}
        error={form.bind('text').error}
      >
        {(parts) => (
          <textarea
            {...parts}
            name="text"
            required
            rows={8}
            value={form.values.text}
            onChange={(event) => form.set('text', event.target.value)}
            className="field h-auto resize-y py-2"
          />
        )}
      </Field>
      <TextField {...form.bind('to')} type="email" label={t('setup.testTo')} required />
    </StepForm>
  )
}

function Test({ row, onSent, onSkip }: Sending & { row: Letter }) {
  const { me } = useSession()
  const form = useForm({ to: me.email }, async ({ to }) => {
    await sendTest(row, to)
    onSent(to)
  })
  return (
    <StepForm form={form} go={t('setup.sendTest')} onSkip={onSkip}>
      <p className="text-ink-2">{t('setup.testOf', { name: row.name })}</p>
      <TextField {...form.bind('to')} type="email" label={t('setup.testTo')} required autoFocus />
    </StepForm>
  )
}

function Sent({ to, onDone, onSkip }: StepProps & { to: string }) {
  const form = useForm({}, async () => onDone())
  return (
    <StepForm form={form} go={t('action.continue')} ready onSkip={onSkip}>
      <p role="status">{t('setup.testSent', { to })}</p>
    </StepForm>
  )
}
