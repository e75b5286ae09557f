import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useConflict } from '@/lib/conflict'
import { type Form, useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Conflicted } from '@/ui/conflict'
import { Secret } from '@/ui/copy'
import { Check, TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'

type Webhook = Schemas['Webhook']
type Event = Schemas['WebhookEvent']

const groups: Record<string, readonly Event[]> = {
  contacts: ['contact.created', 'contact.updated', 'contact.deleted', 'contact.unsubscribed'],
  campaigns: [
    'campaign.scheduled',
    'campaign.started',
    'campaign.paused',
    'campaign.resumed',
    'campaign.cancelled',
    'campaign.finished',
    'campaign.failed',
  ],
  messages: [
    'message.sent',
    'message.failed',
    'message.bounced',
    'message.complained',
    'message.opened',
    'message.clicked',
    'message.received',
  ],
  others: [
    'import.finished',
    'import.failed',
    'list.created',
    'list.updated',
    'list.deleted',
    'webhook.disabled',
    'quota.warning',
  ],
}

const empty = { url: '', description: '', events: '' }
type Values = typeof empty
const names: Values = {
  url: t('webhooks.url'),
  description: t('webhooks.description'),
  events: t('webhooks.events'),
}

/** As a form has it: the events are a text, in the order of their names. */
const valuesOf = (row: Webhook): Values => ({
  url: row.url,
  description: row.description ?? '',
  events: [...row.events].sort().join(' '),
})

const bodyOf = ({ url, description, events }: Values) => ({
  url: url.trim(),
  description: description.trim() || null,
  events: events.split(' ') as Event[],
})

export function NewWebhook({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const [secret, setSecret] = useState<string>()
  const form = useForm(empty, async (values) => {
    const made = await unwrap(
      api.POST('/api/v1/webhooks', { body: { ...bodyOf(values), ordered: false } }),
    )
    void cache.invalidateQueries({ queryKey: keys.webhooks })
    setSecret(made.secret ?? '')
  })
  if (secret !== undefined)
    return (
      <Secret
        title={t('webhooks.madeTitle')}
        help={t('webhooks.madeText')}
        text={secret}
        copy={t('webhooks.copy')}
        onClose={onClose}
      />
    )
  return (
    <FormDialog
      title={t('webhooks.new')}
      form={form}
      go={t('webhooks.make')}
      disabled={!form.values.events}
      onClose={onClose}
      wide
    >
      <Parts form={form} />
    </FormDialog>
  )
}

/** It is read anew: an edit is made from what is there, and says so. */
export function EditWebhook({ id, onClose }: { id: string; onClose: () => void }) {
  const { data } = useQuery({
    queryKey: keys.webhook(id),
    queryFn: () => unwrap(api.GET('/api/v1/webhooks/{id}', { params: { path: { id } } })),
    gcTime: 0,
    // what somebody writes stays as it is
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data ? <Edit row={data} onClose={onClose} /> : null
}

function Edit({ row, onClose }: { row: Webhook; onClose: () => void }) {
  const cache = useQueryClient()
  const path = { params: { path: { id: row.id } } }
  const conflict = useConflict(
    `/api/v1/webhooks/${row.id}`,
    async () => valuesOf(await unwrap(api.GET('/api/v1/webhooks/{id}', path))),
    valuesOf(row),
  )
  const form = useForm(conflict.base.current, async (values) => {
    await conflict.guard((headers) =>
      unwrap(api.PATCH('/api/v1/webhooks/{id}', { ...path, body: bodyOf(values), headers })),
    )
    void cache.invalidateQueries({ queryKey: keys.webhooks })
    toast({ kind: 'done', text: t('webhooks.saved') })
    onClose()
  })
  return (
    <FormDialog
      title={t('webhooks.edit')}
      form={conflict.theirs ? { ...form, problem: undefined } : form}
      go={t('action.save')}
      disabled={!form.values.events}
      onClose={onClose}
      wide
    >
      <Parts form={form} />
      <Conflicted conflict={conflict} mine={form.values} names={names} onTheirs={form.setAll} />
    </FormDialog>
  )
}

function Parts({ form }: { form: Form<Values> }) {
  const chosen = new Set(form.values.events.split(' ').filter(Boolean))
  const choose = (event: string, on: boolean) => {
    if (on) chosen.add(event)
    else chosen.delete(event)
    form.set('events', [...chosen].sort().join(' '))
  }
  // what is told of everything, or was named otherwise, stays until it is taken off
  const known = Object.values(groups).flat() as string[]
  const others = [...chosen].filter((event) => !known.includes(event))
  const box = (event: string) => (
    <Check
      key={event}
      label={event === '*' ? t('webhooks.everything') : event}
      checked={chosen.has(event)}
      onChange={({ target }) => choose(event, target.checked)}
    />
  )
  return (
    <>
      <TextField
        {...form.bind('url')}
        label={t('webhooks.url')}
        help={t('webhooks.urlHelp')}
        type="url"
        placeholder="https://hooks.example.com/godwit"
        required
      />
      <TextField {...form.bind('description')} label={t('webhooks.description')} />
      <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        {Object.entries(groups).map(([name, all]) => (
          <fieldset key={name} className="flex flex-col gap-1">
            <legend className="mb-1 font-medium text-ink-2 text-sm">
              {word('eventGroup', name)}
            </legend>
            {all.map(box)}
          </fieldset>
        ))}
        {others.length > 0 && <div className="flex flex-col gap-1">{others.map(box)}</div>}
      </div>
    </>
  )
}
