import { useQuery, useQueryClient } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useConflict } from '@/lib/conflict'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Conflicted } from '@/ui/conflict'
import { TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Card } from '@/ui/page'
import { Loaded } from '@/ui/states'

const path = '/api/v1/retention'
const names = ['events', 'audit_values', 'files'] as const
type Values = Record<(typeof names)[number], string>

const valuesOf = (row: Schemas['Retention']): Values => ({
  events: String(row.events ?? ''),
  audit_values: String(row.audit_values ?? ''),
  files: String(row.files ?? ''),
})

const read = () => unwrap(api.GET(path))

/** For how many days what is kept. */
export function Retention() {
  const query = useQuery({ queryKey: keys.retention, queryFn: read })
  return (
    <Card title={t('retention.title')}>
      <Loaded query={query}>{(row) => <Days row={row} />}</Loaded>
    </Card>
  )
}

function Days({ row }: { row: Schemas['Retention'] }) {
  const can = useCan()
  const cache = useQueryClient()
  const conflict = useConflict(path, async () => valuesOf(await read()), valuesOf(row))
  const form = useForm(conflict.base.current, async (values) => {
    const body = Object.fromEntries(
      names.map((name) => [name, values[name].trim() === '' ? null : Number(values[name])]),
    )
    const now = await conflict.guard((headers) => unwrap(api.PATCH(path, { body, headers })))
    cache.setQueryData(keys.retention, now)
    conflict.saved(values)
    toast({ kind: 'done', text: t('retention.saved') })
  })
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
      <p className="text-ink-2">{t('retention.help')}</p>
      <div className="grid gap-4 sm:grid-cols-3">
        {names.map((name) => (
          <TextField
            key={name}
            {...form.bind(name)}
            type="number"
            min={1}
            max={36_500}
            label={t(`retention.${name}`)}
            readOnly={!can('workspaces:write')}
          />
        ))}
      </div>
      <Conflicted
        conflict={conflict}
        mine={form.values}
        names={Object.fromEntries(names.map((name) => [name, t(`retention.${name}`)]))}
        onTheirs={form.setAll}
      />
      <Wrong text={conflict.theirs ? undefined : form.problem} />
      {can('workspaces:write') && (
        <div>
          <Button type="submit" busy={form.busy}>
            {t('action.save')}
          </Button>
        </div>
      )}
    </form>
  )
}
