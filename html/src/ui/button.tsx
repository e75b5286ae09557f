import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { cx } from './cx'

const kinds = {
  primary: 'bg-accent text-accent-ink font-medium hover:opacity-90',
  plain: 'border border-line-strong bg-surface text-ink hover:bg-hover',
  ghost: 'text-ink-2 hover:bg-hover hover:text-ink',
  danger: 'border border-bad text-bad bg-surface hover:bg-hover',
}

export type ButtonKind = keyof typeof kinds

export const buttonClass = (kind: ButtonKind = 'plain', square = false): string =>
  cx(
    'inline-flex h-control shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md',
    'text-base transition-transform duration-75 active:translate-y-px',
    'disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50',
    square ? 'w-control' : 'px-3',
    kinds[kind],
  )

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: ButtonKind
  icon?: ReactNode
  /** it works at it: it cannot be pressed, and says so */
  busy?: boolean
}

export function Button({ kind, icon, busy, children, className, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={cx(buttonClass(kind, !children), className)}
    >
      {busy ? <Pending /> : icon}
      {children}
    </button>
  )
}

function Pending() {
  return (
    <span
      aria-hidden
      className="size-3 animate-spin rounded-full border-2 border-current border-e-transparent"
    />
  )
}
