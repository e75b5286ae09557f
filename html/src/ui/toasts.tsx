import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { t } from '@/lib/i18n'
import { dismiss, toastStore } from '@/lib/toast'
import { Button } from './button'

export function Toasts() {
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.read)
  return (
    <section
      aria-label={t('toast.region')}
      aria-live="polite"
      className="pointer-events-none fixed end-4 bottom-4 z-50 flex w-[min(360px,calc(100vw-32px))] flex-col gap-2"
    >
      {toasts.map((toast) => (
        <div
          key={toast.id}
          className="enter pointer-events-auto flex items-start gap-2 rounded-lg border border-line bg-raised p-3 shadow-popover"
        >
          {toast.kind === 'error' ? (
            <CircleAlert size={16} className="mt-0.5 shrink-0 text-bad" aria-hidden />
          ) : (
            <CircleCheck size={16} className="mt-0.5 shrink-0 text-ok" aria-hidden />
          )}
          <div className="min-w-0 flex-1 break-words">
            {toast.text}
            {toast.detail && <p className="font-mono text-ink-3 text-sm">{toast.detail}</p>}
          </div>
          {toast.action && (
            <Button
              onClick={() => {
                dismiss(toast.id)
                toast.action?.run()
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <button
            type="button"
            aria-label={t('action.dismiss')}
            className="grid size-6 place-items-center rounded-md text-ink-3 hover:bg-hover"
            onClick={() => dismiss(toast.id)}
          >
            <X size={14} aria-hidden />
          </button>
        </div>
      ))}
    </section>
  )
}
