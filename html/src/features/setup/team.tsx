import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { Button } from '@/ui/button'
import { SelectField, TextField } from '@/ui/field'
import { StepForm, type StepProps } from './step'

const roles = ['admin', 'manager', 'agent', 'viewer'] as const

/** Others, one after the other; who has invited somebody is done when he says so. */
export function TeamStep({ onDone, onSkip }: StepProps) {
  const cache = useQueryClient()
  const [invited, setInvited] = useState<string[]>([])
  const form = useForm({ email: '', role: 'manager' }, async ({ email, role }) => {
    await unwrap(api.POST('/api/v1/invitations', { body: { email: email.trim(), role } }))
    void cache.invalidateQueries({ queryKey: keys.invitations })
    setInvited([...invited, email.trim()])
    form.set('email', '')
  })
  return (
    <StepForm form={form} go={t('members.send')} onSkip={onSkip}>
      <TextField {...form.bind('email')} type="email" label={t('field.email')} required autoFocus />
      <SelectField
        {...form.bind('role')}
        label={t('members.role')}
        help={t('members.inviteHelp')}
        options={roles.map((role) => [role, word('role', role)])}
      />
      <div role="status">
        {invited.length > 0 && (
          <div className="flex flex-wrap items-center gap-3">
            <span className="min-w-0 flex-1 break-words">
              {t('members.invited', { email: invited.join(', ') })}
            </span>
            <Button onClick={onDone}>{t('setup.finish')}</Button>
          </div>
        )}
      </div>
    </StepForm>
  )
}
