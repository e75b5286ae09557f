import { useQuery, useQueryClient } from '@tanstack/react-query'
import { addDomain, type Domain, domains, useLook, useLooks } from '@/lib/domains'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { TextField } from '@/ui/field'
import { Records } from '@/ui/records'
import { Loaded } from '@/ui/states'
import { StepForm, type StepProps } from './step'

/** The domain that mail is from, and what its DNS should say. */
export function DomainStep(props: StepProps) {
  const query = useQuery(domains)
  return (
    <Loaded query={query}>
      {({ items }) =>
        items[0] ? <Published {...props} domain={items[0]} /> : <Add onSkip={props.onSkip} />
      }
    </Loaded>
  )
}

function Add({ onSkip }: { onSkip: () => void }) {
  const cache = useQueryClient()
  const form = useForm({ domain: '' }, async ({ domain }) => {
    await addDomain(domain)
    await cache.invalidateQueries({ queryKey: keys.domains })
  })
  return (
    <StepForm form={form} go={t('domains.add')} onSkip={onSkip}>
      <TextField
        {...form.bind('domain')}
        label={t('domains.domain')}
        help={t('domains.domainHelp')}
        required
        minLength={3}
        maxLength={220}
        autoFocus
      />
    </StepForm>
  )
}

function Published({ domain, onDone, onSkip }: StepProps & { domain: Domain }) {
  const can = useCan()
  const look = useLook()
  useLooks(domain, can('domains:write'))
  const form = useForm({}, async () => onDone())
  const signing = domain.state === 'signing'
  return (
    <StepForm form={form} go={t('action.continue')} ready onSkip={onSkip}>
      <div className="flex flex-wrap items-center gap-3">
        <strong className="min-w-0 flex-1 break-all font-semibold">{domain.domain}</strong>
        <span role="status">
          <Badge
            tone={signing ? 'ok' : 'warn'}
            label={word('domainState', domain.state)}
            pulse={!signing}
          />
        </span>
        <Button busy={look.isPending} onClick={() => look.mutate(domain.id)}>
          {t('domains.look')}
        </Button>
      </div>
      <p className="text-ink-2">{t(signing ? 'setup.signing' : 'setup.publish')}</p>
      <Records records={domain.records} />
    </StepForm>
  )
}
