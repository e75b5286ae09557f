/** Lists come in pages; this reads them one after the other. */
import { type InfiniteData, infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'

export type PageOf<Row> = {
  items: Row[]
  next: string | null
  total?: number
  total_estimated?: boolean
}

export function pages<Row>(
  queryKey: readonly unknown[],
  read: (cursor: string | undefined) => Promise<PageOf<Row>>,
) {
  return infiniteQueryOptions({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => read(pageParam),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  })
}

export const rowsOf = <Row>(data: InfiniteData<PageOf<Row>> | undefined): Row[] =>
  data?.pages.flatMap(({ items }) => items) ?? []
