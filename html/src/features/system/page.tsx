import { useQuery } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { bytes, dateTime, number, relative } from '@/lib/format'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { Badge, type Tone } from '@/ui/badge'
import { Numbers } from '@/ui/numbers'
import { Card, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { Ago } from '@/ui/time'

type Status = Schemas['Status']

/** What is amiss, in one word: what an operator looks at first. */
function health(s: Status): [Tone, string] {
  if (s.hosts.length === 0 || s.hosts.every(({ alive }) => !alive)) return ['bad', t('system.down')]
  const amiss = s.hosts.some(({ alive }) => !alive) || (s.drain.quarantined ?? 0) > 0
  const waits = (s.campaigns.with_problem ?? 0) > 0
  return amiss || waits ? ['warn', t('system.look')] : ['ok', t('system.well')]
}

/** Is the house at work, and how far behind? */
export function SystemPage() {
  const query = useQuery({
    queryKey: keys.status,
    queryFn: () => unwrap(api.GET('/api/v1/status')),
    refetchInterval: 5_000,
  })
  const state = query.data && health(query.data)
  return (
    <Page
      title={t('settings.system')}
      beside={state && <Badge tone={state[0]} label={state[1]} />}
      below={query.data && t('usage.asOf', { at: dateTime(query.data.as_of) })}
    >
      <Loaded query={query}>{(s) => <Parts s={s} />}</Loaded>
    </Page>
  )
}

const ago = (at: string | null | undefined): string => (at ? relative(at) : '–')

function Parts({ s }: { s: Status }) {
  const figures = [
    [
      t('system.mail'),
      [
        [t('system.waiting'), s.mail_queue.waiting],
        [t('system.due'), s.mail_queue.due],
        [t('system.oldest'), ago(s.mail_queue.oldest_due)],
      ],
    ],
    [
      t('nav.campaigns'),
      [
        [t('system.running'), s.campaigns.running],
        [t('system.left'), s.campaigns.recipients_left],
        [t('system.problems'), s.campaigns.with_problem],
      ],
    ],
    [
      t('system.events'),
      [
        [t('system.segments'), s.drain.segments_open],
        [t('system.quarantined'), s.drain.quarantined],
        [t('system.drained'), ago(s.drain.last_at)],
      ],
    ],
    [
      t('system.store'),
      [
        [t('system.imports'), s.imports.running],
        [t('system.files'), bytes(s.files.bytes ?? 0)],
        [t('system.migration'), String(s.migration)],
      ],
    ],
  ] as const
  return (
    <>
      {figures.map(([title, facts]) => (
        <Card key={title} title={title}>
          <Numbers
            figures={facts.map(([label, value]) => ({
              label,
              value: typeof value === 'string' ? value : number(value ?? 0),
            }))}
          />
        </Card>
      ))}
      <Card title={t('system.hosts')} flush>
        <ul>
          {s.hosts.map(({ id, seen_at, alive }) => (
            <li
              key={id}
              className="flex min-h-row flex-wrap items-center gap-x-4 border-line border-b px-4 last:border-0"
            >
              <span className="min-w-0 flex-1 break-all font-medium">{id}</span>
              <Badge
                tone={alive ? 'ok' : 'bad'}
                label={t(alive ? 'system.alive' : 'system.gone')}
              />
              <span className="w-32 text-end text-ink-3 text-sm">
                <Ago at={seen_at} />
              </span>
            </li>
          ))}
          {s.hosts.length === 0 && <li className="px-4 py-3 text-ink-2">{t('system.noHosts')}</li>}
        </ul>
      </Card>
    </>
  )
}
