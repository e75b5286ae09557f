import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { number } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { useCan } from '@/lib/session'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Card, Page } from '@/ui/page'
import { Empty } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { type Import, importPages, isOver, tones } from './queries'
import { ImportDialog } from './result'
import { Wizard } from './wizard'

const columns: readonly Column<Import>[] = [
  { id: 'source', header: t('imports.file'), cell: (row) => <FileName row={row} /> },
  {
    id: 'state',
    header: t('campaigns.state'),
    className: 'w-32',
    cell: (row) => (
      <Badge
        tone={tones[row.state]}
        label={word('importState', row.state)}
        pulse={!isOver(row.state)}
      />
    ),
  },
  {
    id: 'created',
    header: t('imports.created'),
    end: true,
    className: 'w-24',
    from: 'sm',
    cell: (row) => number(row.created),
  },
  {
    id: 'updated',
    header: t('imports.updated'),
    end: true,
    className: 'w-32',
    from: 'md',
    cell: (row) => number(row.updated),
  },
  {
    id: 'rejected',
    header: t('imports.rejected'),
    end: true,
    className: 'w-24',
    from: 'sm',
    cell: (row) => number(row.rejected),
  },
  {
    id: 'at',
    header: t('imports.at'),
    className: 'w-40',
    from: 'md',
    cell: (row) => <Ago at={row.started_at} />,
  },
]

function useOpen() {
  const navigate = useNavigate()
  return (search: { new?: string; id?: string }) =>
    void navigate({ to: '.', search, replace: true })
}

function FileName({ row }: { row: Import }) {
  const open = useOpen()
  return (
    <button
      type="button"
      className="max-w-full truncate font-medium"
      onClick={() => open({ id: row.id })}
    >
      {row.source.split('/').at(-1)}
    </button>
  )
}

export function ImportsPage() {
  const { id, new: making } = useSearch({ strict: false }) as { id?: string; new?: string }
  const open = useOpen()
  const can = useCan()
  const query = useInfiniteQuery(importPages)
  const begin = can('contacts:write') && (
    <Button
      kind="primary"
      icon={<Download size={15} aria-hidden />}
      onClick={() => open({ new: '1' })}
    >
      {t('imports.new')}
    </Button>
  )
  return (
    <Page title={t('nav.imports')} full actions={begin}>
      <Card flush>
        <Paged
          query={query}
          label={t('nav.imports')}
          columns={columns}
          rowKey={(row) => row.id}
          onOpen={(row) => open({ id: row.id })}
          empty={
            <Empty
              icon={<Download size={24} aria-hidden />}
              title={t('imports.emptyTitle')}
              action={begin}
            >
              {t('imports.emptyText')}
            </Empty>
          }
        />
      </Card>
      {making && <Wizard onClose={() => open({})} onBegun={(made) => open({ id: made })} />}
      {id && <ImportDialog id={id} onClose={() => open({})} />}
    </Page>
  )
}
