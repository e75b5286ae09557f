import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Download, History } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas, workspaceId } from '@/lib/client'
import { dateTime, midnight } from '@/lib/format'
import { t } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import { saveAs } from '@/lib/save'
import { Tag } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Card, Page } from '@/ui/page'
import { Empty, NoMatch } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { SearchBox, Toolbar } from '@/ui/toolbar'
import { changes } from './changes'

type Row = Schemas['Audit']
const names = ['operation', 'object', 'actor', 'request_id'] as const
type Filter = Partial<Record<(typeof names)[number] | 'since' | 'until', string>>

const asked = ({ since, until, ...rest }: Filter) => ({
  ...rest,
  // days by the clock that the rows are shown by; the last one is within
  since: since && midnight(since)?.toISOString(),
  until: until && midnight(until, 1)?.toISOString(),
})

const auditPages = (filter: Filter) =>
  pages(keys.audit(filter), (cursor) =>
    unwrap(
      api.GET('/api/v1/audit', { params: { query: { ...asked(filter), cursor, limit: 50 } } }),
    ),
  )

const columns: readonly Column<Row>[] = [
  { id: 'operation', header: t('audit.operation'), cell: (row) => <Opened row={row} /> },
  { id: 'object', header: t('audit.object'), className: 'w-40', cell: (row) => row.object ?? '–' },
  { id: 'actor', header: t('audit.actor'), className: 'w-32', from: 'sm', cell: (r) => r.actor },
  {
    id: 'address',
    header: t('audit.address'),
    className: 'w-36',
    from: 'lg',
    cell: (row) => row.address ?? '–',
  },
  {
    id: 'at',
    header: t('audit.at'),
    className: 'w-40',
    from: 'sm',
    cell: (row) => <Ago at={row.at} />,
  },
]

function Opened({ row }: { row: Row }) {
  const set = useNarrow()
  return (
    <button
      type="button"
      className="max-w-full truncate font-medium"
      onClick={() => set({ id: row.id })}
    >
      {row.operation}
    </button>
  )
}

/** Who changed what, the newest first. */
export function AuditPage() {
  const search = useSearch({ strict: false }) as Filter & { id?: string }
  const navigate = useNavigate()
  const set = useNarrow()
  const { id, ...rest } = search
  const text = JSON.stringify(rest)
  const filter = useMemo(() => JSON.parse(text) as Filter, [text])
  const query = useInfiniteQuery(auditPages(filter))
  const open = id ? query.data?.pages.flatMap(({ items }) => items).find((r) => r.id === id) : null
  const filtered = Object.keys(filter).length > 0
  return (
    <Page
      title={t('settings.audit')}
      below={t('audit.below')}
      full
      actions={<Csv filter={filter} />}
    >
      <Card flush>
        <Filters filter={filter} />
        <Paged
          query={query}
          label={t('settings.audit')}
          columns={columns}
          rowKey={(row) => row.id}
          onOpen={(row) => set({ id: row.id })}
          empty={
            filtered ? (
              <NoMatch
                title={t('audit.noMatch')}
                onClear={() => void navigate({ to: '.', search: {}, replace: true })}
              />
            ) : (
              <Empty icon={<History size={24} aria-hidden />} title={t('audit.none')} />
            )
          }
        />
      </Card>
      {open && <Entry row={open} onClose={() => set({ id: '' })} />}
    </Page>
  )
}

function Filters({ filter }: { filter: Filter }) {
  const set = useNarrow()
  return (
    <Toolbar>
      {names.map((name) => (
        <FilterBox key={name} name={name} value={filter[name] ?? ''} />
      ))}
      {(['since', 'until'] as const).map((name) => (
        <input
          key={name}
          type="date"
          aria-label={t(`audit.${name}`)}
          title={t(`audit.${name}`)}
          className="field w-auto"
          value={filter[name] ?? ''}
          onChange={(event) => set({ [name]: event.target.value })}
        />
      ))}
    </Toolbar>
  )
}

function FilterBox({ name, value }: { name: (typeof names)[number]; value: string }) {
  const set = useNarrow()
  const onSearch = useCallback((text: string) => set({ [name]: text.trim() }), [set, name])
  return <SearchBox value={value} label={t(`audit.${name}`)} onSearch={onSearch} />
}

function Csv({ filter }: { filter: Filter }) {
  const save = useMutation({
    mutationFn: async () => {
      const file = await unwrap(
        api.GET('/api/v1/exports/audit', {
          params: { query: { ...asked(filter), format: 'csv' } },
          parseAs: 'blob',
        }),
      )
      saveAs(file as unknown as Blob, `audit-${workspaceId}.csv`)
    },
  })
  return (
    <Button
      icon={<Download size={15} aria-hidden />}
      busy={save.isPending}
      onClick={() => save.mutate()}
    >
      {t('audit.csv')}
    </Button>
  )
}

function Entry({ row, onClose }: { row: Row; onClose: () => void }) {
  const [whole, setWhole] = useState(false)
  const rows = changes(row.before, row.after).filter(({ same }) => whole || !same)
  const facts = [
    [t('audit.at'), dateTime(row.at)],
    [t('audit.actor'), row.actor],
    [t('audit.object'), row.object],
    [t('audit.address'), row.address],
    [t('audit.request_id'), row.request_id],
    [t('audit.chain'), row.hash && `${row.seq}: ${row.hash}`],
  ] as const
  return (
    <Dialog title={row.operation} wide onClose={onClose}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-2">{name}</dt>
            <dd className="break-all">{value ?? '–'}</dd>
          </div>
        ))}
      </dl>
      {row.erased && <Tag label={t('audit.erased')} />}
      <ul className="mt-4 flex flex-col gap-2" aria-label={t('audit.changes')}>
        {rows.map(({ name, before, after }) => (
          <li key={name} className="rounded-md border border-line p-2">
            <p className="font-medium">{name}</p>
            <p className="break-words text-ink-2">
              {t('template.was')} <code className="text-sm">{before}</code>
            </p>
            <p className="break-words">
              {t('template.is')} <code className="text-sm">{after}</code>
            </p>
          </li>
        ))}
        {rows.length === 0 && <li className="text-ink-2">{t('audit.nothing')}</li>}
      </ul>
      <Button kind="ghost" aria-pressed={whole} onClick={() => setWhole(!whole)}>
        {t('audit.whole')}
      </Button>
    </Dialog>
  )
}
