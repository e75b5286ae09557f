import { useQueryClient } from '@tanstack/react-query'
import { type ComponentProps, useState } from 'react'
import { unwrap } from '@/lib/api'
import { own } from '@/lib/client'
import { judged } from '@/lib/code'
import { type Form, useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { CopyLine } from '@/ui/copy'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card } from '@/ui/page'

/** An authenticator, asked for after the password. */
export function SecondFactor() {
  const { me } = useSession()
  const [open, setOpen] = useState(false)
  const on = me.second_factor
  return (
    <Card title={t('totp.title')}>
      <div className="flex flex-wrap items-center gap-3">
        <span className="min-w-0 flex-1 basis-60">
          <Badge tone={on ? 'ok' : 'quiet'} label={t(on ? 'totp.on' : 'totp.off')} />
        </span>
        <Button onClick={() => setOpen(true)}>{t(on ? 'totp.remove' : 'totp.begin')}</Button>
      </div>
      {open &&
        (on ? <Remove onClose={() => setOpen(false)} /> : <SetUp onClose={() => setOpen(false)} />)}
    </Card>
  )
}

type Made = { uri: string; recovery_codes: string[] }

function SetUp({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Made>()
  const form = useForm({ password: '' }, async ({ password }) => {
    setMade(await unwrap(own.POST('/api/v1/me/totp', { body: { password } })))
  })
  if (made) return <Confirm made={made} onClose={onClose} />
  return (
    <PasswordDialog
      title={t('totp.begin')}
      form={form}
      go={t('action.continue')}
      onClose={onClose}
    />
  )
}

function Confirm({ made, onClose }: { made: Made; onClose: () => void }) {
  const cache = useQueryClient()
  const secret = new URLSearchParams(made.uri.split('?')[1]).get('secret') ?? ''
  const form = useForm({ code: '' }, async ({ code }) => {
    judged(
      await unwrap(
        own.POST('/api/v1/me/totp/confirm', { body: { code: code.replace(/\s/g, '') } }),
      ),
    )
    await cache.invalidateQueries({ queryKey: ['me'] })
    toast({ kind: 'done', text: t('totp.done') })
    onClose()
  })
  return (
    <FormDialog title={t('totp.begin')} form={form} go={t('totp.confirm')} onClose={onClose}>
      <p className="text-ink-2">{t('totp.secret')}</p>
      <CopyLine text={secret} label={t('totp.copySecret')} />
      <p>
        <a className="text-accent underline" href={made.uri}>
          {t('totp.open')}
        </a>
      </p>
      <p className="text-ink-2">{t('totp.recovery')}</p>
      <CopyLine text={made.recovery_codes.join(' ')} label={t('totp.copyRecovery')} />
      <TextField
        {...form.bind('code')}
        label={t('field.code')}
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9 ]{6,7}"
        required
      />
    </FormDialog>
  )
}

function Remove({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const form = useForm({ password: '' }, async ({ password }) => {
    await unwrap(own.POST('/api/v1/me/totp/delete', { body: { password } }))
    await cache.invalidateQueries({ queryKey: ['me'] })
    toast({ kind: 'done', text: t('totp.gone') })
    onClose()
  })
  return (
    <PasswordDialog
      title={t('totp.removeTitle')}
      text={t('totp.removeText')}
      form={form}
      go={t('totp.remove')}
      onClose={onClose}
    />
  )
}

type PasswordProps = Omit<ComponentProps<typeof FormDialog>, 'form' | 'children'> & {
  form: Form<{ password: string }>
  text?: string
}

function PasswordDialog({ form, text, ...dialog }: PasswordProps) {
  return (
    <FormDialog {...dialog} form={form}>
      {text && <p className="text-ink-2">{text}</p>}
      <TextField
        {...form.bind('password')}
        type="password"
        label={t('totp.confirmPassword')}
        autoComplete="current-password"
        required
      />
    </FormDialog>
  )
}
