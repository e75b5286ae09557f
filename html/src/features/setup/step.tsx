import { type FormEvent, type ReactNode, useRef } from 'react'
import { useHotkeys } from '@/lib/hotkeys'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Wrong } from '@/ui/form'

export type StepProps = { onDone: () => void; onSkip: () => void }

type Props = {
  form: {
    onSubmit: (event: FormEvent<HTMLFormElement>) => void
    busy: boolean
    problem: string | undefined
  }
  go: string
  /** nothing is to be typed any more: the button is where Enter goes */
  ready?: boolean
  onSkip: () => void
  children: ReactNode
}

/** A step is a form: Enter, in a text Ctrl+Enter, goes on. */
export function StepForm({ form, go, ready, onSkip, children }: Props) {
  const ref = useRef<HTMLFormElement>(null)
  useHotkeys([{ keys: 'Mod+Enter', run: () => ref.current?.requestSubmit() }])
  return (
    <form ref={ref} onSubmit={form.onSubmit} className="flex flex-col gap-4">
      {children}
      <Wrong text={form.problem} />
      <div className="flex flex-wrap gap-2">
        <Button
          key={ready ? 'ready' : 'first'}
          type="submit"
          kind="primary"
          busy={form.busy}
          autoFocus={ready}
        >
          {go}
        </Button>
        <Button kind="ghost" onClick={onSkip}>
          {t('setup.skip')}
        </Button>
      </div>
    </form>
  )
}
