import { Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { Menu as MenuIcon, Search } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useHotkeys } from '@/lib/hotkeys'
import { pageWords, t } from '@/lib/i18n'
import { useCan } from '@/lib/session'
import { setTaste, taste } from '@/lib/taste'
import { Button, buttonClass } from '@/ui/button'
import { cx } from '@/ui/cx'
import { keymap } from './keymap'
import { LiveDot, OfflineBar } from './live-dot'
import { Sidebar } from './sidebar'

// who is quick with the keyboard may ask before the words are there
const Palette = lazy(() =>
  pageWords()
    .then(() => import('./palette'))
    .then(({ Palette }) => ({ default: Palette })),
)
const Sheet = lazy(() =>
  pageWords()
    .then(() => import('./sheet'))
    .then(({ Sheet }) => ({ default: Sheet })),
)

export function Shell() {
  const [over, setOver] = useState<'palette' | 'sheet' | null>(null)
  const [drawer, setDrawer] = useState(false)
  const main = useRef<HTMLElement>(null)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const router = useRouter()
  const can = useCan()

  // the next page has the focus, so that who hears it hears its beginning
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    setDrawer(false)
    main.current?.focus()
  }, [path])

  const run: Record<string, () => void> = {
    palette: () => setOver('palette'),
    sheet: () => setOver('sheet'),
    sidebar: () => setTaste({ sidebar: taste().sidebar === 'open' ? 'closed' : 'open' }),
  }
  useHotkeys(
    keymap
      .filter(({ scope, needs }) => scope === 'global' && (!needs || can(needs)))
      .map(({ id, keys, to }) => ({
        keys,
        run: run[id] ?? (() => void router.navigate({ to: to ?? '/' })),
      })),
  )

  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className={cx(
          buttonClass('primary'),
          'fixed start-2 top-2 z-50 -translate-y-20 focus:translate-y-0',
        )}
      >
        {t('shell.skip')}
      </a>
      <Sidebar drawer={drawer} onClose={() => setDrawer(false)} onSearch={run.palette} />
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-line border-b bg-surface px-3 md:hidden">
          <Button
            kind="ghost"
            icon={<MenuIcon size={18} />}
            aria-label={t('shell.menu')}
            aria-expanded={drawer}
            onClick={() => setDrawer(true)}
          />
          <span className="flex-1 font-semibold">{t('app.name')}</span>
          <LiveDot />
          <Button
            kind="ghost"
            icon={<Search size={18} />}
            aria-label={t('key.palette')}
            onClick={run.palette}
          />
        </header>
        <OfflineBar />
        <main id="main" ref={main} tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col">
          <Outlet />
        </main>
      </div>
      <Suspense>
        {over === 'palette' && <Palette onClose={() => setOver(null)} />}
        {over === 'sheet' && <Sheet onClose={() => setOver(null)} />}
      </Suspense>
    </div>
  )
}
