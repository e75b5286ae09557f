import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Copy, Pause, Play, Send, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useHotkeys } from '@/lib/hotkeys'
import { t } from '@/lib/i18n'
import { useCan } from '@/lib/session'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Dialog, DialogActions } from '@/ui/dialog'
import { Preflight } from '@/ui/preflight'
import { Loaded } from '@/ui/states'
import { type Act, type Campaign, type CampaignState, preflight, useAct } from './queries'

/** What can be done in each state; only the possible is there. */
const possible: Record<CampaignState, readonly Act[]> = {
  draft: ['start'],
  scheduled: ['start', 'cancel'],
  preparing: ['cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  finishing: ['pause', 'cancel'],
  finished: [],
  cancelled: [],
  failed: [],
}

const icons: Record<Act, ReactNode> = {
  start: <Send size={15} aria-hidden />,
  pause: <Pause size={15} aria-hidden />,
  resume: <Play size={15} aria-hidden />,
  cancel: <X size={15} aria-hidden />,
  clone: <Copy size={15} aria-hidden />,
}

export function Actions({ campaign }: { campaign: Campaign }) {
  const [asked, setAsked] = useState<'start' | 'cancel' | null>(null)
  const can = useCan()
  const act = useAct(campaign.id)
  const navigate = useNavigate()
  const all = can('campaigns:write') ? ([...possible[campaign.state], 'clone'] as Act[]) : []

  const run = (what: Act) => {
    if (what === 'start' || what === 'cancel') return setAsked(what)
    act.mutate(what, {
      onSuccess: (made) => {
        if (what === 'clone') void navigate({ to: '/campaigns/$id', params: { id: made.id } })
      },
    })
  }
  const toggle = all.find((what) => what === 'pause' || what === 'resume')
  useHotkeys([{ keys: 'p', run: () => toggle && run(toggle) }])

  return (
    <>
      {all.map((what) => (
        <Button
          key={what}
          kind={what === 'start' || what === 'resume' ? 'primary' : 'plain'}
          icon={icons[what]}
          busy={act.isPending && act.variables === what}
          onClick={() => run(what)}
        >
          {t(`campaign.do.${what}`)}
        </Button>
      ))}
      {asked === 'start' && (
        <Start
          campaign={campaign}
          onClose={() => setAsked(null)}
          run={() => act.mutateAsync('start')}
        />
      )}
      {asked === 'cancel' && (
        <Confirm
          title={t('campaign.cancelTitle', { name: campaign.name })}
          text={t('campaign.cancelText')}
          go={t('campaign.do.cancel')}
          danger
          onClose={() => setAsked(null)}
          run={() => act.mutateAsync('cancel')}
        />
      )}
    </>
  )
}

type StartProps = { campaign: Campaign; onClose: () => void; run: () => Promise<unknown> }

/** What stands against the start, before it is one. */
function Start({ campaign, onClose, run }: StartProps) {
  const query = useQuery(preflight(campaign.id))
  const [busy, setBusy] = useState(false)
  const go = async () => {
    setBusy(true)
    try {
      await run()
      onClose()
    } catch {
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('campaign.startTitle', { name: campaign.name })} onClose={onClose}>
      <Loaded query={query}>
        {({ findings, ready }) => (
          <>
            <p className="text-ink-2">{t(ready ? 'campaign.startText' : 'campaign.notReady')}</p>
            <div className="mt-3">
              <Preflight findings={findings} />
            </div>
            <DialogActions>
              <Button onClick={onClose}>{t('action.back')}</Button>
              <Button kind="primary" disabled={!ready} busy={busy} onClick={() => void go()}>
                {t('campaign.do.start')}
              </Button>
            </DialogActions>
          </>
        )}
      </Loaded>
    </Dialog>
  )
}
