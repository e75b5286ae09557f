import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Webhook as Hook, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, Tag } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Card, Page } from '@/ui/page'
import { Empty, Listed } from '@/ui/states'
import { Ago } from '@/ui/time'
import { Deliveries } from './deliveries'
import { EditWebhook, NewWebhook } from './webhook-form'

type Webhook = Schemas['Webhook']

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
      {making && <NewWebhook onClose={() => setMaking(false)} />}
      {id && <Deliveries webhook={id} onClose={() => open(undefined)} />}
    </Page>
  )
}

function Row({ row, onLog }: { row: Webhook; onLog: () => void }) {
  const can = useCan()
  const cache = useQueryClient()
  const [ending, setEnding] = useState(false)
  const [editing, setEditing] = useState(false)
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
            <Button onClick={() => setEditing(true)}>{t('action.edit')}</Button>
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
      {editing && <EditWebhook id={row.id} onClose={() => setEditing(false)} />}
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
