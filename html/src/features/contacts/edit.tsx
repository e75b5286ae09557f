import { useQueryClient } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { useConflict } from '@/lib/conflict'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Conflicted } from '@/ui/conflict'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import type { Contact } from './queries'

export function Edit({ contact }: { contact: Contact }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button icon={<Pencil size={15} aria-hidden />} onClick={() => setOpen(true)}>
        {t('action.edit')}
      </Button>
      {open && <EditDialog contact={contact} onClose={() => setOpen(false)} />}
    </>
  )
}

const names = ['first_name', 'last_name', 'email', 'phone'] as const
const labels = {
  first_name: t('contact.firstName'),
  last_name: t('contact.lastName'),
  email: t('contacts.email'),
  phone: t('contact.phone'),
}

const valuesOf = (row: Contact) => ({
  first_name: row.first_name ?? '',
  last_name: row.last_name ?? '',
  email: row.email ?? '',
  phone: row.phone ?? '',
})

/** Only what was changed is sent; who was faster is shown. */
function EditDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const cache = useQueryClient()
  const path = { params: { path: { id: contact.id } } }
  const conflict = useConflict(
    `/api/v1/contacts/${contact.id}`,
    async () => valuesOf(await unwrap(api.GET('/api/v1/contacts/{id}', path))),
    valuesOf(contact),
  )
  const form = useForm(conflict.base.current, async (values) => {
    const before = conflict.base.current
    const changed = names.filter((name) => values[name].trim() !== before[name])
    const body = Object.fromEntries(changed.map((name) => [name, values[name].trim() || null]))
    const now = await conflict.guard((headers) =>
      unwrap(api.PATCH('/api/v1/contacts/{id}', { ...path, body, headers })),
    )
    cache.setQueryData(keys.contact(contact.id), now)
    void cache.invalidateQueries({ queryKey: keys.contacts })
    toast({ kind: 'done', text: t('contact.saved') })
    onClose()
  })
  return (
    <FormDialog
      title={t('contact.edit')}
      form={conflict.theirs ? { ...form, problem: undefined } : form}
      go={t('action.save')}
      onClose={onClose}
    >
      {names.map((name) => (
        <TextField key={name} {...form.bind(name)} label={labels[name]} autoComplete="off" />
      ))}
      <Conflicted conflict={conflict} mine={form.values} names={labels} onTheirs={form.setAll} />
    </FormDialog>
  )
}
