import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { bytes, dateTime, number, percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { Badge, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { TextField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Progress } from '@/ui/progress'
import { Loaded } from '@/ui/states'

type Usage = Schemas['Usage']

const tones: Record<Usage['state'], Tone> = { free: 'ok', warning: 'warn', used_up: 'bad' }
const bars = { free: 'ok', warning: 'warn', used_up: 'bad' } as const

const amount = (metric: string, n: number): string => (metric === 'storage' ? bytes(n) : number(n))

/** What is used of what may be, and where it warns. */
export function UsagePage() {
  const query = useQuery({
    queryKey: keys.usage,
    queryFn: () => unwrap(api.GET('/api/v1/usage')),
    refetchInterval: 30_000,
  })
  return (
    <Page
      title={t('settings.usage')}
      below={query.data && t('usage.asOf', { at: dateTime(query.data.as_of) })}
    >
      <Card flush>
        <Loaded query={query}>
          {({ metrics }) => (
            <ul>
              {metrics.map((row) => (
                <Row key={row.metric} row={row} />
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
    </Page>
  )
}

function Row({ row }: { row: Usage }) {
  const can = useCan()
  const [warning, setWarning] = useState(false)
  const most = row.hard ?? row.soft ?? row.own_soft
  const soft = [row.soft, row.own_soft].filter((n) => n !== null)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-0">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span className="flex-1 font-medium">{word('metric', row.metric)}</span>
          <span className="tabular-nums">
            {row.hard === null
              ? amount(row.metric, row.used)
              : t('usage.of', {
                  used: amount(row.metric, row.used),
                  hard: amount(row.metric, row.hard),
                  share: percent(row.used, row.hard),
                })}
          </span>
        </p>
        {most !== null && (
          <div className="my-1.5">
            <Progress
              label={word('metric', row.metric)}
              whole={Math.max(most, 1)}
              parts={[{ value: Math.min(row.used, most), tone: bars[row.state], label: 'used' }]}
            />
          </div>
        )}
        <p className="text-ink-3 text-sm">
          {word('usagePeriod', row.period)}
          {soft.length > 0 &&
            ` · ${t('usage.warns', { at: amount(row.metric, Math.min(...soft)) })}`}
          {row.hard === null && ` · ${t('usage.unlimited')}`}
        </p>
      </div>
      <Badge tone={tones[row.state]} label={word('usageState', row.state)} />
      {can('workspaces:write') && (
        <Button
          onClick={() => setWarning(true)}
          aria-label={t('usage.warnOf', { metric: word('metric', row.metric) })}
        >
          {t('usage.warn')}
        </Button>
      )}
      {warning && <Warn row={row} onClose={() => setWarning(false)} />}
    </li>
  )
}

function Warn({ row, onClose }: { row: Usage; onClose: () => void }) {
  const cache = useQueryClient()
  const form = useForm({ own_soft: String(row.own_soft ?? '') }, async ({ own_soft }) => {
    await unwrap(
      api.POST('/api/v1/usage', {
        body: {
          metric: row.metric as 'contacts',
          own_soft: own_soft.trim() === '' ? null : Number(own_soft),
        },
      }),
    )
    await cache.invalidateQueries({ queryKey: keys.usage })
    onClose()
  })
  return (
    <FormDialog
      title={t('usage.warnOf', { metric: word('metric', row.metric) })}
      form={form}
      go={t('action.save')}
      onClose={onClose}
    >
      <TextField
        {...form.bind('own_soft')}
        type="number"
        min={0}
        label={t('usage.above')}
        help={t(row.metric === 'storage' ? 'usage.aboveBytes' : 'usage.aboveHelp')}
      />
    </FormDialog>
  )
}
