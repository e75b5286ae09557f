import { useEffect, useState } from 'react'
import { dateTime, relative } from '@/lib/format'

/** How long ago; the exact time when it is pointed at. */
export function Ago({ at }: { at: string | null | undefined }) {
  const [, again] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => again((n) => n + 1), 30_000)
    return () => clearInterval(timer)
  }, [])
  if (!at) return <span className="text-ink-3">–</span>
  return (
    <time dateTime={at} title={dateTime(at)} className="whitespace-nowrap">
      {relative(at)}
    </time>
  )
}
