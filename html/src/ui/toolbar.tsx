import { Search } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useHotkeys } from '@/lib/hotkeys'

export function Toolbar({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2.5">
      {children}
    </div>
  )
}

/** One of the values there are, or all of them. */
export function Choice({
  label,
  all,
  value,
  options,
  onChoose,
}: {
  label: string
  /** what none of them is called, where that can be chosen */
  all?: string
  value: string | undefined
  options: readonly (readonly [value: string, label: string])[]
  onChoose: (value: string) => void
}) {
  return (
    <select
      aria-label={label}
      className="field w-auto"
      value={value ?? ''}
      onChange={(event) => onChoose(event.target.value)}
    >
      {all !== undefined && <option value="">{all}</option>}
      {options.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  )
}

type Props = { value: string; label: string; onSearch: (text: string) => void }

/** What is searched for is asked when the hand rests. */
export function SearchBox({ value, label, onSearch }: Props) {
  const [text, setText] = useState(value)
  const input = useRef<HTMLInputElement>(null)
  const told = useRef(value)

  // the address has changed by itself: back, a view, a cleared filter
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setText(value)
  }, [value])

  useEffect(() => {
    if (text === told.current) return
    const timer = setTimeout(() => {
      told.current = text
      onSearch(text)
    }, 200)
    return () => clearTimeout(timer)
  }, [text, onSearch])

  useHotkeys([{ keys: '/', run: () => input.current?.focus() }])
  return (
    <div className="relative min-w-0 flex-1 basis-48 sm:max-w-80">
      <Search
        size={15}
        aria-hidden
        className="-translate-y-1/2 pointer-events-none absolute start-2.5 top-1/2 text-ink-3"
      />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="field ps-8"
      />
    </div>
  )
}
