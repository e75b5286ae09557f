import { Check } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { cx } from './cx'

export type MenuItem = {
  label: string
  icon?: ReactNode
  checked?: boolean
  danger?: boolean
  disabled?: boolean
  run: () => void
}

type Props = {
  label: string
  trigger: ReactNode
  className?: string
  /** groups, a line between them */
  groups: readonly (readonly MenuItem[])[]
  side?: 'top' | 'bottom'
  align?: 'start' | 'end'
}

const moves: Record<string, (at: number, n: number) => number> = {
  ArrowDown: (at, n) => (at + 1) % n,
  ArrowUp: (at, n) => (at - 1 + n) % n,
  Home: () => 0,
  End: (_, n) => n - 1,
}

/** A button and its menu, with the keys that a menu has. */
export function Menu({ label, trigger, className, groups, side = 'bottom', align = 'end' }: Props) {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const id = useId()
  const items = () => [...(root.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])]

  useEffect(() => {
    if (!open) return
    items()[0]?.focus()
    const outside = (event: PointerEvent) =>
      !root.current?.contains(event.target as Node) && setOpen(false)
    addEventListener('pointerdown', outside)
    return () => removeEventListener('pointerdown', outside)
  })

  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Tab') setOpen(false)
    if (event.key === 'Escape') {
      event.stopPropagation()
      close()
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    const all = items()
    all[move(all.indexOf(document.activeElement as HTMLElement), all.length)]?.focus()
  }

  return (
    <div ref={root} className="relative min-w-0">
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        className={className}
        onClick={() => setOpen(!open)}
      >
        {trigger}
      </button>
      {open && (
        <div
          id={id}
          role="menu"
          tabIndex={-1}
          aria-label={label}
          onKeyDown={onKeyDown}
          className={cx(
            'enter absolute z-30 max-h-[70vh] min-w-48 max-w-80 overflow-auto rounded-lg border border-line bg-raised p-1 shadow-popover',
            side === 'top' ? 'bottom-full mb-1' : 'top-full mt-1',
            align === 'end' ? 'end-0' : 'start-0',
          )}
        >
          {groups.map((group, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: groups have nothing else, and stay where they are
            <div key={n} className={n > 0 ? 'mt-1 border-line border-t pt-1' : undefined}>
              {group.map((item) => (
                <Item key={item.label} item={item} onDone={close} />
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

function Item({ item, onDone }: { item: MenuItem; onDone: () => void }) {
  const choice = item.checked !== undefined
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: it is there with the role that has it alone
    <button
      type="button"
      role={choice ? 'menuitemradio' : 'menuitem'}
      aria-checked={choice ? item.checked : undefined}
      disabled={item.disabled}
      tabIndex={-1}
      onClick={() => {
        onDone()
        item.run()
      }}
      className={cx(
        'flex min-h-control w-full items-center gap-2 rounded-md px-2 text-start outline-offset-[-2px]',
        'hover:bg-hover focus:bg-hover disabled:opacity-50',
        item.danger && 'text-bad',
      )}
    >
      {item.icon}
      <span className="min-w-0 flex-1 truncate">{item.label}</span>
      {item.checked && <Check size={14} aria-hidden />}
    </button>
  )
}
