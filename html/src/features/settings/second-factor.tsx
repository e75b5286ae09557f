import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { own } from '@/lib/client'
import { judged } from '@/lib/code'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { CopyLine } from '@/ui/copy'
import { Dialog, DialogActions } from '@/ui/dialog'
import { TextField } from '@/ui/field'
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
    <Dialog title={t('totp.begin')} onClose={onClose}>
      <PasswordForm form={form} onClose={onClose} go={t('action.continue')} />
    </Dialog>
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
    <Dialog title={t('totp.begin')} onClose={onClose}>
      <form onSubmit={form.onSubmit} className="flex flex-col gap-3">
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
        <Foot form={form} onClose={onClose} go={t('totp.confirm')} />
      </form>
    </Dialog>
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
    <Dialog title={t('totp.removeTitle')} onClose={onClose}>
      <p className="mb-3 text-ink-2">{t('totp.removeText')}</p>
      <PasswordForm form={form} onClose={onClose} go={t('totp.remove')} />
    </Dialog>
  )
}

type Of<V extends Record<string, string>> = {
  form: ReturnType<typeof useForm<V>>
  onClose: () => void
  go: string
}

function PasswordForm({ form, onClose, go }: Of<{ password: string }>) {
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-3">
      <TextField
        {...form.bind('password')}
        type="password"
        label={t('totp.confirmPassword')}
        autoComplete="current-password"
        required
      />
      <Foot form={form} onClose={onClose} go={go} />
    </form>
  )
}

function Foot<V extends Record<string, string>>({ form, onClose, go }: Of<V>) {
  return (
    <>
      {form.problem && (
        <p role="alert" className="text-bad">
          {form.problem}
        </p>
      )}
      <DialogActions>
        <Button onClick={onClose}>{t('action.back')}</Button>
        <Button type="submit" kind="primary" busy={form.busy}>
          {go}
        </Button>
      </DialogActions>
    </>
  )
}
