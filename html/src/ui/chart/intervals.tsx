import { number, percent } from '@/lib/format'
import { t } from '@/lib/i18n'
import { type About, Chart } from './frame'
import { ceilingShare } from './scale'

export type Interval = {
  key: string
  name: string
  /** so many of so many, and between which shares the truth lies */
  part: number
  n: number
  share: number | null
  interval: readonly number[] | null
  best?: boolean
}

type Props = { about: Omit<About, 'head' | 'rows'>; along: string; rows: readonly Interval[] }

const show = (share: unknown) => (typeof share === 'number' ? percent(share, 1) : '–')

/** Shares and how sure they are, on one measure: what does not overlap differs. */
export function Intervals({ about, along, rows }: Props) {
  const top = ceilingShare(Math.max(...rows.map(({ interval }) => interval?.[1] ?? 0)))
  const at = (share: number) => `${(100 * Math.min(share, top)) / top}%`
  return (
    <Chart
      about={{
        ...about,
        head: [
          { name: along },
          { name: t('chart.people') },
          { name: t('chart.of') },
          { name: t('chart.share'), show },
          { name: t('chart.from'), show },
          { name: t('chart.to'), show },
        ],
        rows: rows.map(({ name, part, n, share, interval }) => [
          name,
          part,
          n,
          share,
          interval?.[0],
          interval?.[1],
        ]),
      }}
    >
      <ul className="flex flex-col gap-3">
        {rows.map(({ key, name, part, n, share, interval, best }) => (
          <li key={key} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1">
            <span className={`truncate ${best ? 'font-semibold' : ''}`}>{name}</span>
            <span className="text-end tabular-nums">
              {show(share)}
              <span className="text-ink-3">
                {' '}
                {interval &&
                  t('chart.between', { low: show(interval[0]), high: show(interval[1]) })}
                {' · '}
                {t('monitor.of', { done: number(part), all: number(n) })}
              </span>
            </span>
            <span aria-hidden className="relative col-span-2 h-4 rounded-sm bg-hover">
              {interval && share !== null && (
                <>
                  <span
                    className={`absolute top-1.5 h-1 rounded-full ${best ? 'bg-accent' : 'bg-line-strong'}`}
                    style={{
                      insetInlineStart: at(interval[0] ?? 0),
                      width: `calc(${at(interval[1] ?? 0)} - ${at(interval[0] ?? 0)})`,
                    }}
                  />
                  <span
                    className={`absolute top-0.5 h-3 w-1 rounded-sm ${best ? 'bg-accent' : 'bg-ink'}`}
                    style={{ insetInlineStart: `calc(${at(share)} - 2px)` }}
                  />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      <p aria-hidden className="mt-1 flex justify-between text-ink-3 text-xs tabular-nums">
        <span>{show(0)}</span>
        <span>{show(top)}</span>
      </p>
    </Chart>
  )
}
