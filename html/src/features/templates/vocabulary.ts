/** What Liquid of a template may say here: names, filters, tags, snippets. */
import { useQuery } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import type { Vocabulary } from './complete'

type Name = { name: string; label: string }

const known = [
  'contact.first_name',
  'contact.last_name',
  'contact.email',
  'contact.phone',
  'contact.zone',
  'contact.locale',
  'contact.external_id',
  'campaign.name',
  'brand.name',
  'brand.address',
  'brand.color',
  'unsubscribe_url',
  'preferences_url',
  'view_url',
] as const

const filters = (
  'abs append at_least at_most capitalize ceil compact concat date default divided_by downcase ' +
  'escape escape_once find find_index first floor has join last lstrip map minus modulo money ' +
  'newline_to_br number pluralize plus prepend raw reject remove remove_first remove_last replace ' +
  'replace_first replace_last reverse round rstrip size slice sort sort_natural split strip ' +
  'strip_html strip_newlines sum times truncate truncatewords uniq upcase url_decode url_encode where'
).split(' ')

const tags = (
  'assign break capture case comment continue cycle decrement echo else elsif endcapture endcase ' +
  'endcomment endfor endif endraw endtablerow endunless for if include increment raw render ' +
  'tablerow unless when'
).split(' ')

const words = (all: readonly string[]): Name[] => all.map((name) => ({ name, label: name }))

/** What a contact has, of everybody and of this workspace; the label says it in words. */
export function useFields(wanted = true): Name[] {
  const can = useCan()
  const { data } = useQuery({
    queryKey: keys.fields,
    queryFn: () =>
      unwrap(api.GET('/api/v1/fields', { params: { query: { sort: 'key', limit: 200 } } })),
    staleTime: 60_000,
    enabled: wanted && can('fields:read'),
  })
  const own = data?.items.map(({ key, label }) => ({ name: `contact.${key}`, label })) ?? []
  return [...known.map((name) => ({ name, label: t(`variable.${name}`) })), ...own]
}

/** All that is offered to who writes; asked for when somebody does. */
export function useVocabulary(wanted: boolean): Vocabulary {
  const fields = useFields(wanted)
  const { data } = useQuery({
    queryKey: keys.snippets,
    queryFn: () => unwrap(api.GET('/api/v1/snippets', { params: { query: { limit: 200 } } })),
    staleTime: 60_000,
    enabled: wanted,
  })
  return {
    name: fields,
    filter: words(filters),
    tag: words(tags),
    snippet: words(data?.items.map(({ name }) => name) ?? []),
  }
}
