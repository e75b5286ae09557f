import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Webhook as Hook, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, Tag } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Secret } from '@/ui/copy'
import { Check, TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Empty, Listed } from '@/ui/states'
import { Ago } from '@/ui/time'
import { Deliveries } from './deliveries'

type Webhook = Schemas['Webhook']
type Event = Schemas['WebhookEvent']

export function WebhooksPage() {
  const can = useCan()
  const [making, setMaking] = useState(false)
  const { id } = useSearch({ strict: false }) as { id?: string }
  const navigate = useNavigate()
  const open = (to: string | undefined) =>
    void navigate({ to: '.', search: { id: to }, replace: true })
  const query = useQuery({
    queryKey: keys.webhooks,
    queryFn: () => unwrap(api.GET('/api/v1/webhooks', { params: { query: { limit: 200 } } })),
  })
  const begin = can('webhooks:write') && (
    <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setMaking(true)}>
      {t('webhooks.new')}
    </Button>
  )
  return (
    <Page title={t('settings.webhooks')} actions={begin}>
      <Card flush>
        <Listed
          query={query}
          empty={
            <Empty
              icon={<Hook size={24} aria-hidden />}
              title={t('webhooks.emptyTitle')}
              action={begin}
            >
              {t('webhooks.emptyText')}
            </Empty>
          }
        >
          {(row) => <Row key={row.id} row={row} onLog={() => open(row.id)} />}
        </Listed>
      </Card>
      {making && <New onClose={() => setMaking(false)} />}
      {id && <Deliveries webhook={id} onClose={() => open(undefined)} />}
    </Page>
  )
}

function Row({ row, onLog }: { row: Webhook; onLog: () => void }) {
  const can = useCan()
  const cache = useQueryClient()
  const [ending, setEnding] = useState(false)
  const path = { params: { path: { id: row.id } } }
  const done = () => cache.invalidateQueries({ queryKey: keys.webhooks })
  const test = useMutation({
    mutationFn: () => unwrap(api.POST('/api/v1/webhooks/{id}/test', path)),
    onSuccess: () => {
      toast({
        kind: 'done',
        text: t('webhooks.tested'),
        action: { label: t('webhooks.log'), run: onLog },
      })
    },
  })
  const toggle = useMutation({
    mutationFn: (enabled: boolean) =>
      unwrap(api.PATCH('/api/v1/webhooks/{id}', { ...path, body: { enabled } })),
    onSettled: done,
  })
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/webhooks/{id}', path)),
    onSuccess: done,
  })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-0">
      <div className="min-w-0 flex-1 basis-72">
        <p className="break-all font-medium">{row.url}</p>
        {row.description && <p className="text-ink-2">{row.description}</p>}
        <p className="mt-1 flex flex-wrap gap-1">
          {row.events.map((event) => (
            <Tag key={event} label={event === '*' ? t('webhooks.everything') : event} />
          ))}
        </p>
      </div>
      <State row={row} />
      <div className="flex flex-wrap gap-2">
        <Button onClick={onLog}>{t('webhooks.log')}</Button>
        {can('webhooks:write') && (
          <>
            <Button busy={test.isPending} onClick={() => test.mutate()}>
              {t('webhooks.test')}
            </Button>
            <Button busy={toggle.isPending} onClick={() => toggle.mutate(!row.enabled)}>
              {t(row.enabled ? 'webhooks.disable' : 'webhooks.enable')}
            </Button>
            <Button onClick={() => setEnding(true)}>{t('action.delete')}</Button>
          </>
        )}
      </div>
      {ending && (
        <Confirm
          title={t('webhooks.deleteTitle')}
          text={t('webhooks.deleteText', { url: row.url })}
          go={t('action.delete')}
          danger
          onClose={() => setEnding(false)}
          run={() => remove.mutateAsync()}
        />
      )}
    </li>
  )
}

function State({ row }: { row: Webhook }) {
  if (!row.enabled)
    return <Badge tone="warn" label={word('webhookDisabled', row.disabled_reason ?? 'request')} />
  if (!row.failing_since) return <Badge tone="ok" label={t('webhooks.working')} />
  return (
    <span className="flex flex-wrap items-center gap-1">
      <Badge tone="bad" label={t('webhooks.failing')} /> <Ago at={row.failing_since} />
    </span>
  )
}

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

function New({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const [events, setEvents] = useState<ReadonlySet<Event>>(new Set())
  const [secret, setSecret] = useState<string>()
  const form = useForm({ url: '', description: '', events: '' }, async ({ url, description }) => {
    const made = await unwrap(
      api.POST('/api/v1/webhooks', {
        body: {
          url: url.trim(),
          description: description.trim() || null,
          events: [...events],
          ordered: false,
        },
      }),
    )
    void cache.invalidateQueries({ queryKey: keys.webhooks })
    setSecret(made.secret ?? '')
  })
  const choose = (event: Event, on: boolean) => {
    const next = new Set(events)
    if (on) next.add(event)
    else next.delete(event)
    setEvents(next)
  }
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
      disabled={events.size === 0}
      onClose={onClose}
      wide
    >
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
            {all.map((event) => (
              <Check
                key={event}
                label={event}
                checked={events.has(event)}
                onChange={({ target }) => choose(event, target.checked)}
              />
            ))}
          </fieldset>
        ))}
      </div>
    </FormDialog>
  )
}
