import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ListPlus, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Empty } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'

type List = Schemas['List']

const columns: readonly Column<List>[] = [
  {
    id: 'name',
    header: t('field.name'),
    cell: (row) => (
      <Link to="/contacts" search={{ list_id: row.id }} className="font-medium">
        {row.name}
      </Link>
    ),
  },
  {
    id: 'members',
    header: t('lists.members'),
    end: true,
    className: 'w-28',
    cell: (row) => number(row.members),
  },
  {
    id: 'created',
    header: t('contacts.created'),
    from: 'sm',
    className: 'w-40',
    cell: (row) => <Ago at={row.created_at} />,
  },
]

const listPages = pages([...keys.lists, 'pages'], (cursor) =>
  unwrap(api.GET('/api/v1/lists', { params: { query: { sort: '-id', limit: 100, cursor } } })),
)

export function ListsPage() {
  const can = useCan()
  const navigate = useNavigate()
  const [making, setMaking] = useState(false)
  const query = useInfiniteQuery(listPages)
  const begin = can('lists:write') && (
    <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setMaking(true)}>
      {t('lists.new')}
    </Button>
  )
  return (
    <Page title={t('nav.lists')} full actions={begin}>
      <Card flush>
        <Paged
          query={query}
          label={t('nav.lists')}
          columns={columns}
          rowKey={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: '/contacts', search: { list_id: id } })}
          empty={
            <Empty
              icon={<ListPlus size={24} aria-hidden />}
              title={t('lists.emptyTitle')}
              action={begin}
            >
              {t('lists.emptyText')}
            </Empty>
          }
        />
      </Card>
      {making && <New onClose={() => setMaking(false)} />}
    </Page>
  )
}

function New({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient()
  const form = useForm({ name: '' }, async ({ name }) => {
    await unwrap(api.POST('/api/v1/lists', { body: { name: name.trim() } }))
    void cache.invalidateQueries({ queryKey: keys.lists })
    toast({ kind: 'done', text: t('lists.made', { name }) })
    onClose()
  })
  return (
    <FormDialog title={t('lists.new')} form={form} go={t('lists.make')} onClose={onClose}>
      <TextField {...form.bind('name')} label={t('field.name')} required maxLength={200} />
    </FormDialog>
  )
}
