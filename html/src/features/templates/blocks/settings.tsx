import { t } from '@/lib/i18n'
import { Check, SelectField, TextField } from '@/ui/field'
import { useWork } from './work'

/** What the whole of a mail looks like; the brand says it where the mail does not. */
export function Settings({ color }: { color: string }) {
  const { doc, settings, readOnly } = useWork()
  return (
    <fieldset disabled={readOnly} className="grid gap-3 border-line border-t pt-3 sm:grid-cols-2">
      <legend className="sr-only">{t('block.settings')}</legend>
      <TextField
        label={t('block.preheader')}
        help={t('block.preheaderHelp')}
        value={doc.preheader}
        maxLength={200}
        onChange={(event) => settings({ preheader: event.target.value })}
      />
      <SelectField
        label={t('block.font')}
        value={doc.font}
        options={[
          ['sans', t('block.font.sans')],
          ['serif', t('block.font.serif')],
        ]}
        onChange={(event) => settings({ font: event.target.value === 'serif' ? 'serif' : 'sans' })}
      />
      <div className="flex flex-col gap-2">
        <Check
          label={t('block.brandColor')}
          checked={doc.color === ''}
          onChange={(event) => settings({ color: event.target.checked ? '' : color })}
        />
        {doc.color !== '' && (
          <TextField
            label={t('block.color')}
            type="color"
            value={doc.color}
            className="w-20 p-1"
            onChange={(event) => settings({ color: event.target.value })}
          />
        )}
      </div>
    </fieldset>
  )
}
