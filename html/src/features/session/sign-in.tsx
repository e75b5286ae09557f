import { useEffect, useState } from 'react'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { buttonClass } from '@/ui/button'
import { TextField } from '@/ui/field'
import { listed, login, verify, wish } from './enter'
import { Front, FrontForm } from './front'
import { type Provider, providers, together } from './providers'

export function SignIn() {
  const [half, setHalf] = useState(false)
  return half ? <SecondFactor /> : <FirstFactor onHalf={() => setHalf(true)} />
}

function FirstFactor({ onHalf }: { onHalf: () => void }) {
  const form = useForm({ email: '', password: '' }, async ({ email, password }) => {
    if (await login(email, password)) location.replace(wish())
    else onHalf()
  })
  return (
    <Front
      title={t('signin.title')}
      below={
        <a className="text-accent underline" href="/app/password">
          {t('signin.forgotten')}
        </a>
      }
    >
      <FrontForm form={form} go={t('signin.go')}>
        <TextField
          {...form.bind('email')}
          label={t('field.email')}
          type="email"
          autoComplete="username"
          required
          autoFocus
        />
        <TextField
          {...form.bind('password')}
          label={t('field.password')}
          type="password"
          autoComplete="current-password"
          required
        />
      </FrontForm>
      <Providers />
    </Front>
  )
}

function Providers() {
  const [known] = useState(providers)
  const [told, setTold] = useState<Provider[]>([])
  useEffect(() => {
    // without an answer there is the password
    listed(wish()).then(setTold, () => {})
  }, [])
  const all = together(known, told)
  if (all.length === 0) return null
  return (
    <div className="mt-4 flex flex-col gap-2 border-line border-t pt-4">
      {all.map(({ id, name }) => (
        <a
          key={id}
          className={buttonClass()}
          href={`/api/v1/sso/${id}/login?return_to=${encodeURIComponent(wish())}`}
        >
          {t('signin.by', { name })}
        </a>
      ))}
    </div>
  )
}

function SecondFactor() {
  const form = useForm(
    { code: '' },
    async ({ code }) => {
      await verify(code)
      location.replace(wish())
    },
    { recovery_code: 'code' },
  )
  return (
    <Front title={t('signin.second')}>
      <FrontForm form={form} go={t('action.continue')}>
        <TextField
          {...form.bind('code')}
          label={t('field.code')}
          help={t('signin.codeHelp')}
          autoComplete="one-time-code"
          required
          autoFocus
        />
      </FrontForm>
    </Front>
  )
}
