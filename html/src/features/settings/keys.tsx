import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, Tag, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Card, Page } from '@/ui/page'
import { Empty, Listed } from '@/ui/states'
import { Ago } from '@/ui/time'
import { EditKey, NewKey } from './key-form'

type ApiKey = Schemas['Key']

const tones: Record<ApiKey['state'], Tone> = { active: 'ok', expired: 'warn', revoked: 'quiet' }

export function KeysPage() {
  const can = useCan()
  const [making, setMaking] = useState(false)
  const query = useQuery({
    queryKey: keys.apiKeys,
    queryFn: () =>
      unwrap(api.GET('/api/v1/keys', { params: { query: { sort: '-id', limit: 200 } } })),
  })
  const begin = can('keys:write') && (
    <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setMaking(true)}>
      {t('keys.new')}
    </Button>
  )
  return (
    <Page
      title={t('settings.keys')}
      below={
        <a className="text-accent underline" href="/docs/" target="_blank" rel="noreferrer">
          {t('keys.docs')}
        </a>
      }
      actions={begin}
    >
      <Card flush>
        <Listed
          query={query}
          empty={
            <Empty
              icon={<KeyRound size={24} aria-hidden />}
              title={t('keys.emptyTitle')}
              action={begin}
            >
              {t('keys.emptyText')}
            </Empty>
          }
        >
          {(row) => <Row key={row.id} row={row} />}
        </Listed>
      </Card>
      {making && <NewKey onClose={() => setMaking(false)} />}
    </Page>
  )
}

function Row({ row }: { row: ApiKey }) {
  const can = useCan()
  const cache = useQueryClient()
  const [ending, setEnding] = useState(false)
  const [editing, setEditing] = useState(false)
  const revoke = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/keys/{id}/revoke', { params: { path: { id: row.id } } })),
    onSuccess: () => {
      toast({ kind: 'done', text: t('keys.revoked') })
      return cache.invalidateQueries({ queryKey: keys.apiKeys })
    },
  })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-0">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex items-center gap-2">
          <span className="truncate font-medium">{row.name ?? row.id}</span>
          {row.test && <Tag label={t('campaign.test')} />}
        </p>
        <p className="mt-1 flex flex-wrap gap-1">
          {row.scopes.map((scope) => (
            <Tag key={scope} label={scope === '*' ? t('keys.everything') : scope} />
          ))}
        </p>
      </div>
      <Badge tone={tones[row.state]} label={word('keyState', row.state)} />
      <span className="w-40 text-ink-3 text-sm">
        {row.last_used_at ? (
          <>
            {t('keys.used')} <Ago at={row.last_used_at} />
          </>
        ) : (
          t('keys.unused')
        )}
      </span>
      {can('keys:write') && row.state === 'active' && (
        <div className="flex gap-2">
          <Button onClick={() => setEditing(true)}>{t('action.edit')}</Button>
          <Button onClick={() => setEnding(true)}>{t('keys.revoke')}</Button>
        </div>
      )}
      {editing && <EditKey id={row.id} onClose={() => setEditing(false)} />}
      {ending && (
        <Confirm
          title={t('keys.revokeTitle', { name: row.name ?? row.id })}
          text={t('keys.revokeText')}
          go={t('keys.revoke')}
          danger
          onClose={() => setEnding(false)}
          run={() => revoke.mutateAsync()}
        />
      )}
    </li>
  )
}
