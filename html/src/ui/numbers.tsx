import type { ReactNode } from 'react'

export type Figure = { label: string; value: string; note?: ReactNode }

/** Numbers that stand side by side, the larger thing first. */
export function Numbers({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-[repeat(auto-fit,minmax(120px,1fr))]">
      {figures.map(({ label, value, note }) => (
        <div key={label} className="min-w-0">
          <dt className="text-ink-2 text-sm">{label}</dt>
          <dd className="font-semibold text-2xl tabular-nums leading-tight">{value}</dd>
          {note && <dd className="text-ink-3 text-sm tabular-nums">{note}</dd>}
        </div>
      ))}
    </dl>
  )
}
