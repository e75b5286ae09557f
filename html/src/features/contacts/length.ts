/** How many contacts the server tells at once. */
export const LIMIT = 100

type Page = { items: readonly unknown[]; next: string | null }

/**
 * How many rows there are: as it was told, at first an estimate, unless a page
 * has shown that the list ends there, or goes on.
 */
export function lengthOf(told: number, known: readonly (readonly [number, Page])[]): number {
  const last = known.find(([, { next }]) => next === null)
  if (last) return last[0] * LIMIT + last[1].items.length
  return Math.max(told, ...known.map(([page]) => (page + 1) * LIMIT + 1))
}
