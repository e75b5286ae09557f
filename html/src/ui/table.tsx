import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useHotkeys } from '@/lib/hotkeys'
import { t } from '@/lib/i18n'
import { type PageOf, rowsOf } from '@/lib/pages'
import { useTaste } from '@/lib/taste'
import { cx } from './cx'
import { Lines, Loaded } from './states'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  /** numbers stand at the end */
  end?: boolean
  /** it is left out below this width */
  from?: 'sm' | 'md' | 'lg'
  className?: string
}

type Props<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  onOpen?: (row: Row) => void
  more?: boolean
  loadMore?: () => void
  /** what is shown is old, and something new is on its way */
  stale?: boolean
  total?: number
}

const from = { sm: 'max-sm:hidden', md: 'max-md:hidden', lg: 'max-lg:hidden' }
const OVERSCAN = 8

/**
 * A table of however many rows, of which those in sight are there. The first
 * column has what opens a row for a keyboard; the pointer may take the row.
 */
export function Table<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, onOpen, more, loadMore, stale, total } = props
  const { density } = useTaste()
  const root = useRef<HTMLTableElement>(null)
  const [active, setActive] = useState(-1)
  const [measure, setMeasure] = useState({ row: 40, top: 0 })

  useLayoutEffect(() => {
    const style = getComputedStyle(document.documentElement)
    const top = (root.current?.getBoundingClientRect().top ?? 0) + scrollY
    const row = Number.parseFloat(style.getPropertyValue('--row')) || 40
    if (density) setMeasure({ row, top })
  }, [density])

  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => measure.row,
    overscan: OVERSCAN,
    scrollMargin: measure.top,
  })
  useEffect(() => virtual.measure(), [virtual])

  const seen = virtual.getVirtualItems()
  const last = seen.at(-1)?.index ?? 0
  useEffect(() => {
    if (more && last >= rows.length - OVERSCAN) loadMore?.()
  }, [more, last, rows.length, loadMore])

  const move = (by: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, active + by))
    setActive(to)
    virtual.scrollToIndex(to, { align: 'auto' })
  }
  const current = rows[active]
  useHotkeys([
    { keys: 'j', run: () => move(1) },
    { keys: 'k', run: () => move(-1) },
    { keys: 'Enter', run: () => current && onOpen?.(current) },
  ])

  const above = (seen[0]?.start ?? measure.top) - measure.top
  const below = virtual.getTotalSize() - ((seen.at(-1)?.end ?? measure.top) - measure.top)
  return (
    <>
      <table
        ref={root}
        aria-label={label}
        aria-rowcount={total ?? (more ? -1 : rows.length + 1)}
        className={cx(
          'w-full table-fixed border-collapse transition-opacity delay-300',
          stale && 'opacity-60',
        )}
      >
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={cx(
                  'sticky top-12 z-10 h-9 truncate border-line border-b bg-surface px-3 font-medium text-ink-2 text-sm first:ps-4 last:pe-4 md:top-0',
                  column.end ? 'text-end' : 'text-start',
                  column.from && from[column.from],
                  column.className,
                )}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={above} />
          {seen.map(({ index }) => {
            const row = rows[index]
            if (row === undefined) return null
            return (
              <tr
                key={rowKey(row)}
                aria-rowindex={index + 2}
                data-active={index === active || undefined}
                onClick={(event) => {
                  const inner = (event.target as HTMLElement).closest('a,button,input,label')
                  if (!inner && !getSelection()?.toString()) onOpen?.(row)
                }}
                className={cx(
                  'h-row border-line border-b hover:bg-hover data-active:bg-accent-soft',
                  onOpen && 'cursor-pointer',
                )}
              >
                {columns.map((column) => (
                  <td
                    key={column.id}
                    className={cx(
                      'truncate px-3 first:ps-4 last:pe-4',
                      column.end && 'text-end tabular-nums',
                      column.from && from[column.from],
                    )}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
          <Gap height={below} />
        </tbody>
      </table>
      {more && (
        <p className="p-3 text-center text-ink-3 text-sm" role="status">
          {t('table.more')}
        </p>
      )}
    </>
  )
}

/** The room of the rows that are not there. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null
  return (
    <tr aria-hidden>
      <td style={{ height, padding: 0 }} />
    </tr>
  )
}

/** The table of a list that comes in pages, and what stands there instead. */
export function Paged<Row>({
  query,
  empty,
  ...table
}: Omit<Props<Row>, 'rows' | 'more' | 'loadMore' | 'stale'> & {
  query: UseInfiniteQueryResult<InfiniteData<PageOf<Row>>>
  empty: ReactNode
}) {
  return (
    <Loaded query={query} skeleton={<Lines count={10} />}>
      {(data) => {
        const rows = rowsOf(data)
        if (rows.length === 0) return empty
        return (
          <Table
            {...table}
            rows={rows}
            more={query.hasNextPage}
            loadMore={query.isFetchingNextPage ? undefined : () => void query.fetchNextPage()}
            stale={query.isPlaceholderData}
          />
        )
      }}
    </Loaded>
  )
}
