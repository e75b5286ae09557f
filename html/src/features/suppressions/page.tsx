import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Plus, ShieldOff } from 'lucide-react'
import { useCallback, useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Empty } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { Choice, SearchBox, Toolbar } from '@/ui/toolbar'

type Suppression = Schemas['Suppression']
type Reason = Suppression['reason']
type Filter = { email?: string; reason?: Reason }

const reasons = [
  'unsubscribe',
  'complaint',
  'hard_bounce',
  'manual',
  'erasure',
  'do_not_call',
] as const

const shown = (row: Suppression) => row.email ?? row.phone ?? t('suppressions.erased')

const suppressionPages = (filter: Filter) =>
  pages(keys.suppressionList(filter), (cursor) =>
    unwrap(
      api.GET('/api/v1/suppressions', {
        params: { query: { ...filter, sort: '-id', limit: 100, cursor } },
      }),
    ),
  )

export function SuppressionsPage() {
  const { email, reason } = useSearch({ strict: false }) as Filter
  const can = useCan()
  const [adding, setAdding] = useState(false)
  const [lifting, setLifting] = useState<Suppression>()
  const query = useInfiniteQuery(suppressionPages({ email, reason }))
  const set = useNarrow()
  const onSearch = useCallback((text: string) => set({ email: text.trim() }), [set])
  const may = can('suppressions:write')
  const columns: readonly Column<Suppression>[] = [
    { id: 'who', header: t('recipients.address'), cell: shown },
    {
      id: 'reason',
      header: t('recipients.reason'),
      className: 'w-36',
      cell: (row) => word('suppression', row.reason),
    },
    {
      id: 'at',
      header: t('recipients.at'),
      from: 'sm',
      className: 'w-40',
      cell: (row) => <Ago at={row.created_at} />,
    },
    {
      id: 'lift',
      header: t('suppressions.change'),
      className: 'w-24',
      end: true,
      cell: (row) =>
        may &&
        row.reason !== 'erasure' && (
          <Button kind="ghost" onClick={() => setLifting(row)}>
            {t('suppressions.lift')}
          </Button>
        ),
    },
  ]

  return (
    <Page
      title={t('nav.suppressions')}
      full
      below={t('suppressions.help')}
      actions={
        may && (
          <Button
            kind="primary"
            icon={<Plus size={15} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            {t('suppressions.add')}
          </Button>
        )
      }
    >
      <Card flush>
        <Toolbar>
          <SearchBox value={email ?? ''} label={t('suppressions.search')} onSearch={onSearch} />
          <Choice
            label={t('recipients.reason')}
            all={t('suppressions.anyReason')}
            value={reason}
            options={reasons.map((name) => [name, word('suppression', name)] as const)}
            onChoose={(to) => set({ reason: to })}
          />
        </Toolbar>
        <Paged
          query={query}
          label={t('nav.suppressions')}
          columns={columns}
          rowKey={({ id }) => id}
          empty={
            <Empty
              icon={<ShieldOff size={24} aria-hidden />}
              title={t(email || reason ? 'suppressions.noMatch' : 'suppressions.none')}
            />
          }
        />
      </Card>
      {adding && <Add onClose={() => setAdding(false)} />}
      {lifting && <Lift row={lifting} onClose={() => setLifting(undefined)} />}
    </Page>
  )
}

function Add({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const form = useForm({ email: '' }, async ({ email }) => {
    await unwrap(api.POST('/api/v1/suppressions', { body: { email: email.trim() } }))
    void cache.invalidateQueries({ queryKey: keys.suppressions })
    toast({ kind: 'done', text: t('suppressions.added', { email }) })
    onClose()
  })
  return (
    <FormDialog
      title={t('suppressions.add')}
      form={form}
      go={t('suppressions.suppress')}
      onClose={onClose}
    >
      <TextField
        {...form.bind('email')}
        type="email"
        label={t('field.email')}
        help={t('suppressions.addHelp')}
        required
      />
    </FormDialog>
  )
}

function Lift({ row, onClose }: { row: Suppression; onClose: () => void }) {
  const cache = useQueryClient()
  const lift = useMutation({
    mutationFn: () =>
      unwrap(api.DELETE('/api/v1/suppressions/{id}', { params: { path: { id: row.id } } })),
    onSuccess: () => {
      toast({ kind: 'done', text: t('suppressions.lifted', { who: shown(row) }) })
      return cache.invalidateQueries({ queryKey: keys.suppressions })
    },
  })
  return (
    <Confirm
      title={t('suppressions.liftTitle', { who: shown(row) })}
      text={t('suppressions.liftText', { reason: word('suppression', row.reason) })}
      go={t('suppressions.lift')}
      danger
      onClose={onClose}
      run={() => lift.mutateAsync()}
    />
  )
}
