import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import {
  Activity,
  Coins,
  Eye,
  FilePen,
  Filter,
  GitMerge,
  List,
  type LucideIcon,
  MessageSquare,
  MousePointerClick,
  Send,
  ShieldCheck,
  StickyNote,
} from 'lucide-react'
import { money } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { capital } from '@/lib/problem'
import { MoreList } from '@/ui/more'
import { Card } from '@/ui/page'
import { Empty } from '@/ui/states'
import { Ago } from '@/ui/time'
import { Choice } from '@/ui/toolbar'
import { type TimelineKind, timelinePages } from './queries'

const icons: Record<TimelineKind, LucideIcon> = {
  audit: FilePen,
  consent: ShieldCheck,
  conversion: Coins,
  event: Eye,
  list: List,
  merge: GitMerge,
  message: MessageSquare,
  note: StickyNote,
  segment: Filter,
  send: Send,
  tracked: Activity,
}

type Item = { at: string; kind: TimelineKind; what: string; data: Record<string, unknown> }

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What there is to say of each kind, beside its word. */
const details: Partial<Record<TimelineKind, (data: Item['data']) => string>> = {
  event: (d) => text(d.url) || text(d.class),
  send: (d) => text(d.reason),
  message: (d) => text(d.subject),
  consent: (d) => [word('channel', text(d.channel)), text(d.source)].filter(Boolean).join(', '),
  conversion: (d) => money(Number(d.value), text(d.currency)),
  list: (d) => text(d.name),
  note: (d) => text(d.text),
  segment: (d) => text(d.name),
  tracked: (d) => text(d.url),
  audit: (d) => text(d.actor),
}

export function Timeline({ id }: { id: string }) {
  const { kind } = useSearch({ strict: false }) as { kind?: TimelineKind }
  const set = useNarrow()
  const query = useInfiniteQuery(timelinePages(id, kind))
  return (
    <Card
      title={t('timeline.title')}
      flush
      aside={
        <Choice
          label={t('timeline.kind')}
          all={t('timeline.all')}
          value={kind}
          options={Object.keys(icons).map((name) => [name, word('timelineKind', name)] as const)}
          onChoose={(to) => set({ kind: to })}
        />
      }
    >
      <MoreList query={query} empty={<Empty title={t('timeline.none')} />}>
        {(rows) => (
          <ol className="px-4">
            {(rows as Item[]).map((item, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an event has no id, and none moves
              <Line key={n} item={item} />
            ))}
          </ol>
        )}
      </MoreList>
    </Card>
  )
}

function Line({ item }: { item: Item }) {
  const Icon = item.what === 'click' ? MousePointerClick : (icons[item.kind] ?? Activity)
  const detail = details[item.kind]?.(item.data)
  const campaign = text(item.data.campaign_id)
  return (
    <li className="flex gap-3 border-line border-b py-2.5 last:border-0">
      <Icon size={16} aria-hidden className="mt-0.5 shrink-0 text-ink-3" />
      <div className="min-w-0 flex-1">
        <p>
          <span className="font-medium">{capital(word('timeline', item.what))}</span>
          {campaign && (
            <>
              {' · '}
              <Link
                to="/campaigns/$id"
                params={{ id: campaign }}
                className="text-accent hover:underline"
              >
                {text(item.data.name) || campaign}
              </Link>
            </>
          )}
        </p>
        {detail && <p className="break-words text-ink-2 text-sm">{detail}</p>}
      </div>
      <span className="shrink-0 text-ink-3 text-sm">
        <Ago at={item.at} />
      </span>
    </li>
  )
}
