import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { own } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { buttonClass } from '@/ui/button'
import { TextField } from '@/ui/field'
import { Front, FrontForm, NewPassword } from './front'

/** A new password: by a link, or the way to one. */
export function Password({ token }: { token: string }) {
  return token ? <Choose token={token} /> : <Ask />
}

function Said({ text }: { text: string }) {
  return (
    <Front title={t('password.title')}>
      <p role="status" className="mb-4 text-ink-2">
        {text}
      </p>
      <a className={buttonClass('primary')} href="/app/sign-in">
        {t('signin.title')}
      </a>
    </Front>
  )
}

function Ask() {
  const [done, setDone] = useState(false)
  const form = useForm({ email: '' }, async ({ email }) => {
    await unwrap(own.POST('/api/v1/password_resets', { body: { email: email.trim() } }))
    setDone(true)
  })
  if (done) return <Said text={t('password.sent', { email: form.values.email })} />
  return (
    <Front
      title={t('password.title')}
      below={
        <a className="text-accent underline" href="/app/sign-in">
          {t('password.back')}
        </a>
      }
    >
      <FrontForm form={form} go={t('password.send')}>
        <TextField
          {...form.bind('email')}
          label={t('field.email')}
          type="email"
          autoComplete="username"
          help={t('password.help')}
          required
        />
      </FrontForm>
    </Front>
  )
}

function Choose({ token }: { token: string }) {
  const [done, setDone] = useState(false)
  const form = useForm(
    { password: '' },
    async ({ password }) => {
      await unwrap(
        own.POST('/api/v1/password_resets/complete', { body: { token, new_password: password } }),
      )
      setDone(true)
    },
    { new_password: 'password' },
  )
  if (done) return <Said text={t('password.done')} />
  return (
    <Front title={t('password.title')}>
      <FrontForm form={form} go={t('password.set')}>
        <NewPassword {...form.bind('password')} />
      </FrontForm>
    </Front>
  )
}
