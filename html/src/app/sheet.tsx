import { type Key, t } from '@/lib/i18n'
import { Dialog } from '@/ui/dialog'
import { keymap, type Scope } from './keymap'

const scopes: [Scope, Key][] = [
  ['global', 'sheet.global'],
  ['list', 'sheet.list'],
  ['chart', 'sheet.chart'],
  ['campaign', 'sheet.campaign'],
]

/** All keys there are. */
export function Sheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('key.sheet')} onClose={onClose}>
      <div className="flex flex-col gap-5">
        {scopes.map(([scope, label]) => (
          <section key={scope}>
            <h3 className="mb-1 text-ink-2 text-sm">{t(label)}</h3>
            <dl className="grid grid-cols-[1fr_auto] gap-x-6 gap-y-1">
              {keymap
                .filter((binding) => binding.scope === scope)
                .map(({ id, keys, label: name }) => (
                  <div key={id} className="contents">
                    <dt>{t(name)}</dt>
                    <dd className="flex justify-end gap-1">
                      {keys.split(' ').map((key) => (
                        <kbd
                          key={key}
                          className="rounded-sm border border-line bg-hover px-1.5 font-mono text-sm"
                        >
                          {key.replace('Mod', 'Ctrl')}
                        </kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
