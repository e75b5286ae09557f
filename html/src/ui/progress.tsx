import { cx } from './cx'

export type Part = { value: number; tone: 'ok' | 'bad' | 'warn' | 'quiet'; label: string }

const tones = { ok: 'bg-accent', bad: 'bg-bad', warn: 'bg-warn', quiet: 'bg-line-strong' }

/** A bar of parts of a whole; an SVG would not read as one for those who hear it. */
export function Progress({ parts, whole, label }: { parts: Part[]; whole: number; label: string }) {
  const done = parts.reduce((sum, part) => sum + part.value, 0)
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={whole}
      aria-valuenow={Math.min(done, whole)}
      className="flex h-2 overflow-hidden rounded-full bg-hover"
    >
      {parts.map((part) => (
        <div
          key={part.label}
          className={cx('h-full transition-[width] duration-250 ease-linear', tones[part.tone])}
          style={{ width: whole > 0 ? `${(100 * part.value) / whole}%` : 0 }}
        />
      ))}
    </div>
  )
}
