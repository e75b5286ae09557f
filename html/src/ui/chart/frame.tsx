import { useSearch } from '@tanstack/react-router'
import { ChartLine, Download, Table as TableIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { number } from '@/lib/format'
import { useHotkeys } from '@/lib/hotkeys'
import { t } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { type Cell, saveCsv } from '@/lib/save'
import { Button } from '../button'
import { Ago } from '../time'
import { Twin } from './twin'

/** What stands in a column: told as a person reads it, saved as it is. */
export type Head = { name: string; show?: (cell: Cell) => string }

export type About = {
  label: string
  head: readonly Head[]
  rows: readonly (readonly Cell[])[]
  /** how it is worked out, of how many, as of when */
  how?: string
  n?: number
  asOf?: string | null
}

/** Pictures or tables: of all the charts of a page, in its address. */
export function useTables(): readonly [boolean, () => void] {
  const { view } = useSearch({ strict: false }) as { view?: string }
  const narrow = useNarrow()
  const tables = view === 'table'
  const toggle = () => narrow({ view: tables ? '' : 'table' })
  useHotkeys([{ keys: 't', run: toggle }])
  return [tables, toggle]
}

/** A chart: its name, the table behind it, and where its numbers are from. */
export function Chart({
  about,
  legend,
  children,
}: {
  about: About
  legend?: ReactNode
  children: ReactNode
}) {
  const [tables, toggle] = useTables()
  const { label, head, rows, how, n, asOf } = about
  const words = t(tables ? 'chart.pictures' : 'chart.tables')
  return (
    <figure className="min-w-0 break-inside-avoid">
      <figcaption className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className="min-w-0 flex-1 basis-40 font-medium">{label}</span>
        {!tables && legend && (
          <span className="flex flex-wrap gap-x-4 gap-y-1 max-sm:order-last max-sm:basis-full">
            {legend}
          </span>
        )}
        <span className="flex gap-1 print:hidden">
          <Button
            kind="ghost"
            icon={tables ? <ChartLine size={15} /> : <TableIcon size={15} />}
            aria-label={`${words}: ${label}`}
            title={`${words} (t)`}
            onClick={toggle}
          />
          <Button
            kind="ghost"
            icon={<Download size={15} />}
            aria-label={t('chart.csvOf', { name: label })}
            title={t('chart.csv')}
            onClick={() => saveCsv(label, [head.map(({ name }) => name), ...rows])}
          />
        </span>
      </figcaption>
      {tables ? <Twin about={about} /> : children}
      <p className="mt-3 text-ink-3 text-sm">
        {[n !== undefined && t('chart.n', { n: number(n) }), how].filter(Boolean).join(' · ')}
        {asOf && (
          <>
            {(n !== undefined || how) && ' · '}
            {t('monitor.asOf')} <Ago at={asOf} />
          </>
        )}
      </p>
    </figure>
  )
}
