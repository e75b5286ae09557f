import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { t } from '@/lib/i18n'
import { Button } from './button'
import { cx } from './cx'

type Props = {
  title: string
  hideTitle?: boolean
  wide?: boolean
  onClose: () => void
  children: ReactNode
}

/**
 * The browser's own dialog: it holds the focus, and gives it back at the end.
 * It is open as long as it is there.
 */
export function Dialog({ title, hideTitle, wide, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null)
  const beside = useRef(false)
  const id = useId()

  useEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    return () => {
      // what opened it may be gone with what it was about
      const back = before?.isConnected ? before : document.getElementById('main')
      if (back instanceof HTMLElement) back.focus()
    }
  }, [])

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc is the browser's, the click is on what is behind
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // who marks a text and lets go beside the dialog has not clicked beside it
      onPointerDown={(event) => {
        beside.current = event.target === ref.current
      }}
      onClick={(event) => beside.current && event.target === ref.current && onClose()}
      className={cx(
        'enter m-auto w-[calc(100%-24px)] rounded-xl border border-line bg-raised p-0 text-ink shadow-dialog',
        'max-h-[calc(100dvh-24px)] overflow-hidden',
        wide ? 'max-w-[720px]' : 'max-w-[480px]',
        hideTitle && 'mt-[12vh]',
      )}
    >
      <div className="flex max-h-[calc(100dvh-26px)] flex-col">
        <div className={hideTitle ? 'sr-only' : 'flex items-center gap-2 px-5 pt-4 pb-2'}>
          <h2 id={id} className="min-w-0 flex-1 text-lg">
            {title}
          </h2>
          {!hideTitle && (
            <Button
              kind="ghost"
              icon={<X size={16} />}
              aria-label={t('action.close')}
              onClick={onClose}
            />
          )}
        </div>
        <div className={cx('min-h-0 overflow-auto', !hideTitle && 'px-5 pb-5')}>{children}</div>
      </div>
    </dialog>
  )
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>
}
