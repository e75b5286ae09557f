import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Check, Circle, CircleDashed, PartyPopper } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { t } from '@/lib/i18n'
import { useCan } from '@/lib/session'
import { buttonClass } from '@/ui/button'
import { cx } from '@/ui/cx'
import { Card, Page } from '@/ui/page'
import { Empty, Loaded } from '@/ui/states'
import { CampaignStep } from './campaign'
import { ContactsStep } from './contacts'
import { DomainStep } from './domain'
import { MessageStep } from './message'
import { type Setup, type Step, type StepState, setup, useMark } from './queries'
import type { StepProps } from './step'
import { TeamStep } from './team'
import { BrandStep, WorkspaceStep } from './workspace'

const parts: Record<Step, (props: StepProps) => ReactNode> = {
  workspace: WorkspaceStep,
  brand: BrandStep,
  domain: DomainStep,
  message: MessageStep,
  contacts: ContactsStep,
  campaign: CampaignStep,
  team: TeamStep,
}

/** From an empty workspace to the first mail; it goes on where it was left. */
export function SetupPage() {
  const can = useCan()
  const query = useQuery(setup)
  return (
    <Page title={t('setup.title')} below={t('setup.below')}>
      {can('workspaces:write') ? (
        <Loaded query={query}>{(data) => <Steps data={data} />}</Loaded>
      ) : (
        <Empty title={t('setup.notYours')} />
      )}
    </Page>
  )
}

const END = 'end'

function Steps({ data }: { data: Setup }) {
  const { step } = useSearch({ strict: false }) as { step?: string }
  // what is open first is so now: a step does not leave while somebody is in it
  const [first] = useState(data.next ?? END)
  const navigate = useNavigate()
  const mark = useMark()
  const current = step ?? first
  const known = data.steps.find((one) => one.step === current)?.step
  const Part = known && parts[known]

  const leave = (state: StepState) => {
    if (!known) return
    mark.mutate(
      { step: known, state },
      {
        onSuccess: ({ steps, next }) => {
          const at = steps.findIndex((one) => one.step === known)
          const after = steps.slice(at + 1).find((one) => one.state === 'open')
          void navigate({ to: '.', search: { step: after?.step ?? next ?? END } })
        },
      },
    )
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-gap md:grid-cols-[220px_minmax(0,1fr)]">
      <Rail steps={data.steps} current={current} />
      {Part ? (
        <Card title={t(`setup.step.${known}`)}>
          <p className="mb-4 text-ink-2">{t(`setup.help.${known}`)}</p>
          <Part key={known} onDone={() => leave('done')} onSkip={() => leave('skipped')} />
        </Card>
      ) : (
        <End />
      )}
    </div>
  )
}

const icons: Record<StepState, ReactNode> = {
  done: <Check size={16} className="shrink-0 text-ok" aria-hidden />,
  skipped: <CircleDashed size={16} className="shrink-0 text-ink-3" aria-hidden />,
  open: <Circle size={16} className="shrink-0 text-ink-3" aria-hidden />,
}

function Rail({ steps, current }: { steps: Setup['steps']; current: string }) {
  return (
    <nav aria-label={t('setup.steps')} className="min-w-0">
      <ol className="flex gap-0.5 overflow-x-auto md:flex-col">
        {steps.map(({ step, state }, n) => (
          <li key={step}>
            <Link
              to="/setup"
              search={{ step }}
              aria-current={step === current ? 'step' : undefined}
              className={cx(
                'relative flex min-h-control items-center gap-2 whitespace-nowrap rounded-md px-2 py-1 outline-offset-[-2px] hover:bg-hover',
                step === current ? 'bg-accent-soft font-medium' : 'text-ink-2',
              )}
            >
              {icons[state]}
              <span className="min-w-0 flex-1">
                {n + 1}. {t(`setup.step.${step}`)}
              </span>
              <span className="sr-only">{t(`setup.state.${state}`)}</span>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  )
}

function End() {
  return (
    <Card>
      <Empty
        icon={<PartyPopper size={24} aria-hidden />}
        title={t('setup.endTitle')}
        action={
          <>
            <Link to="/" className={buttonClass('primary')}>
              {t('nav.home')}
            </Link>
            <Link to="/campaigns" className={buttonClass()}>
              {t('nav.campaigns')}
            </Link>
          </>
        }
      >
        {t('setup.endText')}
      </Empty>
    </Card>
  )
}
