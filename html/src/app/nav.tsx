import {
  ChartPie,
  Download,
  FlaskConical,
  House,
  LayoutTemplate,
  List as ListIcon,
  type LucideIcon,
  Send,
  Settings,
  ShieldOff,
  Users,
} from 'lucide-react'
import type { Key } from '@/lib/i18n'

export type Place = { to: string; label: Key; icon: LucideIcon; needs?: string }

export const places: readonly Place[] = [
  { to: '/', label: 'nav.home', icon: House },
  { to: '/contacts', label: 'nav.contacts', icon: Users, needs: 'contacts:read' },
  { to: '/campaigns', label: 'nav.campaigns', icon: Send, needs: 'campaigns:read' },
  { to: '/experiments', label: 'nav.experiments', icon: FlaskConical, needs: 'campaigns:read' },
  { to: '/segments', label: 'nav.segments', icon: ChartPie, needs: 'segments:read' },
  { to: '/templates', label: 'nav.templates', icon: LayoutTemplate, needs: 'templates:read' },
  { to: '/lists', label: 'nav.lists', icon: ListIcon, needs: 'lists:read' },
  { to: '/suppressions', label: 'nav.suppressions', icon: ShieldOff, needs: 'suppressions:read' },
  { to: '/imports', label: 'nav.imports', icon: Download, needs: 'contacts:read' },
  { to: '/settings', label: 'nav.settings', icon: Settings },
]
