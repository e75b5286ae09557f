/** What is typed, when the hand rests. */
import { useEffect, useState } from 'react'

export function useRested<T>(value: T, ms = 300): T {
  const text = JSON.stringify(value)
  const [rested, setRested] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), ms)
    return () => clearTimeout(timer)
  }, [text, ms])
  return JSON.parse(rested) as T
}
