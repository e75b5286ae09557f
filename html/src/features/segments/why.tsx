import { useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleX } from 'lucide-react'
import { useId, useState } from 'react'
import { dateTime } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Empty, Loaded } from '@/ui/states'
import { people, why } from './queries'

export type Person = { id: string; label: string }

/** Somebody is looked for; what the segment says of him is shown. */
export function AskWhy({ onAsk }: { onAsk: (person: Person) => void }) {
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const { data } = useQuery(people(text.trim()))
  const id = useId()
  const found = open && text.trim().length > 1 ? data?.items : undefined
  return (
    <div className="relative min-w-0 flex-1 basis-48 sm:max-w-80">
      <input
        type="search"
        aria-label={t('segment.ask')}
        aria-controls={id}
        placeholder={t('segment.ask')}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setOpen(true)
        }}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
        className="field"
      />
      <div id={id} role="status">
        {found && (
          <ul className="enter absolute inset-x-0 top-full z-20 mt-1 max-h-80 overflow-auto rounded-lg border border-line bg-raised p-1 shadow-popover">
            {found.length === 0 && (
              <li className="px-2 py-1.5 text-ink-2">{t('contacts.noMatch')}</li>
            )}
            {found.map((person) => {
              const label = person.email ?? person.phone ?? person.external_id ?? person.id
              return (
                <li key={person.id}>
                  <button
                    type="button"
                    className="flex min-h-control w-full items-center truncate rounded-md px-2 text-start hover:bg-hover"
                    onClick={() => {
                      setOpen(false)
                      onAsk({ id: person.id, label })
                    }}
                  >
                    {label}
                  </button>
                </li>
              )
            })}
          </ul>
        )}
      </div>
    </div>
  )
}

type Props = { segment: string; person: Person; onClose: () => void }

export function WhyDialog({ segment, person, onClose }: Props) {
  const query = useQuery(why(segment, person.id))
  return (
    <Dialog title={t('why.title', { email: person.label })} wide onClose={onClose}>
      <Loaded query={query}>
        {({ match, since, english, conditions, as_of }) => (
          <>
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Badge
                tone={since ? 'ok' : 'quiet'}
                label={t(since ? 'segment.isIn' : 'segment.isOut')}
              />
              {since && (
                <span className="text-ink-2">{t('segment.since', { at: dateTime(since) })}</span>
              )}
              {match !== !!since && <span className="text-warn">{t('segment.moving')}</span>}
            </p>
            <p lang="en" className="mt-2 break-words text-ink-2">
              {english}
            </p>
            {conditions.length === 0 ? (
              <Empty title={t('segment.noConditions')} />
            ) : (
              <ul
                className="mt-3 rounded-lg border border-line"
                aria-label={t('segment.conditions')}
              >
                {conditions.map((each) => (
                  <li
                    key={each.pointer}
                    className="flex items-start gap-2 border-line border-b px-3 py-2 last:border-0"
                  >
                    {each.match ? (
                      <CircleCheck size={15} className="mt-0.5 shrink-0 text-ok" aria-hidden />
                    ) : (
                      <CircleX size={15} className="mt-0.5 shrink-0 text-ink-3" aria-hidden />
                    )}
                    <span lang="en" className="min-w-0 flex-1 break-words">
                      {each.english}
                    </span>
                    <span className="text-ink-2 text-sm">
                      {t(each.match ? 'segment.holds' : 'segment.not')}
                    </span>
                  </li>
                ))}
              </ul>
            )}
            <div className="mt-4 flex items-center gap-3">
              <span className="flex-1 text-ink-3 text-sm">
                {t('segment.asOf', { at: dateTime(as_of) })}
              </span>
              <Button onClick={onClose}>{t('action.close')}</Button>
            </div>
          </>
        )}
      </Loaded>
    </Dialog>
  )
}
