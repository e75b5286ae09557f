import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Globe, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { addDomain, type Domain, domains, useLook, useLooks } from '@/lib/domains'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Records } from '@/ui/records'
import { Empty, Listed } from '@/ui/states'
import { Ago } from '@/ui/time'

/** Who mail is from: domains, and what their DNS says. */
export function DomainsPage() {
  const can = useCan()
  const [making, setMaking] = useState(false)
  const { id } = useSearch({ strict: false }) as { id?: string }
  const navigate = useNavigate()
  const query = useQuery(domains)
  const open = query.data?.items.find((row) => row.id === id)
  useLooks(open, can('domains:write'))
  const begin = can('domains:write') && (
    <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setMaking(true)}>
      {t('domains.add')}
    </Button>
  )
  return (
    <Page title={t('settings.domains')} below={t('domains.below')} actions={begin}>
      <Card flush>
        <Listed
          query={query}
          empty={
            <Empty
              icon={<Globe size={24} aria-hidden />}
              title={t('domains.emptyTitle')}
              action={begin}
            >
              {t('domains.emptyText')}
            </Empty>
          }
        >
          {(row) => (
            <Row
              key={row.id}
              row={row}
              open={row.id === id}
              onOpen={(to) => void navigate({ to: '.', search: { id: to }, replace: true })}
            />
          )}
        </Listed>
      </Card>
      {making && (
        <Add
          onClose={() => setMaking(false)}
          onMade={(made) => void navigate({ to: '.', search: { id: made }, replace: true })}
        />
      )}
    </Page>
  )
}

type RowProps = { row: Domain; open: boolean; onOpen: (id: string | undefined) => void }

function Row({ row, open, onOpen }: RowProps) {
  const can = useCan()
  const cache = useQueryClient()
  const look = useLook()
  const [ending, setEnding] = useState(false)
  const missing = row.records.filter(({ state }) => state !== 'ok').length
  const remove = useMutation({
    mutationFn: () =>
      unwrap(api.DELETE('/api/v1/domains/{id}', { params: { path: { id: row.id } } })),
    onSuccess: () => {
      toast({ kind: 'done', text: t('domains.deleted', { domain: row.domain }) })
      return cache.invalidateQueries({ queryKey: keys.domains })
    },
  })
  return (
    <li className="border-line border-b px-4 py-3 last:border-0">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <p className="break-all font-medium">{row.domain}</p>
          <p className="text-ink-3 text-sm">
            {t('domains.checked')} <Ago at={row.checked_at} /> ·{' '}
            {t('domains.missing', { count: missing })}
          </p>
        </div>
        <Badge
          tone={row.state === 'signing' ? 'ok' : 'warn'}
          label={word('domainState', row.state)}
        />
        <div className="flex flex-wrap gap-2">
          <Button aria-expanded={open} onClick={() => onOpen(open ? undefined : row.id)}>
            {t('domains.records')}
          </Button>
          {can('domains:write') && (
            <>
              <Button busy={look.isPending} onClick={() => look.mutate(row.id)}>
                {t('domains.look')}
              </Button>
              <Button onClick={() => setEnding(true)}>{t('action.delete')}</Button>
            </>
          )}
        </div>
      </div>
      {open && (
        <div className="mt-3">
          <Records records={row.records} />
        </div>
      )}
      {ending && (
        <Confirm
          title={t('domains.deleteTitle', { domain: row.domain })}
          text={t('domains.deleteText')}
          go={t('action.delete')}
          danger
          onClose={() => setEnding(false)}
          run={() => remove.mutateAsync()}
        />
      )}
    </li>
  )
}

type AddProps = { onClose: () => void; onMade: (id: string) => void }

function Add({ onClose, onMade }: AddProps) {
  const cache = useQueryClient()
  const form = useForm({ domain: '' }, async ({ domain }) => {
    const made = await addDomain(domain)
    await cache.invalidateQueries({ queryKey: keys.domains })
    onClose()
    onMade(made.id)
  })
  return (
    <FormDialog title={t('domains.add')} form={form} go={t('domains.add')} onClose={onClose}>
      <TextField
        {...form.bind('domain')}
        label={t('domains.domain')}
        help={t('domains.domainHelp')}
        required
        minLength={3}
        maxLength={220}
      />
    </FormDialog>
  )
}
