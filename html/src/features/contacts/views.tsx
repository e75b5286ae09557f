import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import type { ContactFilter, View } from './queries'

/** Keeps a filter under a name. */
export function useKeepView(): { ask: (filter: ContactFilter) => void; dialog: ReactNode } {
  const [filter, setFilter] = useState<ContactFilter>()
  return {
    ask: setFilter,
    dialog: filter && <Keep filter={filter} onClose={() => setFilter(undefined)} />,
  }
}

function Keep({ filter, onClose }: { filter: ContactFilter; onClose: () => void }) {
  const cache = useQueryClient()
  const form = useForm({ name: '' }, async ({ name }) => {
    const { sort, ...rest } = filter
    await unwrap(
      api.POST('/api/v1/views', {
        body: {
          name: name.trim(),
          filter: rest as Record<string, never>,
          sort: sort as View['sort'] as 'id',
        },
      }),
    )
    void cache.invalidateQueries({ queryKey: keys.views })
    toast({ kind: 'done', text: t('views.kept', { name }) })
    onClose()
  })
  return (
    <FormDialog title={t('views.keep')} form={form} go={t('action.save')} onClose={onClose}>
      <TextField {...form.bind('name')} label={t('field.name')} required maxLength={200} />
    </FormDialog>
  )
}
