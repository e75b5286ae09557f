import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react'
import { cx } from './cx'

type Around = { label: string; help?: ReactNode; error?: string | undefined; hideLabel?: boolean }
type Parts = { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean }

/** Label above, help below; an error stands in the place of help. */
export function Field({
  label,
  help,
  error,
  hideLabel,
  children,
}: Around & { children: (parts: Parts) => ReactNode }) {
  const id = useId()
  const below = error ?? help
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'text-sm font-medium text-ink-2'}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': below ? `${id}-below` : undefined,
        'aria-invalid': !!error,
      })}
      {below && (
        <p id={`${id}-below`} className={cx('text-sm', error ? 'text-bad' : 'text-ink-3')}>
          {below}
        </p>
      )}
    </div>
  )
}

export function TextField({
  label,
  help,
  error,
  hideLabel,
  className,
  ...input
}: Around & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field label={label} help={help} error={error} hideLabel={hideLabel}>
      {(parts) => <input {...input} {...parts} className={cx('field', className)} />}
    </Field>
  )
}

export function SelectField({
  label,
  help,
  error,
  hideLabel,
  className,
  options,
  ...select
}: Around &
  SelectHTMLAttributes<HTMLSelectElement> & {
    options: readonly [value: string, label: string][]
  }) {
  return (
    <Field label={label} help={help} error={error} hideLabel={hideLabel}>
      {(parts) => (
        <select {...select} {...parts} className={cx('field pe-2', className)}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function Check({
  label,
  help,
  ...input
}: { label: string; help?: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label className="flex min-h-6 items-start gap-2">
      <input type="checkbox" {...input} className="mt-0.5 size-4 shrink-0 accent-accent" />
      <span>
        {label}
        {help && <span className="block text-sm text-ink-3">{help}</span>}
      </span>
    </label>
  )
}
