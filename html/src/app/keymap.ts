/**
 * The one table of keys: the handler, the sheet behind `?` and the hints of the
 * palette are made of it. A page's own scope stands before the global one.
 */
import type { Key } from '@/lib/i18n'

export type Scope = 'global' | 'list' | 'chart' | 'campaign'
export type Binding = {
  id: string
  keys: string
  scope: Scope
  label: Key
  to?: string
  needs?: string
}

export const keymap: readonly Binding[] = [
  { id: 'palette', keys: 'Mod+k', scope: 'global', label: 'key.palette' },
  { id: 'sheet', keys: '?', scope: 'global', label: 'key.sheet' },
  { id: 'sidebar', keys: '[', scope: 'global', label: 'key.sidebar' },
  { id: 'go.home', keys: 'g h', scope: 'global', label: 'nav.home', to: '/' },
  {
    id: 'go.contacts',
    keys: 'g c',
    scope: 'global',
    label: 'nav.contacts',
    to: '/contacts',
    needs: 'contacts:read',
  },
  {
    id: 'go.campaigns',
    keys: 'g m',
    scope: 'global',
    label: 'nav.campaigns',
    to: '/campaigns',
    needs: 'campaigns:read',
  },
  {
    id: 'go.experiments',
    keys: 'g x',
    scope: 'global',
    label: 'nav.experiments',
    to: '/experiments',
    needs: 'campaigns:read',
  },
  {
    id: 'go.segments',
    keys: 'g e',
    scope: 'global',
    label: 'nav.segments',
    to: '/segments',
    needs: 'segments:read',
  },
  {
    id: 'go.templates',
    keys: 'g t',
    scope: 'global',
    label: 'nav.templates',
    to: '/templates',
    needs: 'templates:read',
  },
  {
    id: 'go.imports',
    keys: 'g o',
    scope: 'global',
    label: 'nav.imports',
    to: '/imports',
    needs: 'contacts:read',
  },
  { id: 'go.settings', keys: 'g s', scope: 'global', label: 'nav.settings', to: '/settings' },
  { id: 'search', keys: '/', scope: 'list', label: 'key.search' },
  { id: 'next', keys: 'j', scope: 'list', label: 'key.next' },
  { id: 'previous', keys: 'k', scope: 'list', label: 'key.previous' },
  { id: 'open', keys: 'Enter', scope: 'list', label: 'key.open' },
  { id: 'tables', keys: 't', scope: 'chart', label: 'key.tables' },
  { id: 'toggle', keys: 'p', scope: 'campaign', label: 'key.toggle' },
]
