import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Minus, Plus } from 'lucide-react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Field, SelectField, TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Card } from '@/ui/page'
import type { Campaign } from './queries'

type Written = NonNullable<Campaign['experiment']>
/** Named as the API names them, so that what it says of one lands on it. */
type Values = Record<string, string>

const MOST = 10
const variant = (n: number, name: string) => `experiment.variants.${n}.${name}`
const setting = (name: string) => `experiment.${name}`
const letter = (n: number) => String.fromCharCode(65 + n)
const numbers = ['test', 'hold_out', 'least', 'hours'] as const

const usual: Written = {
  variants: [
    { name: 'A', weight: 1 },
    { name: 'B', weight: 1 },
  ],
  test: 20,
  hold_out: 0,
  metric: 'clicks',
  rule: 'bayesian',
  least: 500,
  hours: 24,
}

function valuesOf(x: Written): Values {
  const values: Values = { count: String(x.variants.length) }
  for (let n = 0; n < MOST; n++) {
    const v = x.variants[n]
    values[variant(n, 'name')] = v?.name ?? letter(n)
    values[variant(n, 'weight')] = String(v?.weight ?? 1)
    values[variant(n, 'subject')] = v?.subject ?? ''
    values[variant(n, 'from_name')] = v?.from_name ?? ''
    values[variant(n, 'html')] = v?.html ?? ''
  }
  for (const name of [...numbers, 'metric', 'rule'] as const)
    values[setting(name)] = String(x[name] ?? usual[name])
  values[setting('fallback')] = x.fallback ?? x.variants[0]?.name ?? ''
  return values
}

const own = ['subject', 'from_name', 'html'] as const

function bodyOf(values: Values, before: Written | null | undefined): Written {
  const at = (name: string) => (values[name] ?? '').trim()
  const variants = Array.from({ length: Number(values.count) }, (_, n) => {
    const text = before?.variants[n]?.text
    return {
      name: at(variant(n, 'name')),
      weight: Number(at(variant(n, 'weight'))) || 1,
      ...Object.fromEntries(
        own.flatMap((name) => (at(variant(n, name)) ? [[name, at(variant(n, name))]] : [])),
      ),
      ...(text && { text }),
    }
  })
  return {
    variants,
    metric: at(setting('metric')) as 'clicks',
    rule: at(setting('rule')) as 'fixed',
    ...(Object.fromEntries(numbers.map((name) => [name, Number(at(setting(name)))])) as Pick<
      Written,
      (typeof numbers)[number]
    >),
    fallback: variants.some(({ name }) => name === at(setting('fallback')))
      ? at(setting('fallback'))
      : undefined,
  }
}

/** Which variants there are, and how the better one is found. */
export function ExperimentForm({ campaign: c }: { campaign: Campaign }) {
  const cache = useQueryClient()
  const save = async (experiment: Written | null) => {
    const now = await unwrap(
      api.PATCH('/api/v1/campaigns/{id}', {
        params: { path: { id: c.id } },
        body: { experiment },
      }),
    )
    cache.setQueryData(keys.campaign(c.id), now)
    void cache.invalidateQueries({ queryKey: keys.campaigns })
    toast({ kind: 'done', text: t(experiment ? 'experiment.saved' : 'experiment.dropped') })
  }
  const form = useForm(valuesOf(c.experiment ?? usual), (values) =>
    save(bodyOf(values, c.experiment)),
  )
  const drop = useMutation({ mutationFn: () => save(null) })
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-gap">
      <Variants form={form} campaign={c} />
      <Rule form={form} />
      <Wrong text={form.problem} />
      <div className="flex flex-wrap justify-end gap-2">
        {c.experiment && (
          <Button kind="danger" busy={drop.isPending} onClick={() => drop.mutate()}>
            {t('experiment.drop')}
          </Button>
        )}
        <Button type="submit" kind="primary" busy={form.busy}>
          {t(c.experiment ? 'action.save' : 'experiment.make')}
        </Button>
      </div>
    </form>
  )
}

type Part = { form: ReturnType<typeof useForm<Values>> }

