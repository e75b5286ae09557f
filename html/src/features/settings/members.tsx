import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan, useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { SelectField, TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { Ago } from '@/ui/time'

type Member = Schemas['Member']
const usual = ['owner', 'admin', 'manager', 'agent', 'viewer']

/** The roles that there are, once somebody chooses; who may not read them knows the usual ones. */
function useRoles(asked: boolean): [string, string][] {
  const can = useCan()
  const { data } = useQuery({
    queryKey: keys.roles,
    enabled: asked && can('roles:read'),
    queryFn: () => unwrap(api.GET('/api/v1/roles', { params: { query: { limit: 200 } } })),
  })
  const names = data?.items.map(({ name }) => name) ?? usual
  return names.map((name) => [name, word('role', name)])
}

export function MembersPage() {
  const can = useCan()
  const [inviting, setInviting] = useState(false)
  const query = useQuery({
    queryKey: keys.members,
    queryFn: () => unwrap(api.GET('/api/v1/members', { params: { query: { limit: 500 } } })),
  })
  return (
    <Page
      title={t('settings.members')}
      actions={
        can('members:write') && (
          <Button
            kind="primary"
            icon={<UserPlus size={15} aria-hidden />}
            onClick={() => setInviting(true)}
          >
            {t('members.invite')}
          </Button>
        )
      }
    >
      <Card flush>
        <Loaded query={query}>
          {({ items }) => (
            <ul>
              {items.map((member) => (
                <Row key={member.id} member={member} />
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
      <Invitations />
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </Page>
  )
}

const line =
  'flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-4 py-2.5 last:border-0'

function Row({ member }: { member: Member }) {
  const { me } = useSession()
  const can = useCan()
  const cache = useQueryClient()
  const [near, setNear] = useState(false)
  const roles = useRoles(near)
  const [leaving, setLeaving] = useState(false)
  const path = { params: { path: { id: member.id } } }
  const role = useMutation({
    mutationFn: (to: string) =>
      unwrap(api.PATCH('/api/v1/members/{id}', { ...path, body: { role: to } })),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.members }),
  })
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/members/{id}', path)),
    onSuccess: () => {
      toast({ kind: 'done', text: t('members.removed', { email: member.email }) })
      return cache.invalidateQueries({ queryKey: keys.members })
    },
  })
  const mine = member.id === me.id
  return (
    <li className={line}>
      <div className="min-w-0 flex-1 basis-52">
        <p className="truncate font-medium">
          {member.name ?? member.email}{' '}
          {mine && <span className="text-ink-3">({t('members.you')})</span>}
        </p>
        <p className="truncate text-ink-3 text-sm">{member.email}</p>
      </div>
      {member.state === 'disabled' && <Badge tone="warn" label={t('members.disabled')} />}
      <select
        aria-label={t('members.roleOf', { email: member.email })}
        className="field w-36"
        value={role.isPending ? role.variables : member.role}
        disabled={!can('members:write') || mine || role.isPending}
        onFocus={() => setNear(true)}
        onPointerEnter={() => setNear(true)}
        onChange={(event) => role.mutate(event.target.value)}
      >
        {(roles.some(([name]) => name === member.role)
          ? roles
          : [...roles, [member.role, member.role] as const]
        ).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      {can('members:write') && !mine && (
        <Button onClick={() => setLeaving(true)}>{t('members.remove')}</Button>
      )}
      {leaving && (
        <Confirm
          title={t('members.removeTitle', { email: member.email })}
          text={t('members.removeText')}
          go={t('members.remove')}
          danger
          onClose={() => setLeaving(false)}
          run={() => remove.mutateAsync()}
        />
      )}
    </li>
  )
}

function Invitations() {
  const can = useCan()
  const cache = useQueryClient()
  const query = useQuery({
    queryKey: keys.invitations,
    queryFn: () => unwrap(api.GET('/api/v1/invitations', { params: { query: { limit: 200 } } })),
  })
  const back = useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } })),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.invitations }),
  })
  if (!query.data?.items.length) return null
  return (
    <Card title={t('members.invitations')} flush>
      <ul>
        {query.data.items.map(({ id, email, role, state, expires_at }) => (
          <li key={id} className={line}>
            <div className="min-w-0 flex-1 basis-52">
              <p className="truncate font-medium">{email}</p>
              <p className="text-ink-3 text-sm">
                {word('role', role)} · {t(state === 'open' ? 'members.until' : 'members.expired')}{' '}
                <Ago at={expires_at} />
              </p>
            </div>
            {can('members:write') && (
              <Button
                busy={back.isPending && back.variables === id}
                onClick={() => back.mutate(id)}
              >
                {t('members.takeBack')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Invite({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const roles = useRoles(true)
  const form = useForm({ email: '', role: 'viewer' }, async ({ email, role }) => {
    await unwrap(api.POST('/api/v1/invitations', { body: { email: email.trim(), role } }))
    void cache.invalidateQueries({ queryKey: keys.invitations })
    toast({ kind: 'done', text: t('members.invited', { email }) })
    onClose()
  })
  return (
    <FormDialog title={t('members.invite')} form={form} go={t('members.send')} onClose={onClose}>
      <TextField {...form.bind('email')} type="email" label={t('field.email')} required />
      <SelectField
        {...form.bind('role')}
        label={t('members.role')}
        help={t('members.inviteHelp')}
        options={roles}
      />
    </FormDialog>
  )
}
