import { type ReactNode, useEffect } from 'react'
import { cx } from './cx'
import { Loaded } from './states'

type Props = {
  title: string
  /** beside the title: a state */
  beside?: ReactNode
  below?: ReactNode
  actions?: ReactNode
  /** as wide as there is room, for tables */
  full?: boolean
  children: ReactNode
}

/** A page: its name, what can be done, and what it is about. */
export function Page({ title, beside, below, actions, full, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Godwit`
  }, [title])

  return (
    <div
      className={cx(
        'flex min-h-0 flex-1 flex-col gap-gap px-4 py-5 sm:px-6',
        !full && 'mx-auto w-full max-w-[1080px]',
      )}
    >
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="min-w-0 break-words text-xl" tabIndex={-1}>
              {title}
            </h1>
            {beside}
          </div>
          {below && <div className="mt-1 text-ink-2 text-sm">{below}</div>}
        </div>
        {actions && <div className="flex flex-wrap gap-2 print:hidden">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** The page of one object: its name is known when it has come. */
export function PageOf<T>({
  title,
  full,
  query,
  children,
}: Pick<Props, 'title' | 'full'> & {
  query: Parameters<typeof Loaded<T>>[0]['query']
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  return (
    <Page title={title} full={full}>
      <Card flush>
        <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-64" />}>
          {children}
        </Loaded>
      </Card>
    </Page>
  )
}

export function Card({
  title,
  aside,
  children,
  flush,
}: {
  title?: string
  aside?: ReactNode
  children: ReactNode
  flush?: boolean
}) {
  return (
    <section className="min-w-0 rounded-lg border border-line bg-surface" aria-label={title}>
      {title && (
        <header className="flex min-h-11 flex-wrap items-center gap-2 border-line border-b px-4 py-1.5">
          <h2 className="flex-1 text-md">{title}</h2>
          {aside}
        </header>
      )}
      <div className={flush ? undefined : 'p-4'}>{children}</div>
    </section>
  )
}
