import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ListPlus, Pencil, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Button, buttonClass } from '@/ui/button'
import { DeleteDialog } from '@/ui/confirm'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { remove, type Segment, snapshot } from './queries'

/** What can be made of a segment. */
export function Actions({ segment: s }: { segment: Segment }) {
  const [asked, setAsked] = useState<'list' | 'delete'>()
  const can = useCan()
  const close = () => setAsked(undefined)
  return (
    <>
      {can('campaigns:write') && (
        <Link to="/campaigns/new" search={{ segment_id: s.id }} className={buttonClass('primary')}>
          <Send size={15} aria-hidden />
          {t('segment.campaign')}
        </Link>
      )}
      {can('segments:write') && (
        <>
          <Link to="/segments/$id/edit" params={{ id: s.id }} className={buttonClass()}>
            <Pencil size={15} aria-hidden />
            {t('action.edit')}
          </Link>
          <Button icon={<ListPlus size={15} aria-hidden />} onClick={() => setAsked('list')}>
            {t('segment.list')}
          </Button>
          <Button icon={<Trash2 size={15} aria-hidden />} onClick={() => setAsked('delete')}>
            {t('action.delete')}
          </Button>
        </>
      )}
      {asked === 'list' && <MakeList segment={s} onClose={close} />}
      {asked === 'delete' && (
        <DeleteDialog
          name={s.name}
          text={t('segment.deleteText')}
          home="/segments"
          one={keys.segment(s.id)}
          all={keys.segments}
          remove={() => remove(s.id)}
          onClose={close}
        />
      )}
    </>
  )
}

type Props = { segment: Segment; onClose: () => void }

function MakeList({ segment: s, onClose }: Props) {
  const cache = useQueryClient()
  const form = useForm({ name: s.name }, async ({ name }) => {
    const list = await snapshot(s.id, name)
    void cache.invalidateQueries({ queryKey: keys.lists })
    toast({ kind: 'done', text: t('segment.listed', { name: list.name, count: list.members }) })
    onClose()
  })
  return (
    <FormDialog title={t('segment.listTitle')} form={form} go={t('segment.list')} onClose={onClose}>
      <TextField
        {...form.bind('name')}
        label={t('wizard.listName')}
        help={t('segment.listHelp')}
        required
        maxLength={200}
        autoComplete="off"
      />
    </FormDialog>
  )
}
