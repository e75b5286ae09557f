import { Link, Outlet } from '@tanstack/react-router'
import {
  Activity,
  Building2,
  Fingerprint,
  Gauge,
  Globe,
  History,
  KeyRound,
  ListChecks,
  type LucideIcon,
  ShieldCheck,
  UserRound,
  UsersRound,
  Webhook,
} from 'lucide-react'
import { type Key, t } from '@/lib/i18n'
import { useCan } from '@/lib/session'

export const parts: readonly { to: string; label: Key; icon: LucideIcon; needs?: string }[] = [
  { to: '/settings', label: 'settings.profile', icon: UserRound },
  {
    to: '/settings/workspace',
    label: 'settings.workspace',
    icon: Building2,
    needs: 'workspaces:read',
  },
  { to: '/settings/members', label: 'settings.members', icon: UsersRound, needs: 'members:read' },
  { to: '/settings/sso', label: 'settings.sso', icon: Fingerprint, needs: 'sso:read' },
  { to: '/settings/keys', label: 'settings.keys', icon: KeyRound, needs: 'keys:read' },
  { to: '/settings/webhooks', label: 'settings.webhooks', icon: Webhook, needs: 'webhooks:read' },
  { to: '/settings/domains', label: 'settings.domains', icon: Globe, needs: 'domains:read' },
  { to: '/settings/audit', label: 'settings.audit', icon: History, needs: 'audit:read' },
  { to: '/settings/usage', label: 'settings.usage', icon: Gauge, needs: 'workspaces:read' },
  { to: '/settings/privacy', label: 'settings.privacy', icon: ShieldCheck, needs: 'contacts:read' },
  { to: '/settings/system', label: 'settings.system', icon: Activity, needs: 'system:read' },
  { to: '/setup', label: 'setup.title', icon: ListChecks, needs: 'workspaces:write' },
]

/** Settings have navigation of their own, before what they are about. */
export function SettingsFrame() {
  const can = useCan()
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <nav aria-label={t('nav.settings')} className="border-line border-b bg-surface px-4 sm:px-6">
        <ul className="mx-auto flex max-w-[1032px] gap-1 overflow-x-auto py-1.5">
          {parts
            .filter(({ needs }) => !needs || can(needs))
            .map(({ to, label, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  activeOptions={{ exact: true, includeSearch: false }}
                  className="flex h-control items-center gap-2 whitespace-nowrap rounded-md px-2.5 text-ink-2 outline-offset-[-2px] hover:bg-hover hover:text-ink"
                  activeProps={{ className: 'bg-accent-soft text-ink font-medium' }}
                >
                  <Icon size={15} aria-hidden className="max-sm:hidden" />
                  {t(label)}
                </Link>
              </li>
            ))}
        </ul>
      </nav>
      <Outlet />
    </div>
  )
}
