import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { setZone } from '@/lib/format'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useSession } from '@/lib/session'
import { workspaceOf, zones } from '@/lib/workspace'
import { SelectField, TextField } from '@/ui/field'
import { Loaded } from '@/ui/states'
import { StepForm, type StepProps } from './step'

type Workspace = Schemas['Workspace']
type Change = { name?: string; zone?: string; brand?: { color?: string; address?: string | null } }

function useSave() {
  const { workspace } = useSession()
  const cache = useQueryClient()
  return async (body: Change) => {
    const now = await unwrap(
      api.PATCH('/api/v1/workspaces/{id}', { params: { path: { id: workspace.id } }, body }),
    )
    cache.setQueryData(keys.workspace, now)
    setZone(now.zone)
    void cache.invalidateQueries({ queryKey: ['me'] })
  }
}

/** The part of a step that needs the workspace as it is. */
function WithWorkspace({ children }: { children: (row: Workspace) => ReactNode }) {
  const { workspace } = useSession()
  return <Loaded query={useQuery(workspaceOf(workspace.id))}>{children}</Loaded>
}

export const WorkspaceStep = (props: StepProps) => (
  <WithWorkspace>{(row) => <NameForm {...props} row={row} />}</WithWorkspace>
)

/** A zone that nobody has chosen is that of the browser. */
const zoneOf = (row: Workspace): string =>
  row.zone === 'UTC' ? Intl.DateTimeFormat().resolvedOptions().timeZone : row.zone

function NameForm({ row, onDone, onSkip }: StepProps & { row: Workspace }) {
  const save = useSave()
  const form = useForm({ name: row.name, zone: zoneOf(row) }, async ({ name, zone }) => {
    await save({ name: name.trim(), zone })
    onDone()
  })
  return (
    <StepForm form={form} go={t('action.continue')} onSkip={onSkip}>
      <TextField
        {...form.bind('name')}
        label={t('setup.workspaceName')}
        help={t('setup.workspaceHelp')}
        required
        maxLength={200}
        autoFocus
      />
      <SelectField
        {...form.bind('zone')}
        label={t('setup.zone')}
        help={t('setup.zoneHelp')}
        options={zones(form.values.zone)}
      />
    </StepForm>
  )
}

export const BrandStep = (props: StepProps) => (
  <WithWorkspace>{(row) => <BrandForm {...props} row={row} />}</WithWorkspace>
)

/** The accent of the app is a colour to begin with. */
const accent = () =>
  getComputedStyle(document.documentElement).getPropertyValue('--accent').trim().toLowerCase()

function BrandForm({ row, onDone, onSkip }: StepProps & { row: Workspace }) {
  const save = useSave()
  const form = useForm(
    { address: row.brand.address ?? '', color: row.brand.color ?? accent() },
    async ({ color, address }) => {
      await save({ brand: { color, address: address.trim() || null } })
      onDone()
    },
    { 'brand.color': 'color', 'brand.address': 'address' },
  )
  return (
    <StepForm form={form} go={t('action.continue')} onSkip={onSkip}>
      <TextField
        {...form.bind('address')}
        label={t('setup.address')}
        help={t('setup.addressHelp')}
        maxLength={500}
        autoFocus
      />
      <TextField
        {...form.bind('color')}
        type="color"
        label={t('setup.color')}
        help={t('setup.colorHelp')}
        className="w-20 p-1"
      />
    </StepForm>
  )
}
