import { useQuery, useQueryClient } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useConflict } from '@/lib/conflict'
import { useForm } from '@/lib/form'
import { setZone } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan, useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { workspaceOf, workspacePath, zones } from '@/lib/workspace'
import { Button } from '@/ui/button'
import { Conflicted } from '@/ui/conflict'
import { Demo } from '@/ui/demo'
import { Check, SelectField, TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'

type Workspace = Schemas['Workspace']
const flags = ['tracking', 'truncate_addresses', 'respect_do_not_track'] as const

const valuesOf = (row: Workspace) => ({
  name: row.name,
  zone: row.zone,
  color: row.brand.color ?? '',
  address: row.brand.address ?? '',
  tracking: String(row.tracking),
  truncate_addresses: String(row.truncate_addresses),
  respect_do_not_track: String(row.respect_do_not_track),
})
type Values = ReturnType<typeof valuesOf>

const names: Record<string, string> = {
  name: t('setup.workspaceName'),
  zone: t('setup.zone'),
  color: t('setup.color'),
  address: t('setup.address'),
  tracking: t('workspace.tracking'),
  truncate_addresses: t('workspace.truncate'),
  respect_do_not_track: t('workspace.dnt'),
}

const bodyOf = ({ color, address, name, zone, ...rest }: Values) => ({
  name: name.trim(),
  zone,
  brand: { color: color || null, address: address.trim() || null },
  ...Object.fromEntries(flags.map((flag) => [flag, rest[flag] === 'true'])),
})

/** What a workspace is called, what it looks like, and what it counts. */
export function WorkspacePage() {
  const { workspace } = useSession()
  const can = useCan()
  const query = useQuery(workspaceOf(workspace.id))
  return (
    <Page title={t('settings.workspace')}>
      <Card>
        <Loaded query={query}>{(row) => <About row={row} />}</Loaded>
      </Card>
      {can('workspaces:write') && (
        <Card title={t('demo.title')}>
          <Demo />
        </Card>
      )}
    </Page>
  )
}

function About({ row }: { row: Workspace }) {
  const can = useCan()
  const cache = useQueryClient()
  const path = { params: { path: { id: row.id } } }
  const conflict = useConflict(
    workspacePath(row.id),
    async () => valuesOf(await unwrap(api.GET('/api/v1/workspaces/{id}', path))),
    valuesOf(row),
  )
  const form = useForm(
    conflict.base.current,
    async (values) => {
      const now = await conflict.guard((headers) =>
        unwrap(api.PATCH('/api/v1/workspaces/{id}', { ...path, body: bodyOf(values), headers })),
      )
      cache.setQueryData(keys.workspace, now)
      conflict.saved(valuesOf(now))
      setZone(now.zone)
      void cache.invalidateQueries({ queryKey: ['me'] })
      toast({ kind: 'done', text: t('workspace.saved') })
    },
    { 'brand.color': 'color', 'brand.address': 'address' },
  )
  return (
    <form onSubmit={form.onSubmit} className="flex max-w-[60ch] flex-col gap-4">
      <fieldset disabled={!can('workspaces:write')} className="flex flex-col gap-4">
        <TextField {...form.bind('name')} label={names.name ?? ''} required maxLength={200} />
        <SelectField
          {...form.bind('zone')}
          label={names.zone ?? ''}
          help={t('setup.zoneHelp')}
          options={zones(form.values.zone)}
        />
        <TextField
          {...form.bind('address')}
          label={names.address ?? ''}
          help={t('setup.addressHelp')}
          maxLength={500}
        />
        <TextField
          {...form.bind('color')}
          type="color"
          label={names.color ?? ''}
          help={t('setup.colorHelp')}
          className="w-20 p-1"
        />
        {flags.map((flag) => (
          <Check
            key={flag}
            label={names[flag] ?? ''}
            checked={form.values[flag] === 'true'}
            onChange={(event) => form.set(flag, String(event.target.checked))}
          />
        ))}
      </fieldset>
      <Conflicted
        conflict={conflict}
        mine={form.values}
        names={names}
        say={said}
        onTheirs={form.setAll}
      />
      <Wrong text={conflict.theirs ? undefined : form.problem} />
      {can('workspaces:write') && (
        <div>
          <Button type="submit" kind="primary" busy={form.busy}>
            {t('action.save')}
          </Button>
        </div>
      )}
    </form>
  )
}

/** Yes and no as people say it. */
const said = (values: Values): Record<string, string> => ({
  ...values,
  ...Object.fromEntries(flags.map((flag) => [flag, word('boolean', values[flag])])),
})
