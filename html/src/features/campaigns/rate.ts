/** How fast it goes, of what was seen in the last seconds. */
import { useRef } from 'react'

export type Sample = { at: number; done: number }

const WINDOW = 20_000

/** Done a second; undefined until enough was seen. */
export function rateOf(samples: readonly Sample[]): number | undefined {
  const first = samples[0]
  const last = samples.at(-1)
  if (!first || !last || last.at - first.at < 1000) return undefined
  return Math.max(0, ((last.done - first.done) * 1000) / (last.at - first.at))
}

export function useRate(done: number | undefined, at: number): number | undefined {
  const samples = useRef<Sample[]>([])
  if (done !== undefined && samples.current.at(-1)?.at !== at) {
    samples.current = [...samples.current, { at, done }].filter((s) => at - s.at <= WINDOW)
  }
  return rateOf(samples.current)
}
