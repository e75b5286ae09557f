import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { useId, useRef, useState } from 'react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'

/** Whom an address, a name or an id means. */
const people = (q: string) =>
  queryOptions({
    queryKey: keys.contactList({ q, pick: true }),
    queryFn: () => unwrap(api.GET('/api/v1/contacts', { params: { query: { q, limit: 8 } } })),
    enabled: q.length > 1,
    placeholderData: keepPreviousData,
  })

export type Person = { id: string; label: string }

/** Somebody is looked for, by address, name or id, and chosen. */
type Props = { label: string; onFind: (person: Person) => void }

export function FindContact({ label: asks, onFind }: Props) {
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const { data } = useQuery(people(text.trim()))
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const found = open && text.trim().length > 1 ? data?.items : undefined
  return (
    <div className="relative min-w-0 flex-1 basis-48 sm:max-w-80">
      <input
        ref={input}
        type="search"
        aria-label={asks}
        aria-controls={id}
        placeholder={asks}
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
                      setText('')
                      // the button goes
                      input.current?.focus()
                      onFind({ id: person.id, label })
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
