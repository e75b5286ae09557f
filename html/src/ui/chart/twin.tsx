import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import type { Cell } from '@/lib/save'
import type { About, Head } from './frame'

const shown = (cell: Cell, show: Head['show']): string => {
  if (cell === null || cell === undefined) return '–'
  if (show) return show(cell)
  return typeof cell === 'number' ? number(cell) : cell
}

/** The same numbers, as they are read by those who do not see the picture. */
export function Twin({
  about: { label, head, rows },
}: {
  about: Pick<About, 'label' | 'head' | 'rows'>
}) {
  return (
    <section
      aria-label={t('chart.tableOf', { name: label })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys too
      tabIndex={0}
      className="overflow-x-auto"
    >
      <table aria-label={label} className="w-full border-collapse tabular-nums">
        <thead>
          <tr>
            {head.map(({ name }, at) => (
              <th
                key={name}
                scope="col"
                className={`whitespace-nowrap border-line border-b px-2 py-1 font-medium text-ink-2 text-sm first:ps-0 last:pe-0 ${at ? 'text-end' : 'text-start'}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first, ...cells], at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a chart are told by their place
            <tr key={at} className="border-line border-b last:border-0">
              <th scope="row" className="max-w-72 truncate py-1 pe-2 text-start font-normal">
                {shown(first, head[0]?.show)}
              </th>
              {cells.map((cell, n) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: and so are their columns
                <td key={n} className="px-2 py-1 text-end last:pe-0">
                  {shown(cell, head[n + 1]?.show)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
