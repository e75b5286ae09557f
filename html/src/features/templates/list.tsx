import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { LayoutTemplate, Plus, X } from 'lucide-react'
import { useCallback } from 'react'
import { t, word } from '@/lib/i18n'
import { rowsOf } from '@/lib/pages'
import { useCan } from '@/lib/session'
import { Badge, Tag } from '@/ui/badge'
import { Button, buttonClass } from '@/ui/button'
import { Card, Page } from '@/ui/page'
import { Empty, Loaded } from '@/ui/states'
import { type Column, Table, TableSkeleton } from '@/ui/table'
import { Ago } from '@/ui/time'
import { SearchBox, Toolbar } from '@/ui/toolbar'
import { type Filter, templatePages } from './queries'
import { stateOf, type Template } from './written'

const columns: readonly Column<Template>[] = [
  {
    id: 'name',
    header: t('field.name'),
    cell: (row) => (
      <Link to="/templates/$id" params={{ id: row.id }} className="font-medium">
        {row.name}
      </Link>
    ),
  },
  {
    id: 'category',
    header: t('templates.category'),
    from: 'sm',
    className: 'w-40',
    cell: (row) =>
      row.category && (
        <Link to="/templates" search={{ category: row.category }} className="hover:underline">
          <Tag label={row.category} />
        </Link>
      ),
  },
  {
    id: 'channel',
    header: t('templates.channel'),
    from: 'md',
    className: 'w-28',
    cell: (row) => word('channel', row.channel),
  },
  {
    id: 'state',
    header: t('templates.state'),
    className: 'w-44',
    cell: (row) => <Badge {...stateOf(row)} />,
  },
  {
    id: 'updated',
    header: t('templates.updated'),
    from: 'sm',
    className: 'w-40',
    cell: (row) => <Ago at={row.updated_at} />,
  },
]

export function TemplateList() {
  const { q, category, live } = useSearch({ strict: false }) as Filter
  const navigate = useNavigate()
  const query = useInfiniteQuery(templatePages({ q, category, live }))
  const set = useCallback(
    (change: Record<string, string | undefined>) =>
      void navigate({ to: '.', search: (old) => ({ ...old, ...change }), replace: true }),
    [navigate],
  )
  const onSearch = useCallback((text: string) => set({ q: text }), [set])
  return (
    <Page title={t('nav.templates')} full actions={<New />}>
      <Card flush>
        <Toolbar>
          <SearchBox value={q ?? ''} label={t('templates.search')} onSearch={onSearch} />
          <select
            aria-label={t('templates.state')}
            className="field w-auto"
            value={live ?? ''}
            onChange={(event) => set({ live: event.target.value })}
          >
            <option value="">{t('campaigns.allStates')}</option>
            <option value="true">{t('templates.live')}</option>
            <option value="false">{t('templates.draft')}</option>
          </select>
          {category && (
            <Button icon={<X size={14} aria-hidden />} onClick={() => set({ category: '' })}>
              {category}
            </Button>
          )}
        </Toolbar>
        <Loaded query={query} skeleton={<TableSkeleton />}>
          {(data) => {
            const rows = rowsOf(data)
            if (rows.length === 0)
              return (
                <Nothing
                  filtered={!!(q || category || live)}
                  onClear={() => set({ q: '', category: '', live: '' })}
                />
              )
            return (
              <Table
                label={t('nav.templates')}
                columns={columns}
                rows={rows}
                rowKey={({ id }) => id}
                onOpen={({ id }) => void navigate({ to: '/templates/$id', params: { id } })}
                more={query.hasNextPage}
                loadMore={query.isFetchingNextPage ? undefined : () => void query.fetchNextPage()}
                stale={query.isPlaceholderData}
              />
            )
          }}
        </Loaded>
      </Card>
    </Page>
  )
}

function New() {
  const can = useCan()
  if (!can('templates:write')) return null
  return (
    <Link to="/templates/new" className={buttonClass('primary')}>
      <Plus size={15} aria-hidden />
      {t('templates.new')}
    </Link>
  )
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered)
    return (
      <Empty
        title={t('templates.noMatch')}
        action={<Button onClick={onClear}>{t('action.clearFilters')}</Button>}
      />
    )
  return (
    <Empty
      icon={<LayoutTemplate size={24} aria-hidden />}
      title={t('templates.emptyTitle')}
      action={<New />}
    >
      {t('templates.emptyText')}
    </Empty>
  )
}
