import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { t } from '@/lib/i18n'
import { Button } from './button'
import { Dialog, DialogActions } from './dialog'

/** A text that is to be taken along. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false)
  return (
    <div className="flex items-center gap-2 rounded-md border border-line bg-canvas p-2">
      <code className="min-w-0 flex-1 break-all text-sm">{text}</code>
      <Button
        icon={done ? <Check size={14} /> : <Copy size={14} />}
        aria-label={label}
        onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}
      >
        {done ? t('action.copied') : t('action.copy')}
      </Button>
    </div>
  )
}

/** What is shown this once, to be kept. */
export function Secret(props: {
  title: string
  help: string
  text: string
  copy: string
  onClose: () => void
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p className="mb-3 text-ink-2">{props.help}</p>
      <CopyLine text={props.text} label={props.copy} />
      <DialogActions>
        <Button kind="primary" onClick={props.onClose}>
          {t('action.done')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
