import { cx } from './cx'

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'quiet'

const tones: Record<Tone, string> = {
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  quiet: 'text-ink-2',
}

/** A state: a dot and a word, never the colour alone. */
export function Badge({ tone, label, pulse }: { tone: Tone; label: string; pulse?: boolean }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-sm">
      <span
        aria-hidden
        className={cx('size-2 rounded-full bg-current', tones[tone], pulse && 'animate-pulse')}
      />
      {label}
    </span>
  )
}

export function Tag({ label }: { label: string }) {
  return (
    <span className="inline-flex items-center rounded-sm border border-line bg-hover px-1.5 py-px text-ink-2 text-sm">
      {label}
    </span>
  )
}
