import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan, useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, Tag, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Secret } from '@/ui/copy'
import { Check, SelectField, TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Empty, Listed } from '@/ui/states'
import { Ago } from '@/ui/time'

type ApiKey = Schemas['Key']
type Scope = Schemas['Scope']

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
      {making && <New onClose={() => setMaking(false)} />}
    </Page>
  )
}

function Row({ row }: { row: ApiKey }) {
  const can = useCan()
  const cache = useQueryClient()
  const [ending, setEnding] = useState(false)
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
        <Button onClick={() => setEnding(true)}>{t('keys.revoke')}</Button>
      )}
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

const nouns = [
  'contacts',
  'lists',
  'segments',
  'campaigns',
  'templates',
  'sends',
  'events',
  'suppressions',
  'conversations',
  'webhooks',
  'files',
  'analytics',
  'operations',
] as const
const days: Record<string, number | null> = { none: null, '30': 30, '90': 90, '365': 365 }

/** What may be done with each noun: nothing, read, or write. */
function scopesOf(values: Record<string, string>): Scope[] {
  return nouns.flatMap((noun) => (values[noun] ? [`${noun}:${values[noun]}` as Scope] : []))
}

function New({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const { workspace } = useSession()
  const [made, setMade] = useState<string>()
  const [all, setAll] = useState(false)
  const [test, setTest] = useState(false)
  const form = useForm(
    {
      name: '',
      until: '90',
      scopes: '',
      ...Object.fromEntries(nouns.map((noun) => [noun, ''])),
    } as Record<string, string>,
    async (values) => {
      const left = days[values.until ?? 'none']
      const key = await unwrap(
        api.POST('/api/v1/keys', {
          body: {
            name: values.name?.trim() || null,
            scopes: all ? ['*'] : scopesOf(values),
            expires_at: left ? new Date(Date.now() + left * 86_400_000).toISOString() : null,
            ...(test && { test }),
          },
        }),
      )
      void cache.invalidateQueries({ queryKey: keys.apiKeys })
      setMade(key.key ?? '')
    },
  )
  if (made !== undefined)
    return (
      <Secret
        title={t('keys.madeTitle')}
        help={t('keys.madeText')}
        text={made}
        copy={t('keys.copy')}
        onClose={onClose}
      />
    )
  return (
    <FormDialog
      title={t('keys.new')}
      form={form}
      go={t('keys.make')}
      disabled={!all && scopesOf(form.values).length === 0}
      onClose={onClose}
    >
      <TextField
        {...form.bind('name')}
        label={t('field.name')}
        help={t('keys.nameHelp')}
        required
      />
      <SelectField
        {...form.bind('until')}
        label={t('keys.until')}
        options={Object.keys(days).map((n) => [
          n,
          n === 'none' ? t('keys.never') : t('home.days', { count: Number(n) }),
        ])}
      />
      {workspace.scopes.includes('*') && (
        <Check
          label={t('keys.everything')}
          checked={all}
          onChange={(event) => setAll(event.target.checked)}
        />
      )}
      {!all && (
        <fieldset className="grid grid-cols-1 gap-x-6 gap-y-2 sm:grid-cols-2">
          <legend className="mb-1 font-medium text-ink-2 text-sm">{t('keys.may')}</legend>
          {nouns.map((noun) => (
            <label key={noun} className="flex items-center gap-2">
              <span className="flex-1">{word('noun', noun)}</span>
              <select
                className="field w-28"
                value={form.values[noun]}
                onChange={(event) => form.set(noun, event.target.value)}
              >
                <option value="">–</option>
                <option value="read">{t('keys.read')}</option>
                {!['sends', 'events'].includes(noun) && (
                  <option value="write">{t('keys.write')}</option>
                )}
              </select>
            </label>
          ))}
        </fieldset>
      )}
      <Check
        label={t('keys.test')}
        help={t('keys.testHelp')}
        checked={test}
        onChange={(event) => setTest(event.target.checked)}
      />
    </FormDialog>
  )
}
