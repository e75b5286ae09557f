import type { ReactNode } from 'react'
import type { Form } from '@/lib/form'
import { t } from '@/lib/i18n'
import { Button } from './button'
import { Dialog, DialogActions } from './dialog'

/** What is wrong with the whole of a form. */
export function Wrong({ text }: { text: string | undefined }) {
  if (!text) return null
  return (
    <p role="alert" className="text-bad">
      {text}
    </p>
  )
}

type Props = {
  title: string
  form: Pick<Form<Record<string, string>>, 'onSubmit' | 'busy' | 'problem'>
  /** what sending it does */
  go: string
  disabled?: boolean
  wide?: boolean
  onClose: () => void
  children: ReactNode
}

/** A dialog that is a form: its fields, what is wrong, back and go. */
export function FormDialog({ title, form, go, disabled, wide, onClose, children }: Props) {
  return (
    <Dialog title={title} wide={wide} onClose={onClose}>
      <form onSubmit={form.onSubmit} className="flex flex-col gap-3">
        {children}
        <Wrong text={form.problem} />
        <DialogActions>
          <Button onClick={onClose}>{t('action.back')}</Button>
          <Button type="submit" kind="primary" busy={form.busy} disabled={disabled}>
            {go}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
