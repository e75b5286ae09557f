import { useSyncExternalStore } from 'react'
import { t } from '@/lib/i18n'
import { liveStore } from '@/lib/live'
import { Badge } from '@/ui/badge'

const shown = {
  live: ['ok', 'live.live'],
  connecting: ['warn', 'live.connecting'],
  offline: ['bad', 'live.offline'],
} as const

/** Does what is shown move by itself? */
export function LiveDot() {
  const state = useSyncExternalStore(liveStore.subscribe, liveStore.read)
  const [tone, label] = shown[state]
  return (
    <span role="status" title={t('live.help')}>
      <Badge tone={tone} label={t(label)} />
    </span>
  )
}
