import { useState } from 'react'
import { t } from '@/lib/i18n'
import { Button } from './button'
import { Dialog, DialogActions } from './dialog'

type Props = {
  title: string
  text: string
  go: string
  danger?: boolean
  onClose: () => void
  /** it stays open until this has ended */
  run: () => Promise<unknown>
}

/** Only before what cannot be undone. */
export function Confirm({ title, text, go, danger, onClose, run }: Props) {
  const [busy, setBusy] = useState(false)
  const act = async () => {
    setBusy(true)
    try {
      await run()
      onClose()
    } catch {
      // a toast has said why
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="text-ink-2">{text}</p>
      <DialogActions>
        <Button onClick={onClose}>{t('action.back')}</Button>
        <Button kind={danger ? 'danger' : 'primary'} busy={busy} onClick={() => void act()}>
          {go}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
