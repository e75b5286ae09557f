/** Where numbers stand in a picture. */
import { useLayoutEffect, useRef, useState } from 'react'

/** The next round number above. */
export function ceiling(n: number): number {
  if (n <= 4) return 4
  const power = 10 ** Math.floor(Math.log10(n))
  return [1, 2, 4, 5, 8, 10].map((k) => k * power).find((k) => k >= n) ?? n
}

/** The same of a share of 1. */
export function ceilingShare(share: number): number {
  return Math.min(1, ceiling(Math.max(share, 0.0001) * 10_000) / 10_000)
}

/** Which of many places have their name below: the last, and so many before it. */
export function named(count: number, room: number, each = 64): (at: number) => boolean {
  const every = Math.max(1, Math.ceil((count * each) / Math.max(1, room)))
  return (at) => (count - 1 - at) % every === 0
}

/** How wide a place is, now and when that changes. */
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(720)
  useLayoutEffect(() => {
    const place = ref.current
    if (!place) return
    const watch = new ResizeObserver(() => setWidth(place.clientWidth || 720))
    setWidth(place.clientWidth || 720)
    watch.observe(place)
    return () => watch.disconnect()
  }, [])
  return [ref, width] as const
}
