import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { t } from '@/lib/i18n'
import { type PageOf, rowsOf } from '@/lib/pages'
import { Button } from './button'
import { Loaded } from './states'

/** The rows of a list that is not a table, and a button for those that follow. */
export function MoreList<Row>({
  query,
  empty,
  children,
}: {
  query: UseInfiniteQueryResult<InfiniteData<PageOf<Row>>>
  empty?: ReactNode
  children: (rows: Row[]) => ReactNode
}) {
  return (
    <Loaded query={query}>
      {(data) => {
        const rows = rowsOf(data)
        if (rows.length === 0 && empty) return empty
        return (
          <>
            {children(rows)}
            {query.hasNextPage && (
              <p className="p-3 text-center">
                <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t('timeline.more')}
                </Button>
              </p>
            )}
          </>
        )
      }}
    </Loaded>
  )
}
