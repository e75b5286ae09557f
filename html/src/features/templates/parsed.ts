/** A form over a text: it is read once, and again when another text has come from elsewhere. */
import { useRef, useState } from 'react'

export function useParsed<T>(
  text: string,
  read: (text: string) => T | undefined,
  write: (value: T) => string,
  set: (text: string) => void,
): [T | undefined, (value: T) => void] {
  const [value, setValue] = useState(() => read(text))
  const told = useRef(text)
  if (text !== told.current) {
    told.current = text
    setValue(read(text))
  }
  return [
    value,
    (to) => {
      setValue(to)
      told.current = write(to)
      set(told.current)
    },
  ]
}
