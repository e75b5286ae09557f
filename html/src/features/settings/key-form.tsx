import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useConflict } from '@/lib/conflict'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Conflicted } from '@/ui/conflict'
import { Secret } from '@/ui/copy'
import { Check, SelectField, TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'

type ApiKey = Schemas['Key']
type Scope = Schemas['Scope']

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

export function NewKey({ onClose }: { onClose: () => void }) {
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

const edited = { name: t('field.name'), addresses: t('keys.addresses') }

const valuesOf = (row: ApiKey) => ({
  name: row.name ?? '',
  addresses: (row.addresses ?? []).join(', '),
})

/** Its name and from where it is used; what it may do stays for ever. */
export function EditKey({ id, onClose }: { id: string; onClose: () => void }) {
  const { data } = useQuery({
    queryKey: keys.apiKey(id),
    queryFn: () => unwrap(api.GET('/api/v1/keys/{id}', { params: { path: { id } } })),
    gcTime: 0,
    // what somebody writes stays as it is
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data ? <Edit row={data} onClose={onClose} /> : null
}

function Edit({ row, onClose }: { row: ApiKey; onClose: () => void }) {
  const cache = useQueryClient()
  const path = { params: { path: { id: row.id } } }
  const conflict = useConflict(
    `/api/v1/keys/${row.id}`,
    async () => valuesOf(await unwrap(api.GET('/api/v1/keys/{id}', path))),
    valuesOf(row),
  )
  const form = useForm(conflict.base.current, async ({ name, addresses }) => {
    const from = addresses.split(/[\s,]+/).filter(Boolean)
    const body = { name: name.trim() || null, addresses: from.length > 0 ? from : null }
    await conflict.guard((headers) =>
      unwrap(api.PATCH('/api/v1/keys/{id}', { ...path, body, headers })),
    )
    void cache.invalidateQueries({ queryKey: keys.apiKeys })
    toast({ kind: 'done', text: t('keys.saved') })
    onClose()
  })
  return (
    <FormDialog
      title={t('keys.edit')}
      form={conflict.theirs ? { ...form, problem: undefined } : form}
      go={t('action.save')}
      onClose={onClose}
    >
      <TextField {...form.bind('name')} label={edited.name} maxLength={200} />
      <TextField
        {...form.bind('addresses')}
        label={edited.addresses}
        help={t('keys.addressesHelp')}
        autoComplete="off"
      />
      <Conflicted conflict={conflict} mine={form.values} names={edited} onTheirs={form.setAll} />
    </FormDialog>
  )
}
