import { useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleX } from 'lucide-react'
import { dateTime } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import type { Person } from '@/ui/find-contact'
import { Empty, Loaded } from '@/ui/states'
import { why } from './queries'

type Props = { segment: string; person: Person; onClose: () => void }

export function WhyDialog({ segment, person, onClose }: Props) {
  const query = useQuery(why(segment, person.id))
  return (
    <Dialog title={t('why.title', { email: person.label })} wide onClose={onClose}>
      <Loaded query={query}>
        {({ match, since, english, conditions, as_of }) => (
          <>
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Badge
                tone={since ? 'ok' : 'quiet'}
                label={t(since ? 'segment.isIn' : 'segment.isOut')}
              />
              {since && (
                <span className="text-ink-2">{t('segment.since', { at: dateTime(since) })}</span>
              )}
              {match !== !!since && <span className="text-warn">{t('segment.moving')}</span>}
            </p>
            <p lang="en" className="mt-2 break-words text-ink-2">
              {english}
            </p>
            {conditions.length === 0 ? (
              <Empty title={t('segment.noConditions')} />
            ) : (
              <ul
                className="mt-3 rounded-lg border border-line"
                aria-label={t('segment.conditions')}
              >
                {conditions.map((each) => (
                  <li
                    key={each.pointer}
                    className="flex items-start gap-2 border-line border-b px-3 py-2 last:border-0"
                  >
                    {each.match ? (
                      <CircleCheck size={15} className="mt-0.5 shrink-0 text-ok" aria-hidden />
                    ) : (
                      <CircleX size={15} className="mt-0.5 shrink-0 text-ink-3" aria-hidden />
                    )}
                    <span lang="en" className="min-w-0 flex-1 break-words">
                      {each.english}
                    </span>
                    <span className="text-ink-2 text-sm">
                      {t(each.match ? 'segment.holds' : 'segment.not')}
                    </span>
                  </li>
                ))}
              </ul>
            )}
            <div className="mt-4 flex items-center gap-3">
              <span className="flex-1 text-ink-3 text-sm">
                {t('segment.asOf', { at: dateTime(as_of) })}
              </span>
              <Button onClick={onClose}>{t('action.close')}</Button>
            </div>
          </>
        )}
      </Loaded>
    </Dialog>
  )
}
