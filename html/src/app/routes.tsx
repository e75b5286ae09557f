/** The page map: one line a page. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { pageWords } from '@/lib/i18n'
import { Failed } from '@/ui/states'
import { Shell } from './shell'

type Search = Record<string, string | undefined>

/** Filters are in the address: what is no text, or empty, is not there. */
export function texts(search: Record<string, unknown>): Search {
  return Object.fromEntries(
    Object.entries(search)
      .map(([name, value]) => [name, value == null ? '' : String(value)] as const)
      .filter(([, value]) => value !== ''),
  )
}

type Load = () => Promise<Record<string, unknown>>

/** A page has its words before it is read. */
const lazy = (load: Load, name: string) =>
  lazyRouteComponent((() => pageWords().then(load)) as never, name as never)

const root = createRootRoute({ component: Shell })

const page = <Path extends string>(path: Path, load: Load, name: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: texts,
    component: lazy(load, name),
  })

const settings = createRoute({
  getParentRoute: () => root,
  path: 'settings',
  component: lazy(() => import('@/features/settings/frame'), 'SettingsFrame'),
})

const setting = <Path extends string>(path: Path, load: Load, name: string) =>
  createRoute({
    getParentRoute: () => settings,
    path,
    validateSearch: texts,
    component: lazy(load, name),
  })

const tree = root.addChildren([
  page('/', () => import('@/features/home/page'), 'HomePage'),
  page('campaigns', () => import('@/features/campaigns/list'), 'CampaignList'),
  page('campaigns/new', () => import('@/features/campaigns/draft'), 'NewCampaign'),
  page('campaigns/compare', () => import('@/features/campaigns/compare'), 'ComparePage'),
  page('campaigns/$id', () => import('@/features/campaigns/page'), 'CampaignPage'),
  page('experiments', () => import('@/features/experiments/list'), 'ExperimentList'),
  page('contacts', () => import('@/features/contacts/list'), 'ContactList'),
  page('contacts/$id', () => import('@/features/contacts/page'), 'ContactPage'),
  page('segments', () => import('@/features/segments/list'), 'SegmentList'),
  page('segments/new', () => import('@/features/segments/edit'), 'NewSegment'),
  page('segments/$id', () => import('@/features/segments/page'), 'SegmentPage'),
  page('segments/$id/edit', () => import('@/features/segments/edit'), 'EditSegment'),
  page('templates', () => import('@/features/templates/list'), 'TemplateList'),
  page('templates/new', () => import('@/features/templates/editor'), 'NewTemplate'),
  page('templates/$id', () => import('@/features/templates/page'), 'TemplatePage'),
  page('lists', () => import('@/features/lists/page'), 'ListsPage'),
  page('suppressions', () => import('@/features/suppressions/page'), 'SuppressionsPage'),
  page('imports', () => import('@/features/imports/page'), 'ImportsPage'),
  page('setup', () => import('@/features/setup/page'), 'SetupPage'),
  settings.addChildren([
    setting('/', () => import('@/features/settings/profile'), 'ProfilePage'),
    setting('members', () => import('@/features/settings/members'), 'MembersPage'),
    setting('keys', () => import('@/features/settings/keys'), 'KeysPage'),
    setting('webhooks', () => import('@/features/settings/webhooks'), 'WebhooksPage'),
    setting('workspace', () => import('@/features/workspace/page'), 'WorkspacePage'),
    setting('sso', () => import('@/features/sso/page'), 'SsoPage'),
    setting('domains', () => import('@/features/domains/page'), 'DomainsPage'),
    setting('audit', () => import('@/features/audit/page'), 'AuditPage'),
    setting('usage', () => import('@/features/usage/page'), 'UsagePage'),
    setting('privacy', () => import('@/features/privacy/page'), 'PrivacyPage'),
    setting('system', () => import('@/features/system/page'), 'SystemPage'),
  ]),
])

export function makeRouter(workspace: string) {
  return createRouter({
    routeTree: tree,
    basepath: `/app/${workspace}`,
    defaultPreload: 'intent',
    defaultNotFoundComponent: lazy(() => import('./missing'), 'Missing'),
    defaultErrorComponent: ({ error, reset }) => <Failed error={error} again={reset} />,
    scrollRestoration: true,
    // a filter is a word, not a JSON text
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const text = new URLSearchParams(texts(search) as Record<string, string>).toString()
      return text && `?${text}`
    },
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
