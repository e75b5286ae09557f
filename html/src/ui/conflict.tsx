import { Users } from 'lucide-react'
import type { Conflict } from '@/lib/conflict'
import { t } from '@/lib/i18n'
import { Button } from './button'

type Values = Record<string, string>
type Props<V extends Values> = {
  conflict: Conflict<V>
  mine: V
  /** what the fields are called */
  names: Values
  /** how people say what stands in them */
  say?: (values: V) => Values
  onTheirs: (values: V) => void
}

const asIs = (values: Values): Values => values

/** Two have changed the same: what differs, and whose it is to be. Within the form, which is sent again. */
export function Conflicted<V extends Values>({ conflict, names, say = asIs, ...rest }: Props<V>) {
  if (!conflict.theirs) return null
  const mine = say(rest.mine)
  const theirs = say(conflict.theirs)
  const differing = Object.keys(names).filter((name) => mine[name] !== theirs[name])
  return (
    <section
      role="alert"
      aria-label={t('conflict.title')}
      className="flex flex-col gap-3 rounded-lg border border-warn bg-surface p-4"
    >
      <p className="flex items-center gap-2 font-medium">
        <Users size={16} aria-hidden className="text-warn" />
        {t('conflict.title')}
      </p>
      <dl className="flex flex-col gap-3">
        {differing.map((name) => (
          <div key={name}>
            <dt className="text-ink-2 text-sm">{names[name]}</dt>
            <dd className="grid gap-2 sm:grid-cols-2">
              {(
                [
                  [t('conflict.mine'), mine[name]],
                  [t('conflict.theirs'), theirs[name]],
                ] as const
              ).map(([whose, text]) => (
                <span key={whose} className="min-w-0">
                  <span className="text-ink-3 text-xs">{whose}</span>
                  <span className="block max-h-40 overflow-hidden whitespace-pre-wrap break-words rounded-md border border-line bg-canvas px-2 py-1">
                    {text || '–'}
                  </span>
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => rest.onTheirs(conflict.take())}>{t('conflict.takeTheirs')}</Button>
        <Button
          kind="primary"
          onClick={({ currentTarget }) => {
            conflict.take()
            // at once, as the button is about to go
            currentTarget.form?.requestSubmit()
          }}
        >
          {t('conflict.keepMine')}
        </Button>
      </div>
    </section>
  )
}
