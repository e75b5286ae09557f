/** Numbers in the course of time: also the hours and days on which nothing was. */
const HOUR = 3_600_000
const DAY = 86_400_000

export type Step = 'hour' | 'day'

/** `2026-01-31`, or the beginning of an hour, as the API names them. */
const keyOf = (at: number, step: Step): string =>
  new Date(at).toISOString().slice(0, step === 'day' ? 10 : 13)

/** From one to the other, both with them; a thousand at most. */
export function course(from: string | number, to: string | number, step: Step): string[] {
  const size = step === 'day' ? DAY : HOUR
  const first = Math.floor(new Date(from).getTime() / size)
  const last = Math.floor(new Date(to).getTime() / size)
  const count = Math.max(0, Math.min(1000, last - first + 1))
  return Array.from({ length: count }, (_, n) => keyOf((first + n) * size, step))
}

/** What is told of each of them. */
export function placed<Row extends { key: string }>(
  keys: readonly string[],
  rows: readonly Row[],
): (Row | undefined)[] {
  const byKey = new Map(rows.map((row) => [row.key.slice(0, keys[0]?.length), row]))
  return keys.map((key) => byKey.get(key))
}

/** An hour as a time that Date reads. */
export const instant = (key: string): string => (key.length === 13 ? `${key}:00:00Z` : key)
