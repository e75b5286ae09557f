import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ChartPie } from 'lucide-react'
import { useCallback } from 'react'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { useCan } from '@/lib/session'
import { Badge } from '@/ui/badge'
import { NewLink } from '@/ui/new'
import { Card, Page } from '@/ui/page'
import { Empty, NoMatch } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { SearchBox, Toolbar } from '@/ui/toolbar'
import { starterName, starters } from './grammar'
import { type Segment, segmentPages, stateOf } from './queries'

const columns: readonly Column<Segment>[] = [
  {
    id: 'name',
    header: t('segments.name'),
    className: 'sm:w-1/4',
    cell: (row) => (
      <Link to="/segments/$id" params={{ id: row.id }} className="font-medium">
        {row.name}
      </Link>
    ),
  },
  {
    id: 'english',
    header: t('segments.who'),
    from: 'md',
    cell: (row) => (
      <span lang="en" title={row.english} className="text-ink-2">
        {row.english}
      </span>
    ),
  },
  {
    id: 'members',
    header: t('segments.members'),
    end: true,
    className: 'w-24',
    cell: (row) => number(row.members),
  },
  {
    id: 'state',
    header: t('segments.state'),
    className: 'w-32',
    cell: (row) => (
      <span title={row.problem ?? undefined}>
        <Badge {...stateOf(row)} />
      </span>
    ),
  },
  {
    id: 'created',
    header: t('segments.created'),
    from: 'sm',
    className: 'w-40',
    cell: (row) => <Ago at={row.created_at} />,
  },
]

export function SegmentList() {
  const { q } = useSearch({ strict: false }) as { q?: string }
  const navigate = useNavigate()
  const set = useNarrow()
  const query = useInfiniteQuery(segmentPages(q))
  const onSearch = useCallback((text: string) => set({ q: text }), [set])
  return (
    <Page
      title={t('nav.segments')}
      full
      actions={<NewLink to="/segments/new" needs="segments:write" label={t('segments.new')} />}
    >
      <Card flush>
        <Toolbar>
          <SearchBox value={q ?? ''} label={t('segments.search')} onSearch={onSearch} />
        </Toolbar>
        <Paged
          query={query}
          label={t('nav.segments')}
          columns={columns}
          rowKey={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: '/segments/$id', params: { id } })}
          empty={
            q ? (
              <NoMatch title={t('segments.noMatch')} onClear={() => onSearch('')} />
            ) : (
              <Starters />
            )
          }
        />
      </Card>
    </Page>
  )
}

/** What a segment is, by a few that can be had at once. */
function Starters() {
  const can = useCan()
  return (
    <>
      <Empty icon={<ChartPie size={24} aria-hidden />} title={t('segments.emptyTitle')}>
        {t('segments.emptyText')}
      </Empty>
      {can('segments:write') && (
        <ul
          aria-label={t('segments.starters')}
          className="grid gap-3 px-4 pb-6 sm:grid-cols-2 sm:px-6 lg:grid-cols-3"
        >
          {starters.map((name) => (
            <li key={name}>
              <Link
                to="/segments/new"
                search={{ starter: name }}
                className="block h-full rounded-lg border border-line p-4 hover:bg-hover"
              >
                <span className="block font-medium">{starterName(name)}</span>
                <span className="mt-1 block text-ink-2 text-sm">
                  {t(`segments.starterHelp.${name}`)}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
