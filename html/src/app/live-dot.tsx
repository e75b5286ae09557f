import { useSyncExternalStore } from 'react'
import { t } from '@/lib/i18n'
import { liveStore } from '@/lib/live'
import { useOnline } from '@/lib/online'
import { Badge } from '@/ui/badge'

const shown = {
  live: ['ok', 'live.live'],
  connecting: ['warn', 'live.connecting'],
  offline: ['bad', 'live.offline'],
} as const

/** Does what is shown move by itself? */
export function LiveDot() {
  const heard = useSyncExternalStore(liveStore.subscribe, liveStore.read)
  const state = useOnline() ? heard : 'offline'
  const [tone, label] = shown[state]
  return (
    <span role="status" title={t('live.help')}>
      <Badge tone={tone} label={t(label)} />
    </span>
  )
}

/** Over everything, while there is no network. */
export function OfflineBar() {
  const online = useOnline()
  return (
    <div role="status">
      {!online && <p className="bg-warn px-4 py-1.5 text-canvas text-sm">{t('shell.offline')}</p>}
    </div>
  )
}
