import { useState } from 'react'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { type About, Chart } from './frame'
import { ceiling, named, useWidth } from './scale'

export type Series = { name: string; values: readonly number[] }
type Props = {
  about: Omit<About, 'head' | 'rows'>
  /** what stands along it, and what each place is called */
  along: string
  keys: readonly string[]
  show: (key: string) => string
  series: readonly Series[]
}

const HEIGHT = 180
const LEFT = 44

/** Each is told by its dash and its mark too, not by the colour alone. */
const looks = [
  { stroke: 'stroke-c1', fill: 'fill-c1', dash: undefined },
  { stroke: 'stroke-c2', fill: 'fill-c2', dash: '6 3' },
  { stroke: 'stroke-c3', fill: 'fill-c3', dash: '2 3' },
] as const
const lookOf = (n: number) => looks[n % looks.length] ?? looks[0]

/** The mark of a series, round, square or pointed, about a place. */
function Mark({ n, x, y }: { n: number; x: number; y: number }) {
  const { fill } = lookOf(n)
  if (n % 3 === 0) return <circle cx={x} cy={y} r={3.5} className={fill} />
  if (n % 3 === 1) return <rect x={x - 3} y={y - 3} width={6} height={6} className={fill} />
  return <path d={`M${x} ${y - 4}l4 7h-8z`} className={fill} />
}

function Legend({ series }: { series: readonly Series[] }) {
  return series.map(({ name }, n) => (
    <span key={name} className="flex items-center gap-1.5 text-ink-2 text-sm">
      <svg width={24} height={10} aria-hidden="true">
        <line
          x1={0}
          x2={24}
          y1={5}
          y2={5}
          strokeWidth={2}
          strokeDasharray={lookOf(n).dash}
          className={lookOf(n).stroke}
        />
        <Mark n={n} x={12} y={5} />
      </svg>
      {name}
    </span>
  ))
}

/** Numbers in the course of time. Its places are gone through by arrow keys. */
export function Trend({ about, along, keys, show, series }: Props) {
  const [ref, room] = useWidth()
  const [at, setAt] = useState<number>()
  const count = keys.length
  if (count === 0) return null
  const width = Math.max(80, room - LEFT - 8)
  const top = ceiling(Math.max(...series.flatMap(({ values }) => values)))
  const x = (n: number) => (count === 1 ? width / 2 : (n * width) / (count - 1))
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT
  const label = named(count, width)
  const said = (n: number) =>
    `${show(keys[n] ?? '')}: ${series.map(({ name, values }) => `${name} ${number(values[n] ?? 0)}`).join(', ')}`
  return (
    <Chart
      about={{
        ...about,
        head: [{ name: along, show: (key) => show(String(key)) }, ...series],
        rows: keys.map((key, n) => [key, ...series.map(({ values }) => values[n])]),
      }}
      legend={<Legend series={series} />}
    >
      <div
        ref={ref}
        className="relative rounded-md focus-within:outline-2 focus-within:outline-accent"
      >
        {/* what a hand that is on the keyboard goes through it with */}
        <input
          type="range"
          className="sr-only"
          aria-label={`${about.label}: ${t('chart.walk')}`}
          aria-valuetext={said(at ?? count - 1)}
          min={0}
          max={Math.max(1, count - 1)}
          value={at ?? count - 1}
          onChange={(event) => setAt(Math.min(count - 1, Number(event.target.value)))}
          onBlur={() => setAt(undefined)}
        />
        <svg
          viewBox={`${-LEFT} -8 ${room} ${HEIGHT + 34}`}
          width={room}
          height={HEIGHT + 34}
          aria-hidden="true"
          className="block max-w-full overflow-visible"
          onPointerLeave={() => setAt(undefined)}
          onPointerMove={(event) => {
            const left = event.currentTarget.getBoundingClientRect().left
            const place = (event.clientX - left - LEFT) / width
            setAt(Math.max(0, Math.min(count - 1, Math.round(place * (count - 1)))))
          }}
        >
          {[0, 0.5, 1].map((k) => (
            <g key={k}>
              <line x1={0} x2={width} y1={y(k * top)} y2={y(k * top)} className="stroke-line" />
              <text x={-8} y={y(k * top) + 4} textAnchor="end" className="fill-ink-3 text-xs">
                {number(k * top)}
              </text>
            </g>
          ))}
          {keys.map(
            (key, n) =>
              label(n) && (
                <text
                  key={key}
                  x={x(n)}
                  y={HEIGHT + 20}
                  textAnchor={count > 1 && n === count - 1 ? 'end' : 'middle'}
                  className="fill-ink-3 text-xs"
                >
                  {show(key)}
                </text>
              ),
          )}
          {series.map(({ name, values }, n) => (
            <g key={name}>
              <polyline
                points={values.map((value, k) => `${x(k)},${y(value)}`).join(' ')}
                fill="none"
                strokeWidth={2}
                strokeLinejoin="round"
                strokeDasharray={lookOf(n).dash}
                className={lookOf(n).stroke}
              />
              {values.map(
                (value, k) =>
                  // a point alone, the last, and where somebody looks
                  (count <= 12 || k === count - 1 || k === at) && (
                    <Mark key={keys[k]} n={n} x={x(k)} y={y(value)} />
                  ),
              )}
            </g>
          ))}
          {at !== undefined && (
            <line x1={x(at)} x2={x(at)} y1={0} y2={HEIGHT} className="stroke-line-strong" />
          )}
        </svg>
        {at !== undefined && <Said text={said(at)} end={x(at) > width / 2} />}
      </div>
    </Chart>
  )
}

/** What is where somebody looks. */
function Said({ text, end }: { text: string; end: boolean }) {
  return (
    <div
      aria-hidden
      className={`pointer-events-none absolute top-0 max-w-full rounded-md border border-line bg-raised px-2 py-1 text-sm tabular-nums shadow-popover ${end ? 'start-12' : 'end-2'}`}
    >
      {text}
    </div>
  )
}
