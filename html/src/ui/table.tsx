import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import {
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useHotkeys } from '@/lib/hotkeys'
import { t } from '@/lib/i18n'
import { type PageOf, rowsOf } from '@/lib/pages'
import { useTaste } from '@/lib/taste'
import { cx } from './cx'
import { Lines, Loaded } from './states'
import { type Sight, scrollFor, windowOf } from './window'

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

/** All of them, or those that have come so far of however many there are. */
export type Rows<Row> = { length: number; at: (index: number) => Row | undefined }

type Props<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: Rows<Row>
  rowKey: (row: Row) => string
  onOpen?: (row: Row) => void
  more?: boolean
  loadMore?: () => void
  /** these are to be seen now */
  onSight?: (first: number, end: number) => void
  /** what is shown is old, and something new is on its way */
  stale?: boolean
  total?: number
}

const from = { sm: 'max-sm:hidden', md: 'max-md:hidden', lg: 'max-lg:hidden' }
const OVERSCAN = 6
/** The head of a table stays in sight, over its rows. */
const HEAD = 36

/** Where a table stands in the window: anew when that is moved or changes its size. */
function useSight(): [RefObject<HTMLTableElement | null>, Sight] {
  const root = useRef<HTMLTableElement>(null)
  const [sight, setSight] = useState<Sight>({ scroll: 0, view: innerHeight })
  useLayoutEffect(() => {
    const look = () => {
      const top = root.current?.getBoundingClientRect().top ?? 0
      setSight({ scroll: -top, view: innerHeight })
    }
    look()
    for (const event of ['scroll', 'resize'])
      window.addEventListener(event, look, { passive: true })
    return () => {
      for (const event of ['scroll', 'resize']) window.removeEventListener(event, look)
    }
  }, [])
  return [root, sight]
}

/** A row is as tall as the taste of who looks at it. */
function rowHeight(_density: string): number {
  const style = getComputedStyle(document.documentElement)
  return Number.parseFloat(style.getPropertyValue('--row')) || 40
}

/**
 * A table of however many rows, of which those in sight are there. The first
 * column has what opens a row for a keyboard; the pointer may take the row.
 */
export function Table<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, onOpen, more, loadMore, onSight, stale, total } = props
  const { density } = useTaste()
  const row = useMemo(() => rowHeight(density), [density])
  const [root, sight] = useSight()
  const [active, setActive] = useState(-1)
  const long = { count: rows.length, row }
  const { first, end, above, below } = windowOf(sight, long, OVERSCAN)

  useEffect(() => {
    if (more && end >= rows.length - OVERSCAN) loadMore?.()
  }, [more, end, rows.length, loadMore])
  useEffect(() => onSight?.(first, end), [onSight, first, end])

  const move = (by: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, active + by))
    setActive(to)
    window.scrollBy({ top: scrollFor(to, sight, long, HEAD) - sight.scroll })
  }
  const current = active < 0 ? undefined : rows.at(active)
  useHotkeys([
    { keys: 'j', run: () => move(1) },
    { keys: 'k', run: () => move(-1) },
    { keys: 'Enter', run: () => current && onOpen?.(current) },
  ])

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
          {Array.from({ length: end - first }, (_, n) => first + n).map((index) => {
            const row = rows.at(index)
            if (row === undefined) return <Coming key={index} index={index} columns={columns} />
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

/** A row that is on its way. */
function Coming<Row>({ index, columns }: { index: number; columns: readonly Column<Row>[] }) {
  return (
    <tr aria-rowindex={index + 2} className="h-row border-line border-b">
      {columns.map((column) => (
        <td
          key={column.id}
          className={cx('px-3 first:ps-4 last:pe-4', column.from && from[column.from])}
        >
          <div aria-hidden className="skeleton h-3 w-2/3" />
        </td>
      ))}
    </tr>
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
}: Omit<Props<Row>, 'rows' | 'more' | 'loadMore' | 'onSight' | 'stale'> & {
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
