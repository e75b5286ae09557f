import { useEffect, useState } from 'react'
import { unwrap } from '@/lib/api'
import { own } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { sentence } from '@/lib/problem'
import { Button, buttonClass } from '@/ui/button'
import { TextField } from '@/ui/field'
import { login } from './enter'
import { Front, FrontForm, NewPassword, Problem } from './front'

/** A link into a workspace: of an invitation, or of its first owner. */
export function Invitation({ token }: { token: string }) {
  const [me, setMe] = useState<string | null>()
  useEffect(() => {
    unwrap(own.GET('/api/v1/me')).then(
      ({ email }) => setMe(email),
      () => setMe(null),
    )
  }, [])

  if (!token) return <NoToken />
  if (me === undefined) return null
  return me ? <Join token={token} email={me} /> : <NewUser token={token} />
}

export function NoToken() {
  return (
    <Front title={t('link.title')}>
      <p className="text-ink-2">{t('link.none')}</p>
      <p className="mt-4">
        <a className={buttonClass()} href="/app/sign-in">
          {t('signin.title')}
        </a>
      </p>
    </Front>
  )
}

function NewUser({ token }: { token: string }) {
  const form = useForm(
    { email: '', name: '', password: '' },
    async ({ email, name, password }) => {
      const member = await unwrap(
        own.POST('/api/v1/invitations/accept', {
          body: { token, email: email.trim(), name: name.trim() || null, new_password: password },
        }),
      )
      const there = await login(email, password)
      // the first of a house, or who owns it now, sets it up
      const page = member.role === 'owner' ? 'setup' : ''
      location.replace(there ? `/app/${member.workspace}/${page}` : '/app/sign-in')
    },
    { new_password: 'password' },
  )
  return (
    <Front title={t('invitation.title')} below={<SignInFirst />}>
      <FrontForm form={form} go={t('invitation.accept')}>
        <TextField
          {...form.bind('email')}
          label={t('field.email')}
          type="email"
          autoComplete="username"
          help={t('invitation.emailHelp')}
          required
          autoFocus
        />
        <TextField {...form.bind('name')} label={t('field.yourName')} autoComplete="name" />
        <NewPassword {...form.bind('password')} />
      </FrontForm>
    </Front>
  )
}

function SignInFirst() {
  return (
    <p>
      {t('invitation.known')}{' '}
      <a className="text-accent underline" href="/app/sign-in" target="_blank" rel="noreferrer">
        {t('signin.title')}
      </a>
    </p>
  )
}

function Join({ token, email }: { token: string; email: string }) {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const join = async () => {
    setBusy(true)
    try {
      const member = await unwrap(own.POST('/api/v1/invitations/accept', { body: { token } }))
      location.replace(`/app/${member.workspace}/`)
    } catch (error) {
      setProblem(sentence(error))
      setBusy(false)
    }
  }
  return (
    <Front title={t('invitation.title')}>
      <div className="flex flex-col gap-4">
        <p className="text-ink-2">{t('invitation.as', { email })}</p>
        <Problem text={problem} />
        <Button kind="primary" busy={busy} onClick={() => void join()}>
          {t('invitation.accept')}
        </Button>
      </div>
    </Front>
  )
}
