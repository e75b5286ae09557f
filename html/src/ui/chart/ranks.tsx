import { number } from '@/lib/format'
import { type About, Chart, type Head } from './frame'

export type Part = { name: string; tone: keyof typeof tones }
export type Rank = {
  key: string
  name: string
  /** of each part so many */
  values: readonly number[]
  note?: string
}

const tones = {
  one: 'bg-c1',
  two: 'bg-c2',
  three: 'bg-c3',
  quiet: 'bg-line-strong',
}

type Props = {
  about: Omit<About, 'head' | 'rows'> & Partial<Pick<About, 'head' | 'rows'>>
  along: string
  parts: readonly Part[]
  rows: readonly Rank[]
  /** each bar is as long as the whole of its row, not as its share of the largest */
  whole?: boolean
}

const sum = (values: readonly number[]) => values.reduce((all, n) => all + n, 0)

/** Bars one below another, the parts of each side by side. */
export function Ranks({ about, along, parts, rows, whole }: Props) {
  const most = Math.max(1, ...rows.map(({ values }) => sum(values)))
  const head: Head[] = [{ name: along }, ...parts]
  return (
    <Chart
      about={{ head, rows: rows.map(({ name, values }) => [name, ...values]), ...about }}
      legend={parts.length > 1 && <Legend parts={parts} />}
    >
      <ul className="flex flex-col gap-2.5">
        {rows.map(({ key, name, values, note }) => {
          const all = sum(values)
          return (
            <li key={key} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1">
              <span className="truncate" title={name}>
                {name}
              </span>
              <span className="text-end tabular-nums">
                {number(all)}
                {note && <span className="text-ink-3"> · {note}</span>}
              </span>
              <span
                aria-hidden
                className="col-span-2 flex h-2.5 gap-px overflow-hidden rounded-sm bg-hover"
              >
                {parts.map((part, n) => {
                  const value = values[n] ?? 0
                  return (
                    value > 0 && (
                      <span
                        key={part.name}
                        className={`h-full min-w-0.5 ${tones[part.tone]}`}
                        style={{ width: `${(100 * value) / Math.max(1, whole ? all : most)}%` }}
                      />
                    )
                  )
                })}
              </span>
              {parts.length > 1 && (
                <span className="sr-only">
                  {parts.map((part, n) => `${part.name} ${number(values[n] ?? 0)}`).join(', ')}
                </span>
              )}
            </li>
          )
        })}
      </ul>
    </Chart>
  )
}

function Legend({ parts }: { parts: readonly Part[] }) {
  return parts.map(({ name, tone }) => (
    <span key={name} className="flex items-center gap-1.5 text-ink-2 text-sm">
      <span aria-hidden className={`size-2.5 rounded-sm ${tones[tone]}`} />
      {name}
    </span>
  ))
}
