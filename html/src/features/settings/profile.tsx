import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Laptop } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { own } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { sentence } from '@/lib/problem'
import { signOut, useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { Ago } from '@/ui/time'
import { SecondFactor } from './second-factor'

export function ProfilePage() {
  return (
    <Page title={t('settings.profile')}>
      <Name />
      <Password />
      <SecondFactor />
      <Sessions />
    </Page>
  )
}

function Name() {
  const { me } = useSession()
  const cache = useQueryClient()
  const form = useForm({ name: me.name ?? '' }, async ({ name }) => {
    const now = await unwrap(own.PATCH('/api/v1/me', { body: { name: name.trim() || null } }))
    cache.setQueryData(['me'], now)
    toast({ kind: 'done', text: t('profile.saved') })
  })
  return (
    <Card title={t('profile.you')}>
      <form onSubmit={form.onSubmit} className="flex max-w-96 flex-col gap-3">
        <p className="text-ink-2">{me.email}</p>
        <TextField {...form.bind('name')} label={t('field.yourName')} autoComplete="name" />
        <Wrong text={form.problem} />
        <div>
          <Button type="submit" busy={form.busy}>
            {t('action.save')}
          </Button>
        </div>
      </form>
    </Card>
  )
}

function Password() {
  const form = useForm(
    { password: '', next: '' },
    async ({ password, next }) => {
      await unwrap(own.POST('/api/v1/me/password', { body: { password, new_password: next } }))
      location.replace('/app/sign-in')
    },
    { new_password: 'next' },
  )
  return (
    <Card title={t('field.password')}>
      <form onSubmit={form.onSubmit} className="flex max-w-96 flex-col gap-3">
        <TextField
          {...form.bind('password')}
          type="password"
          label={t('profile.oldPassword')}
          autoComplete="current-password"
          required
        />
        <TextField
          {...form.bind('next')}
          type="password"
          label={t('field.newPassword')}
          help={t('profile.passwordHelp')}
          autoComplete="new-password"
          minLength={8}
          required
        />
        <Wrong text={form.problem} />
        <div>
          <Button type="submit" busy={form.busy}>
            {t('profile.change')}
          </Button>
        </div>
      </form>
    </Card>
  )
}

function Sessions() {
  const cache = useQueryClient()
  const [busy, setBusy] = useState<string>()
  const query = useQuery({
    queryKey: ['me', 'sessions'],
    queryFn: () => unwrap(own.GET('/api/v1/sessions')),
  })
  const end = async (id: string, current: boolean) => {
    if (current) return signOut()
    setBusy(id)
    try {
      await unwrap(own.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } }))
      await cache.invalidateQueries({ queryKey: ['me', 'sessions'] })
    } catch (error) {
      toast({ kind: 'error', text: sentence(error) })
    } finally {
      setBusy(undefined)
    }
  }
  return (
    <Card title={t('profile.sessions')} flush>
      <Loaded query={query}>
        {({ items }) => (
          <ul>
            {items.map(({ id, agent, address, used_at, current }) => (
              <li
                key={id}
                className="flex items-center gap-3 border-line border-b px-4 py-2.5 last:border-0"
              >
                <Laptop size={16} aria-hidden className="shrink-0 text-ink-3" />
                <div className="min-w-0 flex-1">
                  <p className="truncate">
                    {current && <strong className="font-semibold">{t('profile.this')} </strong>}
                    {agent ?? t('profile.unknownAgent')}
                  </p>
                  <p className="text-ink-3 text-sm">
                    {address} · <Ago at={used_at} />
                  </p>
                </div>
                <Button busy={busy === id} onClick={() => void end(id, current)}>
                  {t(current ? 'shell.signOut' : 'profile.end')}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  )
}
