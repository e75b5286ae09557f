import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Bookmark, Download, Users, X } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { number } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { useCan } from '@/lib/session'
import { Badge, Tag } from '@/ui/badge'
import { Button, buttonClass } from '@/ui/button'
import { Menu } from '@/ui/menu'
import { Card, Page } from '@/ui/page'
import { Lines, Loaded, Nothing } from '@/ui/states'
import { type Column, Table } from '@/ui/table'
import { Ago } from '@/ui/time'
import { Choice, SearchBox, Toolbar } from '@/ui/toolbar'
import { useFar } from './far'
import {
  type Contact,
  type ContactFilter,
  consentTone,
  contactPage,
  filterNames,
  nameOf,
  views,
} from './queries'
import { useKeepView } from './views'

const columns: readonly Column<Contact>[] = [
  {
    id: 'name',
    header: t('contacts.name'),
    cell: (row) => (
      <Link to="/contacts/$id" params={{ id: row.id }} className="font-medium">
        {nameOf(row)}
      </Link>
    ),
  },
  { id: 'email', header: t('contacts.email'), from: 'sm', cell: (row) => row.email ?? '–' },
  {
    id: 'consent',
    header: t('contacts.consent'),
    className: 'w-32',
    cell: (row) => {
      const said = row.consent.email ?? 'unknown'
      return <Badge tone={consentTone[said] ?? 'quiet'} label={word('consent', said)} />
    },
  },
  {
    id: 'tags',
    header: t('contacts.tags'),
    from: 'lg',
    cell: (row) => (
      <span className="flex gap-1 overflow-hidden">
        {row.tags.slice(0, 3).map((tag) => (
          <Tag key={tag} label={tag} />
        ))}
      </span>
    ),
  },
  {
    id: 'created',
    header: t('contacts.created'),
    from: 'md',
    className: 'w-40',
    cell: (row) => <Ago at={row.created_at} />,
  },
]

export function ContactList() {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>
  const navigate = useNavigate()
  const can = useCan()
  const filter = useMemo(
    () =>
      Object.fromEntries(
        filterNames.flatMap((name) => (search[name] ? [[name, search[name]]] : [])),
      ) as ContactFilter,
    [search],
  )
  const query = useQuery(contactPage(filter, 0))
  const set = useNarrow()
  const onSearch = useCallback((text: string) => set({ q: text }), [set])
  const clear = () => void navigate({ to: '.', search: {}, replace: true })
  const filtered = Object.keys(filter).some((name) => name !== 'sort')
  const first = query.data
  const begin = can('contacts:write') && (
    <Link to="/imports" className={buttonClass('primary')}>
      <Download size={15} aria-hidden />
      {t('contacts.import')}
    </Link>
  )

  return (
    <Page
      title={t('nav.contacts')}
      full
      below={
        first?.total !== undefined && <Total n={first.total} about={!!first.total_estimated} />
      }
      actions={begin}
    >
      <Card flush>
        <Toolbar>
          <SearchBox value={filter.q ?? ''} label={t('contacts.search')} onSearch={onSearch} />
          <Choice
            label={t('contacts.consent')}
            all={t('contacts.anyConsent')}
            value={filter.consent_email}
            options={Object.keys(consentTone).map((name) => [name, word('consent', name)] as const)}
            onChoose={(to) => set({ consent_email: to })}
          />
          <Choice
            label={t('contacts.order')}
            all={t('contacts.newest')}
            value={filter.sort === 'id' ? 'id' : undefined}
            options={[['id', t('contacts.oldest')]]}
            onChoose={(sort) => set({ sort })}
          />
          {filter.tag && (
            <Button icon={<X size={14} aria-hidden />} onClick={() => set({ tag: '' })}>
              {t('contacts.tagged', { tag: filter.tag })}
            </Button>
          )}
          {filter.list_id && (
            <Button icon={<X size={14} aria-hidden />} onClick={() => set({ list_id: '' })}>
              {t('contacts.ofList')}
            </Button>
          )}
          <Views filter={filter} filtered={filtered} />
        </Toolbar>
        <Loaded query={query} skeleton={<Lines count={10} />}>
          {({ items, total = items.length, total_estimated }) =>
            items.length === 0 ? (
              <Nothing
                filtered={filtered}
                noMatch={t('contacts.noMatch')}
                onClear={clear}
                icon={<Users size={24} aria-hidden />}
                title={t('contacts.emptyTitle')}
                action={begin}
              >
                {t('contacts.emptyText')}
              </Nothing>
            ) : (
              <Far
                key={JSON.stringify(filter)}
                filter={filter}
                told={total}
                about={!!total_estimated}
                stale={query.isPlaceholderData}
              />
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

type FarProps = { filter: ContactFilter; told: number; about: boolean; stale: boolean }

function Far({ filter, told, about, stale }: FarProps) {
  const navigate = useNavigate()
  const { rows, onSight } = useFar(filter, told)
  return (
    <Table
      label={t('nav.contacts')}
      columns={columns}
      rows={rows}
      rowKey={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/contacts/$id', params: { id } })}
      onSight={onSight}
      total={about ? -1 : rows.length + 1}
      stale={stale}
    />
  )
}

function Total({ n, about }: { n: number; about: boolean }) {
  return <span>{t(about ? 'contacts.about' : 'contacts.count', { count: n, n: number(n) })}</span>
}

/** Filters that were kept under a name: one's own and everybody's. */
function Views({ filter, filtered }: { filter: ContactFilter; filtered: boolean }) {
  const navigate = useNavigate()
  const can = useCan()
  const { data } = useQuery({ ...views, placeholderData: keepPreviousData })
  const keep = useKeepView()
  return (
    <>
      <Menu
        label={t('views.label')}
        className={buttonClass()}
        trigger={
          <>
            <Bookmark size={15} aria-hidden />
            {t('views.label')}
          </>
        }
        groups={[
          [
            {
              label: t('views.all'),
              checked: !filtered,
              run: () => void navigate({ to: '.', search: {} }),
            },
            ...(data?.items ?? []).map(({ name, filter: kept, sort }) => ({
              label: name,
              run: () =>
                void navigate({ to: '.', search: { ...(kept as Record<string, string>), sort } }),
            })),
          ],
          filtered && can('contacts:write')
            ? [{ label: t('views.keep'), run: () => keep.ask(filter) }]
            : [],
        ].filter((group) => group.length > 0)}
      />
      {keep.dialog}
    </>
  )
}
