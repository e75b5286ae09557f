import { Link } from '@tanstack/react-router'
import { ChevronsUpDown, CircleUser, Search, X } from 'lucide-react'
import { type Language, languages, locale, t } from '@/lib/i18n'
import { signOut, useCan, useSession } from '@/lib/session'
import { setTaste, useTaste } from '@/lib/taste'
import { Button } from '@/ui/button'
import { cx } from '@/ui/cx'
import { Menu } from '@/ui/menu'
import { LiveDot } from './live-dot'
import { places } from './nav'

const row =
  'flex h-control w-full min-w-0 items-center gap-2.5 rounded-md px-2 text-start text-ink-2 hover:bg-hover hover:text-ink'

type Props = { drawer: boolean; onClose: () => void; onSearch: (() => void) | undefined }

/** Beside the page where there is room, over it on a phone. */
export function Sidebar({ drawer, onClose, onSearch }: Props) {
  const { sidebar } = useTaste()
  return (
    <>
      {drawer && (
        // biome-ignore lint/a11y/noStaticElementInteractions: a second way; the button closes it too
        // biome-ignore lint/a11y/useKeyWithClickEvents: see above
        <div className="fixed inset-0 z-30 bg-scrim md:hidden" onClick={onClose} />
      )}
      <nav
        aria-label={t('shell.navigation')}
        className={cx(
          'z-40 w-60 shrink-0 flex-col gap-1 border-line border-e bg-surface p-2 md:sticky md:top-0 md:h-dvh md:w-52',
          drawer ? 'fixed inset-y-0 start-0 flex' : 'hidden',
          sidebar === 'open' ? 'md:flex' : 'md:hidden',
        )}
      >
        <div className="flex items-center gap-1">
          <WorkspaceMenu />
          <Button
            kind="ghost"
            className="md:hidden"
            icon={<X size={18} />}
            aria-label={t('action.close')}
            onClick={onClose}
          />
        </div>
        <button type="button" className={cx(row, 'border border-line')} onClick={onSearch}>
          <Search size={15} aria-hidden />
          <span className="min-w-0 flex-1 truncate">{t('shell.search')}</span>
          <kbd className="hidden text-ink-3 text-xs md:inline">Ctrl K</kbd>
        </button>
        <Places onGo={onClose} />
        <div className="flex-1" />
        <div className="flex items-center justify-between px-2 py-1">
          <LiveDot />
        </div>
        <UserMenu />
      </nav>
    </>
  )
}

function Places({ onGo }: { onGo: () => void }) {
  const can = useCan()
  return (
    <ul className="mt-2 flex flex-col gap-0.5">
      {places
        .filter(({ needs }) => !needs || can(needs))
        .map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              onClick={onGo}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              className={row}
              activeProps={{ className: 'bg-accent-soft text-ink font-medium' }}
            >
              <Icon size={16} aria-hidden />
              {t(label)}
            </Link>
          </li>
        ))}
    </ul>
  )
}

function WorkspaceMenu() {
  const { me, workspace } = useSession()
  return (
    <div className="min-w-0 flex-1">
      <Menu
        label={t('shell.workspace', { name: workspace.name })}
        align="start"
        className={cx(row, 'h-11 text-ink')}
        trigger={
          <>
            <span
              aria-hidden
              data-letter={[...workspace.name][0]?.toUpperCase()}
              className="grid size-6 shrink-0 place-items-center rounded-md bg-accent font-semibold text-accent-ink before:content-[attr(data-letter)]"
            />
            <span className="min-w-0 flex-1 truncate font-semibold">{workspace.name}</span>
            <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-ink-3" />
          </>
        }
        groups={[
          me.workspaces.map(({ id, name }) => ({
            label: name,
            checked: id === workspace.id,
            // another workspace is another page: nothing of this one stays
            run: () => id !== workspace.id && location.assign(`/app/${id}/`),
          })),
        ]}
      />
    </div>
  )
}

function UserMenu() {
  const { me } = useSession()
  const { theme, density } = useTaste()
  const speak = (to: Language) => {
    setTaste({ locale: to })
    location.reload()
  }
  return (
    <Menu
      label={t('shell.user', { name: me.name ?? me.email })}
      side="top"
      align="start"
      className={cx(row, 'h-11')}
      trigger={
        <>
          <CircleUser size={18} aria-hidden className="shrink-0" />
          <span className="min-w-0 flex-1 truncate">{me.name ?? me.email}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-ink-3" />
        </>
      }
      groups={[
        (['system', 'light', 'dark'] as const).map((to) => ({
          label: t(`theme.${to}`),
          checked: theme === to,
          run: () => setTaste({ theme: to }),
        })),
        (['comfortable', 'compact'] as const).map((to) => ({
          label: t(`density.${to}`),
          checked: density === to,
          run: () => setTaste({ density: to }),
        })),
        (Object.keys(languages) as Language[]).map((to) => ({
          label: languages[to],
          checked: locale() === to,
          run: () => speak(to),
        })),
        [{ label: t('shell.signOut'), run: () => void signOut() }],
      ]}
    />
  )
}
