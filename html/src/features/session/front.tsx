import { type ReactNode, useEffect } from 'react'
import type { Form } from '@/lib/form'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { TextField } from '@/ui/field'

export function Front({
  title,
  children,
  below,
}: {
  title: string
  children: ReactNode
  below?: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Godwit`
  }, [title])
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[14vh] pb-8">
      <div className="w-full max-w-[380px]">
        <p className="mb-6 flex items-center gap-2 font-semibold text-lg">
          <img src="/app/favicon.svg" alt="" width={24} height={24} />
          {t('app.name')}
        </p>
        <div className="rounded-lg border border-line bg-surface p-5 sm:p-6">
          <h1 className="mb-4 text-xl">{title}</h1>
          {children}
        </div>
        {below && <div className="mt-4 text-center text-ink-2">{below}</div>}
      </div>
    </main>
  )
}

export function Problem({ text }: { text: string | undefined }) {
  return (
    <div role="alert">
      {text && <p className="rounded-md border border-bad px-3 py-2 text-bad">{text}</p>}
    </div>
  )
}

type FormProps = {
  form: Pick<Form<Record<string, string>>, 'onSubmit' | 'busy' | 'problem'>
  go: string
  children: ReactNode
}

export function FrontForm({ form, go, children }: FormProps) {
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
      {children}
      <Problem text={form.problem} />
      <Button type="submit" kind="primary" busy={form.busy}>
        {go}
      </Button>
    </form>
  )
}

export function NewPassword(bound: ReturnType<Form<Record<string, string>>['bind']>) {
  return (
    <TextField
      {...bound}
      label={t('field.newPassword')}
      type="password"
      autoComplete="new-password"
      minLength={8}
      help={t('field.newPasswordHelp')}
      required
    />
  )
}
