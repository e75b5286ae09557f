import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { t } from '@/lib/i18n'
import { toast } from '@/lib/toast'
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

/** An object goes, and its page with it. */
export function DeleteDialog(props: {
  name: string
  text: string
  /** the list that it is in: where one is afterwards */
  home: '/segments' | '/templates'
  one: readonly unknown[]
  all: readonly unknown[]
  remove: () => Promise<unknown>
  onClose: () => void
}) {
  const cache = useQueryClient()
  const navigate = useNavigate()
  const act = useMutation({
    mutationFn: props.remove,
    onSuccess: async () => {
      toast({ kind: 'done', text: t('segment.deleted', { name: props.name }) })
      // the page of what is gone is left before it is read again
      await navigate({ to: props.home })
      cache.removeQueries({ queryKey: props.one })
      void cache.invalidateQueries({ queryKey: props.all })
    },
  })
  return (
    <Confirm
      title={t('segment.deleteTitle', { name: props.name })}
      text={props.text}
      go={t('action.delete')}
      danger
      onClose={props.onClose}
      run={() => act.mutateAsync()}
    />
  )
}
