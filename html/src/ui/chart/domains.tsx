import type { Schemas } from '@/lib/client'
import { percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { Ranks } from './ranks'

type Row = Schemas['RollupRow']
type Props = { label: string; how: string; asOf: string | null; rows: readonly Row[] }

const SHOWN = 12

/** Who takes the mail, and how: accepted, come back, refused. */
export function Domains({ label, how, asOf, rows }: Props) {
  const names = [
    t('report.domain'),
    t('report.accepted'),
    t('report.deferred'),
    t('report.refused'),
    t('report.bounced'),
    t('report.complaints'),
    t('monitor.opened'),
    t('monitor.clicked'),
  ]
  return (
    <Ranks
      about={{
        label,
        how,
        asOf,
        n: rows.reduce((all, row) => all + (row.sent ?? 0) + (row.failed ?? 0), 0),
        head: names.map((name) => ({ name })),
        rows: rows.map((row) => [
          word('provider', row.key),
          row.sent,
          row.deferred,
          row.failed,
          row.bounced,
          row.complaints,
          row.unique_opens,
          row.unique_clicks,
        ]),
      }}
      along={t('report.domain')}
      parts={[
        { name: t('report.accepted'), tone: 'one' },
        { name: t('report.bounced'), tone: 'two' },
        { name: t('report.refused'), tone: 'quiet' },
      ]}
      rows={rows.slice(0, SHOWN).map((row) => ({
        key: row.key,
        name: word('provider', row.key),
        values: [
          Math.max(0, (row.sent ?? 0) - (row.bounced ?? 0)),
          row.bounced ?? 0,
          row.failed ?? 0,
        ],
        note: t('report.openedShare', { share: percent(row.unique_opens ?? 0, row.sent ?? 0) }),
      }))}
    />
  )
}