function Variants({ form, campaign: c }: Part & { campaign: Campaign }) {
  const count = Number(form.values.count)
  return (
    <Card
      title={t('experiment.variants')}
      aside={
        <span className="flex gap-2">
          <Button
            icon={<Minus size={15} aria-hidden />}
            aria-label={t('experiment.fewer')}
            disabled={count <= 2}
            onClick={() => form.set('count', String(count - 1))}
          />
          <Button
            icon={<Plus size={15} aria-hidden />}
            aria-label={t('experiment.more')}
            disabled={count >= MOST}
            onClick={() => form.set('count', String(count + 1))}
          />
        </span>
      }
    >
      <p className="mb-4 max-w-[72ch] text-ink-2">{t('experiment.variantsHelp')}</p>
      <ol className="flex flex-col gap-5">
        {Array.from({ length: count }, (_, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a variant is its place
          <li key={n} className="border-line border-t pt-4 first:border-0 first:pt-0">
            <fieldset className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_96px_minmax(0,2fr)]">
              <legend className="sr-only">{t('experiment.nth', { n: n + 1 })}</legend>
              <TextField
                {...form.bind(variant(n, 'name'))}
                label={t('experiment.variant')}
                required
                maxLength={40}
              />
              <TextField
                {...form.bind(variant(n, 'weight'))}
                label={t('experiment.weight')}
                type="number"
                min={1}
                max={1000}
                required
              />
              {n === 0 ? (
                <p className="min-w-0 self-end pb-1.5 text-ink-2">
                  {t('experiment.asItIs', { subject: c.subject ?? '–' })}
                </p>
              ) : (
                <TextField
                  {...form.bind(variant(n, 'subject'))}
                  label={t('content.subject')}
                  placeholder={c.subject}
                />
              )}
              {n > 0 && <Content form={form} n={n} campaign={c} />}
            </fieldset>
          </li>
        ))}
      </ol>
    </Card>
  )
}

/** What else a variant may have of its own. */
function Content({ form, n, campaign: c }: Part & { n: number; campaign: Campaign }) {
  const html = variant(n, 'html')
  return (
    <details className="sm:col-span-3" open={!!form.values[html] || undefined}>
      <summary className="w-fit text-accent">{t('experiment.further')}</summary>
      <div className="mt-3 grid gap-4">
        <TextField
          {...form.bind(variant(n, 'from_name'))}
          label={t('experiment.fromName')}
          placeholder={c.from.replace(/ *<.*/, '')}
          maxLength={200}
        />
        <Field
          label={t('content.html')}
          help={t('experiment.htmlHelp')}
          error={form.bind(html).error}
        >
          {(parts) => (
            <textarea
              {...parts}
              name={html}
              rows={8}
              spellCheck={false}
              value={form.values[html]}
              onChange={(event) => form.set(html, event.target.value)}
              className="field h-auto resize-y py-2 font-mono text-sm"
            />
          )}
        </Field>
      </div>
    </details>
  )
}

const bounds = {
  test: [1, 100],
  hold_out: [0, 50],
  least: [1, 1_000_000],
  hours: [1, 720],
} as const

function Rule({ form }: Part) {
  const names = Array.from({ length: Number(form.values.count) }, (_, n) =>
    (form.values[variant(n, 'name')] ?? '').trim(),
  )
  return (
    <Card title={t('experiment.rule')}>
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          {...form.bind(setting('metric'))}
          label={t('experiment.metric')}
          help={form.values[setting('metric')] === 'opens' ? t('experiment.opensHelp') : undefined}
          options={[
            ['clicks', t('experiment.clicked')],
            ['opens', t('experiment.opened')],
          ]}
        />
        <SelectField
          {...form.bind(setting('rule'))}
          label={t('experiment.how.label')}
          help={t(`experiment.how.${form.values[setting('rule')] as 'fixed'}Help`)}
          options={[
            ['bayesian', t('experiment.how.bayesian')],
            ['sequential', t('experiment.how.sequential')],
            ['fixed', t('experiment.how.fixed')],
          ]}
        />
        {numbers.map((name) => (
          <TextField
            key={name}
            {...form.bind(setting(name))}
            label={t(`experiment.${name}`)}
            help={t(`experiment.${name}Help`)}
            type="number"
            min={bounds[name][0]}
            max={bounds[name][1]}
            required
          />
        ))}
        <SelectField
          {...form.bind(setting('fallback'))}
          label={t('experiment.fallback')}
          help={t('experiment.fallbackHelp')}
          options={names.map((name) => [name, name])}
        />
      </div>
    </Card>
  )
}
