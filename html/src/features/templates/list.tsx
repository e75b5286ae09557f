import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { LayoutTemplate, X } from 'lucide-react'
import { useCallback } from 'react'
import { t, word } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { Badge, Tag } from '@/ui/badge'
import { Button } from '@/ui/button'
import { NewLink } from '@/ui/new'
import { Card, Page } from '@/ui/page'
import { Nothing } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { Choice, SearchBox, Toolbar } from '@/ui/toolbar'
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
  const set = useNarrow()
  const onSearch = useCallback((text: string) => set({ q: text }), [set])
  return (
    <Page
      title={t('nav.templates')}
      full
      actions={<NewLink to="/templates/new" needs="templates:write" label={t('templates.new')} />}
    >
      <Card flush>
        <Toolbar>
          <SearchBox value={q ?? ''} label={t('templates.search')} onSearch={onSearch} />
          <Choice
            label={t('templates.state')}
            all={t('campaigns.allStates')}
            value={live}
            options={[
              ['true', t('templates.live')],
              ['false', t('templates.draft')],
            ]}
            onChoose={(to) => set({ live: to })}
          />
          {category && (
            <Button icon={<X size={14} aria-hidden />} onClick={() => set({ category: '' })}>
              {category}
            </Button>
          )}
        </Toolbar>
        <Paged
          query={query}
          label={t('nav.templates')}
          columns={columns}
          rowKey={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: '/templates/$id', params: { id } })}
          empty={
            <Nothing
              filtered={!!(q || category || live)}
              noMatch={t('templates.noMatch')}
              onClear={() => set({ q: '', category: '', live: '' })}
              icon={<LayoutTemplate size={24} aria-hidden />}
              title={t('templates.emptyTitle')}
              action={
                <NewLink to="/templates/new" needs="templates:write" label={t('templates.new')} />
              }
            >
              {t('templates.emptyText')}
            </Nothing>
          }
        />
      </Card>
    </Page>
  )
}
