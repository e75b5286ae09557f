import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { Moon, Send, Sun, User } from 'lucide-react'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { parts } from '@/features/settings/frame'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { setTaste } from '@/lib/taste'
import { Dialog } from '@/ui/dialog'
import { keymap } from './keymap'
import { places } from './nav'

/** What is called so, among what the caller may read. */
function useSearch(q: string, can: (scope: string) => boolean) {
  const query = { q, limit: 6 }
  return useQuery({
    queryKey: keys.search(q),
    enabled: q.length > 0,
    placeholderData: (old) => old,
    queryFn: async () => {
      const [contacts, campaigns] = await Promise.all([
        can('contacts:read') ? unwrap(api.GET('/api/v1/contacts', { params: { query } })) : null,
        can('campaigns:read') ? unwrap(api.GET('/api/v1/campaigns', { params: { query } })) : null,
      ])
      return { contacts: contacts?.items ?? [], campaigns: campaigns?.items ?? [] }
    },
  })
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [q, setQ] = useState('')
  const can = useCan()
  const router = useRouter()
  const found = useSearch(useDeferredValue(q.trim()), can).data
  const go = (to: string) => {
    onClose()
    void router.navigate({ to })
  }
  const theme = (to: 'light' | 'dark') => {
    onClose()
    setTaste({ theme: to })
  }

  return (
    <Dialog title={t('key.palette')} hideTitle onClose={onClose}>
      <Command label={t('key.palette')} shouldFilter loop>
        <Command.Input
          value={q}
          onValueChange={setQ}
          placeholder={t('palette.placeholder')}
          className="h-12 w-full border-line border-b bg-transparent px-4 text-md outline-none placeholder:text-ink-3"
        />
        <Command.List className="max-h-[50vh] overflow-auto p-1" label={t('palette.results')}>
          <Command.Empty className="p-4 text-center text-ink-2">
            {t('palette.nothing')}
          </Command.Empty>
          <Group heading={t('palette.go')}>
            {[...places, ...parts]
              .filter(({ needs }) => !needs || can(needs))
              .map(({ to, label, icon: Icon }) => (
                <Item
                  key={label}
                  icon={<Icon size={16} aria-hidden />}
                  label={t(label)}
                  hint={keymap.find((binding) => binding.to === to)?.keys}
                  run={() => go(to)}
                />
              ))}
          </Group>
          {found && found.contacts.length > 0 && (
            <Group heading={t('nav.contacts')}>
              {found.contacts.map(({ id, email, first_name, last_name }) => (
                <Item
                  key={id}
                  value={`${id} ${q}`}
                  icon={<User size={16} aria-hidden />}
                  label={[first_name, last_name].filter(Boolean).join(' ') || email || id}
                  hint={email ?? undefined}
                  run={() => go(`/contacts/${id}`)}
                />
              ))}
            </Group>
          )}
          {found && found.campaigns.length > 0 && (
            <Group heading={t('nav.campaigns')}>
              {found.campaigns.map(({ id, name }) => (
                <Item
                  key={id}
                  value={`${id} ${q}`}
                  icon={<Send size={16} aria-hidden />}
                  label={name}
                  run={() => go(`/campaigns/${id}`)}
                />
              ))}
            </Group>
          )}
          <Group heading={t('palette.taste')}>
            <Item
              icon={<Sun size={16} aria-hidden />}
              label={t('theme.light')}
              run={() => theme('light')}
            />
            <Item
              icon={<Moon size={16} aria-hidden />}
              label={t('theme.dark')}
              run={() => theme('dark')}
            />
          </Group>
        </Command.List>
      </Command>
    </Dialog>
  )
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-ink-3 [&_[cmdk-group-heading]]:text-xs"
    >
      {children}
    </Command.Group>
  )
}

type ItemProps = { icon: ReactNode; label: string; hint?: string; value?: string; run: () => void }

function Item({ icon, label, hint, value, run }: ItemProps) {
  return (
    <Command.Item
      value={value ?? label}
      onSelect={run}
      className="flex h-9 items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-hover"
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {hint && <span className="truncate text-ink-2 text-sm">{hint}</span>}
    </Command.Item>
  )
}
