import { Image as ImageIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { t } from '@/lib/i18n'
import { cx } from '@/ui/cx'
import type { Block, Type } from './model'
import { useWork } from './work'

const aligned = { start: 'text-start', center: 'text-center', end: 'text-end' }
const sizes = ['text-2xl', 'text-xl', 'text-lg']
const bare =
  'w-full rounded-md bg-transparent px-2 py-1 text-ink outline-offset-[-2px] hover:bg-hover'

/** What is written in a block, in its place. */
export function Writing({
  block,
  label,
  className,
}: {
  block: Block
  label: string
  className?: string
}) {
  const { edit, readOnly } = useWork()
  return (
    <textarea
      aria-label={label}
      data-writing={block.id}
      value={block.text}
      readOnly={readOnly}
      rows={Math.min(30, block.text.split('\n').length)}
      onChange={(event) => edit(block.id, { text: event.target.value })}
      className={cx(bare, 'block resize-none [field-sizing:content]', className)}
    />
  )
}

const faces: Record<Type, (block: Block) => ReactNode> = {
  heading: (block) => (
    <Writing
      block={block}
      label={t('block.text.heading')}
      className={cx('font-semibold leading-tight', sizes[block.size - 1], aligned[block.align])}
    />
  ),
  text: (block) => (
    <Writing
      block={block}
      label={t('block.text.text')}
      className={cx('text-md', aligned[block.align])}
    />
  ),
  button: (block) => (
    <div className={aligned[block.align]}>
      <div className="inline-block max-w-full rounded-md border border-accent bg-accent-soft">
        <Writing
          block={block}
          label={t('block.text.button')}
          className="min-w-24 text-center font-medium"
        />
      </div>
    </div>
  ),
  image: (block) => (
    <div className="flex min-h-16 items-center gap-2 rounded-md border border-line-strong border-dashed px-3 py-2 text-ink-2">
      <ImageIcon size={18} aria-hidden className="shrink-0" />
      <span className="min-w-0 break-words text-sm">
        {block.text || block.src || t('block.noImage')}
      </span>
    </div>
  ),
  divider: () => <div className="my-4 border-line-strong border-t" />,
  spacer: ({ size }) => (
    <p className="py-1.5 text-center text-ink-3 text-sm">{t('block.pixels', { n: size })}</p>
  ),
  columns: () => null,
  loop: ({ list, size }) => (
    <p className="break-words px-2 py-1.5 text-ink-2 text-sm">
      {list ? t('block.loopOf', { list, n: size }) : t('block.loopOfNone')}
    </p>
  ),
  html: (block) => (
    <Writing block={block} label={t('block.text.html')} className="max-h-80 font-mono text-sm" />
  ),
  footer: (block) => (
    <>
      <Writing block={block} label={t('block.text.footer')} className="text-ink-2 text-sm" />
      <p className="px-2 pb-1 text-ink-3 text-sm">{t('block.footerHelp')}</p>
    </>
  ),
}

export function Face({ block }: { block: Block }) {
  return (
    <>
      {block.when && (
        <p className="break-words px-2 pt-1 font-mono text-ink-3 text-xs">
          {t('block.onlyWhen', { when: block.when })}
        </p>
      )}
      {faces[block.type](block)}
    </>
  )
}
