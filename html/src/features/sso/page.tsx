import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Fingerprint, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { ended } from '@/lib/operation'
import { capital } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { CopyLine } from '@/ui/copy'
import { Check, SelectField, TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Empty, Listed } from '@/ui/states'
import { Ago } from '@/ui/time'

type Provider = Schemas['Provider']

const tones: Record<Provider['state'], Tone> = { ready: 'ok', unchecked: 'quiet', failing: 'bad' }

/** Who people come in by, beside their passwords. */
export function SsoPage() {
  const can = useCan()
  const [making, setMaking] = useState(false)
  const query = useQuery({
    queryKey: keys.providers,
    queryFn: () => unwrap(api.GET('/api/v1/sso', { params: { query: { limit: 100 } } })),
    // a new one is looked at in a moment
    refetchInterval: ({ state }) =>
      !!state.data?.items.some((row) => row.enabled && row.state === 'unchecked') && 2000,
  })
  const begin = can('sso:write') && (
    <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setMaking(true)}>
      {t('sso.add')}
    </Button>
  )
  return (
    <Page title={t('settings.sso')} below={t('sso.below')} actions={begin}>
      <Card flush>
        <Listed
          query={query}
          empty={
            <Empty
              icon={<Fingerprint size={24} aria-hidden />}
              title={t('sso.emptyTitle')}
              action={begin}
            >
              {t('sso.emptyText')}
            </Empty>
          }
        >
          {(row) => <Row key={row.id} row={row} />}
        </Listed>
      </Card>
      {making && <Add onClose={() => setMaking(false)} />}
    </Page>
  )
}

/** Once followed, a browser has the provider on its page of signing in. */
const door = ({ id, name }: Provider): string =>
  `${location.origin}/app/sign-in?${new URLSearchParams({ sso: id, name })}`

function Row({ row }: { row: Provider }) {
  const can = useCan()
  const cache = useQueryClient()
  const [ending, setEnding] = useState(false)
  const path = { params: { path: { id: row.id } } }
  const done = () => cache.invalidateQueries({ queryKey: keys.providers })
  const look = useMutation({
    mutationFn: () => ended(unwrap(api.POST('/api/v1/sso/{id}/check', path))),
    onSettled: done,
  })
  const change = useMutation({
    mutationFn: (body: { enabled: boolean } | { listed: boolean }) =>
      unwrap(api.PATCH('/api/v1/sso/{id}', { ...path, body })),
    onSettled: done,
  })
  // as it is to be, until the server has said how it is
  const listed =
    change.isPending && 'listed' in change.variables ? change.variables.listed : row.listed
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/sso/{id}', path)),
    onSuccess: done,
  })
  return (
    <li className="flex flex-col gap-3 border-line border-b px-4 py-3 last:border-0">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <p className="break-words font-medium">{row.name}</p>
          <p className="break-all text-ink-3 text-sm">
            {row.issuer} · <Ago at={row.checked_at} />
          </p>
          {row.problem && <p className="break-words text-bad text-sm">{capital(row.problem)}</p>}
        </div>
        <Badge
          tone={row.enabled ? tones[row.state] : 'warn'}
          label={row.enabled ? word('ssoState', row.state) : t('sso.off')}
        />
        {can('sso:write') && (
          <div className="flex flex-wrap gap-2">
            <Button busy={look.isPending} onClick={() => look.mutate()}>
              {t('domains.look')}
            </Button>
            <Button
              busy={change.isPending}
              onClick={() => change.mutate({ enabled: !row.enabled })}
            >
              {t(row.enabled ? 'webhooks.disable' : 'webhooks.enable')}
            </Button>
            <Button onClick={() => setEnding(true)}>{t('action.delete')}</Button>
          </div>
        )}
      </div>
      <Check
        label={t('sso.listed')}
        help={t('sso.listedHelp')}
        checked={listed}
        disabled={!can('sso:write') || change.isPending}
        onChange={({ target }) => change.mutate({ listed: target.checked })}
      />
      <div>
        <p className="mb-1 text-ink-2 text-sm">{t('sso.link')}</p>
        <CopyLine text={door(row)} label={t('sso.copyLink', { name: row.name })} />
      </div>
      {ending && (
        <Confirm
          title={t('sso.deleteTitle', { name: row.name })}
          text={t('sso.deleteText')}
          go={t('action.delete')}
          danger
          onClose={() => setEnding(false)}
          run={() => remove.mutateAsync()}
        />
      )}
    </li>
  )
}

/** In which role comes in who is in no group: nobody, unless it is said. */
const roles = ['', 'viewer', 'agent', 'manager', 'admin'] as const

function Add({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const empty = { name: '', issuer: '', client_id: '', client_secret: '', role: '' }
  const form = useForm(empty, async ({ name, issuer, client_id, client_secret, role }) => {
    await unwrap(
      api.POST('/api/v1/sso', {
        body: {
          name: name.trim(),
          issuer: issuer.trim(),
          client_id: client_id.trim(),
          client_secret: client_secret || null,
          role: role || null,
        },
      }),
    )
    await cache.invalidateQueries({ queryKey: keys.providers })
    toast({ kind: 'done', text: t('sso.added', { name }) })
    onClose()
  })
  return (
    <FormDialog title={t('sso.add')} form={form} go={t('sso.add')} onClose={onClose}>
      <TextField {...form.bind('name')} label={t('field.name')} required maxLength={100} />
      <TextField
        {...form.bind('issuer')}
        type="url"
        label={t('sso.issuer')}
        help={t('sso.issuerHelp')}
        required
        maxLength={2000}
      />
      <TextField
        {...form.bind('client_id')}
        label={t('sso.client')}
        help={t('sso.clientHelp', { uri: `${location.origin}/api/v1/sso/callback` })}
        required
        maxLength={500}
        autoComplete="off"
      />
      <TextField
        {...form.bind('client_secret')}
        type="password"
        label={t('sso.secret')}
        maxLength={4000}
        autoComplete="new-password"
      />
      <SelectField
        {...form.bind('role')}
        label={t('members.role')}
        help={t('sso.roleHelp')}
        options={roles.map((role) => [role, role ? word('role', role) : t('sso.nobody')])}
      />
    </FormDialog>
  )
}
