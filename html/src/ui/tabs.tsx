import { cx } from './cx'

type Props<T extends string> = {
  label: string
  tabs: readonly (readonly [id: T, label: string])[]
  current: T
  onChoose: (id: T) => void
}

/** Parts of one object; which is shown stands in the address. */
export function Tabs<T extends string>({ label, tabs, current, onChoose }: Props<T>) {
  return (
    <nav aria-label={label} className="flex gap-1 overflow-x-auto border-line border-b">
      {tabs.map(([id, text]) => (
        <button
          key={id}
          type="button"
          aria-current={id === current ? 'page' : undefined}
          onClick={() => onChoose(id)}
          className={cx(
            '-mb-px h-control whitespace-nowrap border-b-2 px-3 outline-offset-[-2px]',
            id === current
              ? 'border-accent font-medium text-ink'
              : 'border-transparent text-ink-2 hover:text-ink',
          )}
        >
          {text}
        </button>
      ))}
    </nav>
  )
}
