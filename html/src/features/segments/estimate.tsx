import { useMutation, useQuery } from '@tanstack/react-query'
import { dateTime, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { sentence } from '@/lib/problem'
import { useRested } from '@/lib/rested'
import { Button } from '@/ui/button'
import { Card } from '@/ui/page'
import { isWhole } from './grammar'
import { countAll, estimate } from './queries'
import { type Json, without } from './tree'

/** How many it finds, about, and what it says in words, while it is built. */
export function Estimate({ predicate }: { predicate: Json }) {
  const rested = useRested(predicate)
  const whole = isWhole(rested)
  const { data, error } = useQuery(estimate(rested, whole))
  return (
    <div className="lg:sticky lg:top-4">
      <Card title={t('estimate.title')}>
        <div aria-live="polite" className="flex flex-col gap-2">
          {whole && error && <p className="text-bad">{without(sentence(error))}</p>}
          {!whole && <p className="text-ink-2">{t('estimate.half')}</p>}
          {whole && !error && !data && <div aria-hidden className="skeleton h-16" />}
          {whole && !error && data && (
            <>
              <p>
                <span className="font-semibold text-2xl tabular-nums leading-tight">
                  {data.exact
                    ? number(data.contacts)
                    : t('estimate.about', { n: number(data.contacts) })}
                </span>{' '}
                <span className="text-ink-2">
                  {t('estimate.contacts', { count: data.contacts })}
                </span>
              </p>
              {!data.exact && (
                <>
                  <p className="text-ink-2">
                    {t('estimate.between', { low: number(data.low), high: number(data.high) })}
                  </p>
                  <Exactly key={JSON.stringify(rested)} predicate={rested} />
                </>
              )}
              <p lang="en" className="break-words text-ink-2">
                {data.english}
              </p>
            </>
          )}
        </div>
      </Card>
    </div>
  )
}

function Exactly({ predicate }: { predicate: Json }) {
  const count = useMutation({ mutationFn: () => countAll(predicate) })
  if (count.data)
    return (
      <p>
        {t('estimate.exactly', {
          n: number(count.data.contacts),
          at: dateTime(count.data.as_of),
        })}
      </p>
    )
  return (
    <Button busy={count.isPending} onClick={() => count.mutate()}>
      {t('estimate.count')}
    </Button>
  )
}
