import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { dateTime } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { MoreList } from '@/ui/more'
import { Card } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { diff, publish, restore, versions } from './queries'
import type { Template } from './written'

function useVersion(
  id: string,
  what: (id: string, version: number) => Promise<Template>,
  says: 'template.published' | 'template.restored',
) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (version: number) => what(id, version),
    onSuccess: (now, version) => {
      cache.setQueryData(keys.template(id), now)
      void cache.invalidateQueries({ queryKey: keys.templates })
      toast({ kind: 'done', text: t(says, { version }) })
    },
  })
}

export const usePublish = (id: string) => useVersion(id, publish, 'template.published')

export function Versions({ template: row }: { template: Template }) {
  const query = useInfiniteQuery(versions(row.id))
  const [open, setOpen] = useState<number>()
  const can = useCan()
  const live = usePublish(row.id)
  const back = useVersion(row.id, restore, 'template.restored')
  return (
    <Card title={t('template.versions')} flush>
      <MoreList query={query}>
        {(rows) => (
          <ul>
            {rows.map(({ version, created_at }) => (
              <li key={version} className="border-line border-b last:border-0">
                <div className="flex min-h-row flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1">
                  <span className="font-medium">{t('template.version', { version })}</span>
                  {version === row.live_version && <Badge tone="ok" label={t('templates.live')} />}
                  <span className="flex-1 text-ink-2">{dateTime(created_at)}</span>
                  <Button
                    kind="ghost"
                    aria-expanded={open === version}
                    onClick={() => setOpen(open === version ? undefined : version)}
                  >
                    {t('template.changes')}
                  </Button>
                  {can('templates:write') && version !== row.version && (
                    <Button
                      busy={back.isPending && back.variables === version}
                      onClick={() => back.mutate(version)}
                    >
                      {t('template.restore')}
                    </Button>
                  )}
                  {can('templates:write') && version !== row.live_version && (
                    <Button
                      busy={live.isPending && live.variables === version}
                      onClick={() => live.mutate(version)}
                    >
                      {t('template.publishOne')}
                    </Button>
                  )}
                </div>
                {open === version && <Changes id={row.id} version={version} />}
              </li>
            ))}
          </ul>
        )}
      </MoreList>
    </Card>
  )
}

/** What it has other than the one before, line by line. */
function Changes({ id, version }: { id: string; version: number }) {
  const query = useQuery(diff(id, version))
  return (
    <div className="border-line border-t bg-canvas px-4 py-3">
      <Loaded query={query}>
        {({ changes }) => (
          <div className="flex flex-col gap-3">
            {changes.length === 0 && <p className="text-ink-2">{t('template.same')}</p>}
            {changes.map(({ field, locale, hunks }) => (
              <div key={`${field} ${locale}`}>
                <h3 className="mb-1 text-sm">
                  {word('part', field)} {locale}
                </h3>
                {hunks.map(({ was_line, is_line, was, is }) => (
                  <div
                    key={`${was_line} ${is_line}`}
                    className="mb-2 overflow-x-auto rounded-md border border-line bg-surface py-1 font-mono text-sm"
                    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
                    tabIndex={0}
                  >
                    <Lines
                      sign="−"
                      from={was_line}
                      lines={was}
                      tone="text-bad"
                      says={t('template.was')}
                    />
                    <Lines
                      sign="+"
                      from={is_line}
                      lines={is}
                      tone="text-ok"
                      says={t('template.is')}
                    />
                  </div>
                ))}
              </div>
            ))}
          </div>
        )}
      </Loaded>
    </div>
  )
}

type LinesProps = { sign: string; from: number; lines: string[]; tone: string; says: string }

const Lines = ({ sign, from, lines, tone, says }: LinesProps) =>
  lines.map((line, n) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines stand where they are
    <div key={n} className={`flex gap-3 whitespace-pre px-3 ${tone}`}>
      <span aria-hidden className="w-8 shrink-0 select-none text-end text-ink-3">
        {from + n}
      </span>
      <span aria-hidden>{sign}</span>
      <span className="sr-only">{says}</span>
      <span>{line}</span>
    </div>
  ))
