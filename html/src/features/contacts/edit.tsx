import { useQueryClient } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
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

/** Only what was changed is sent, so that two people change two fields. */
function EditDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const cache = useQueryClient()
  const before = {
    first_name: contact.first_name ?? '',
    last_name: contact.last_name ?? '',
    email: contact.email ?? '',
    phone: contact.phone ?? '',
  }
  const form = useForm(before, async (values) => {
    const changed = names.filter((name) => values[name].trim() !== before[name])
    const body = Object.fromEntries(changed.map((name) => [name, values[name].trim() || null]))
    const now = await unwrap(
      api.PATCH('/api/v1/contacts/{id}', { params: { path: { id: contact.id } }, body }),
    )
    cache.setQueryData(keys.contact(contact.id), now)
    void cache.invalidateQueries({ queryKey: keys.contacts })
    toast({ kind: 'done', text: t('contact.saved') })
    onClose()
  })
  return (
    <FormDialog title={t('contact.edit')} form={form} go={t('action.save')} onClose={onClose}>
      {names.map((name) => (
        <TextField key={name} {...form.bind(name)} label={labels[name]} autoComplete="off" />
      ))}
    </FormDialog>
  )
}
