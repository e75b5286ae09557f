import { useLayoutEffect, useRef, useState } from 'react'
import { day, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Button } from './button'

type Row = { key: string; a: number; b: number }
type Props = { label: string; rows: readonly Row[]; names: readonly [string, string] }

const HEIGHT = 160

/** The next round number above. */
export function ceiling(n: number): number {
  if (n <= 5) return 5
  const power = 10 ** Math.floor(Math.log10(n))
  return [1, 2, 5, 10].map((k) => k * power).find((k) => k >= n) ?? n
}

/** How wide a place is, now and when that changes. */
function useWidth() {
  const ref = useRef<HTMLElement>(null)
  const [width, setWidth] = useState(720)
  useLayoutEffect(() => {
    const place = ref.current
    if (!place) return
    const watch = new ResizeObserver(() => setWidth(place.clientWidth))
    setWidth(place.clientWidth)
    watch.observe(place)
    return () => watch.disconnect()
  }, [])
  return [ref, width] as const
}

/** Two numbers a day; the table behind it has the same. */
export function Bars({ label, rows, names }: Props) {
  const [table, setTable] = useState(false)
  const [ref, room] = useWidth()
  if (rows.length === 0) return null
  const width = room - 48
  const top = ceiling(Math.max(...rows.map(({ a, b }) => Math.max(a, b))))
  const step = width / rows.length
  const bar = Math.min(16, step * 0.36)
  const every = Math.ceil((rows.length * 64) / width)
  const y = (n: number) => HEIGHT - (n / top) * HEIGHT
  return (
    <figure ref={ref} className="mt-6">
      <figcaption className="mb-2 flex flex-wrap items-center gap-4 text-sm">
        <span className="flex-1 font-medium">{label}</span>
        {names.map((name, n) => (
          <span key={name} className="flex items-center gap-1.5 text-ink-2">
            <span aria-hidden className={`size-2.5 rounded-sm ${n ? 'bg-c2' : 'bg-c1'}`} />
            {name}
          </span>
        ))}
        <Button kind="ghost" aria-pressed={table} onClick={() => setTable(!table)}>
          {t(table ? 'chart.picture' : 'chart.table')}
        </Button>
      </figcaption>
      {table ? (
        <Twin label={label} rows={rows} names={names} />
      ) : (
        <svg
          viewBox={`-44 -6 ${room} ${HEIGHT + 28}`}
          width={room}
          height={HEIGHT + 28}
          role="img"
          aria-label={label}
          className="overflow-visible"
        >
          {[0, 0.5, 1].map((k) => (
            <g key={k}>
              <line x1={0} x2={width} y1={y(k * top)} y2={y(k * top)} className="stroke-line" />
              <text x={-6} y={y(k * top) + 4} textAnchor="end" className="fill-ink-3 text-xs">
                {number(k * top)}
              </text>
            </g>
          ))}
          {rows.map((row, n) => (
            <g key={row.key} transform={`translate(${n * step + step / 2} 0)`}>
              <title>{`${day(row.key)}: ${names[0]} ${number(row.a)}, ${names[1]} ${number(row.b)}`}</title>
              <rect x={-step / 2} y={0} width={step} height={HEIGHT} className="fill-transparent" />
              <rect
                x={-bar}
                y={y(row.a)}
                width={bar - 0.5}
                height={HEIGHT - y(row.a)}
                className="fill-c1"
              />
              <rect
                x={0.5}
                y={y(row.b)}
                width={bar - 0.5}
                height={HEIGHT - y(row.b)}
                className="fill-c2"
              />
              {n % every === 0 && (
                <text y={HEIGHT + 18} textAnchor="middle" className="fill-ink-3 text-xs">
                  {day(row.key)}
                </text>
              )}
            </g>
          ))}
        </svg>
      )}
    </figure>
  )
}

function Twin({ label, rows, names }: Props) {
  return (
    <table aria-label={label} className="w-full border-collapse tabular-nums">
      <thead>
        <tr>
          <th scope="col" className="border-line border-b py-1 text-start text-ink-2 text-sm">
            {t('chart.day')}
          </th>
          {names.map((name) => (
            <th
              key={name}
              scope="col"
              className="border-line border-b py-1 text-end text-ink-2 text-sm"
            >
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <td className="py-1">{day(row.key)}</td>
            <td className="py-1 text-end">{number(row.a)}</td>
            <td className="py-1 text-end">{number(row.b)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
