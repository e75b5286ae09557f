import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { t } from '@/lib/i18n'
import { requestId, sentence } from '@/lib/problem'
import { Button } from './button'

/** Nothing is there yet: what lives here, and the next step. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      {icon && <div className="text-ink-3">{icon}</div>}
      <p className="font-medium text-md">{title}</p>
      {children && <div className="max-w-[48ch] text-ink-2">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

/** There is something, but nothing of what was looked for. */
export function NoMatch({ title, onClear }: { title: string; onClear: () => void }) {
  return (
    <Empty title={title} action={<Button onClick={onClear}>{t('action.clearFilters')}</Button>} />
  )
}

/** A list without rows: because of its filters, or because there is nothing yet. */
export function Nothing({
  filtered,
  noMatch,
  onClear,
  ...empty
}: Parameters<typeof Empty>[0] & { filtered: boolean; noMatch: string; onClear: () => void }) {
  return filtered ? <NoMatch title={noMatch} onClear={onClear} /> : <Empty {...empty} />
}

/** What could not be read, why, and another try. */
export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const id = requestId(error)
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-10 text-center">
      <CircleAlert size={20} className="text-bad" aria-hidden />
      <p className="max-w-[56ch]">{sentence(error)}</p>
      {id && <p className="font-mono text-ink-3 text-sm">{t('problem.request', { id })}</p>}
      {again && <Button onClick={again}>{t('action.again')}</Button>}
    </div>
  )
}

/** Lines as high as those that will come. */
export function Lines({ count = 6 }: { count?: number }) {
  return (
    <div aria-hidden>
      {Array.from({ length: count }, (_, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <div key={n} className="flex h-row items-center border-line border-b px-4 last:border-0">
          <div className={`skeleton h-3 ${['w-1/2', 'w-1/3', 'w-2/5'][n % 3]}`} />
        </div>
      ))}
    </div>
  )
}

/** One of the three: still coming, failed, there. */
export function Loaded<T>({
  query,
  skeleton,
  children,
}: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown }
  skeleton?: ReactNode
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Failed error={query.error} again={() => query.refetch()} />
  return skeleton ?? <Lines />
}

/** The rows of a list that is short enough to come at once. */
export function Listed<Row>({
  query,
  empty,
  children,
}: {
  query: { data: { items: Row[] } | undefined; error: unknown; refetch: () => unknown }
  empty: ReactNode
  children: (row: Row) => ReactNode
}) {
  return (
    <Loaded query={query}>
      {({ items }) => (items.length === 0 ? empty : <ul>{items.map(children)}</ul>)}
    </Loaded>
  )
}
