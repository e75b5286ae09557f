import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { t } from '@/lib/i18n'
import { Button } from './button'

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
