import {
  Code,
  Columns2,
  Heading,
  Image,
  Minus,
  MoveVertical,
  PanelBottom,
  Redo2,
  Repeat,
  SquareMousePointer,
  Type as TypeIcon,
  Undo2,
} from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Canvas } from './canvas'
import { type Type, types } from './model'
import { Settings } from './settings'
import { typeName, useDocument, type Work, Working } from './work'

const icons: Record<Type, ReactNode> = {
  heading: <Heading size={15} aria-hidden />,
  text: <TypeIcon size={15} aria-hidden />,
  button: <SquareMousePointer size={15} aria-hidden />,
  image: <Image size={15} aria-hidden />,
  divider: <Minus size={15} aria-hidden />,
  spacer: <MoveVertical size={15} aria-hidden />,
  columns: <Columns2 size={15} aria-hidden />,
  loop: <Repeat size={15} aria-hidden />,
  html: <Code size={15} aria-hidden />,
  footer: <PanelBottom size={15} aria-hidden />,
}

type Props = {
  source: string
  /** of the brand, which holds when the mail has none of its own */
  color: string
  readOnly: boolean
  onChange: (source: string) => void
}

/** A mail put together of blocks: added, written in their places, moved by hand or by keys. */
export function BlockEditor({ source, color, readOnly, onChange }: Props) {
  const work = useDocument(source, readOnly, onChange)
  const root = useRef<HTMLDivElement>(null)
  const { wants, said } = work

  // biome-ignore lint/correctness/useExhaustiveDependencies: each deed wants it anew
  useEffect(() => {
    if (wants) root.current?.querySelector<HTMLElement>(`[data-handle="${wants}"]`)?.focus()
  }, [wants, said, work.doc])

  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return
    const key = event.key.toLowerCase()
    const act = key === 'z' ? (event.shiftKey ? work.redo : work.undo) : key === 'y' && work.redo
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  return (
    <Working value={work}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of whatever in it has the focus */}
      <div ref={root} onKeyDown={onKeyDown} className="flex flex-col gap-3">
        {!readOnly && <Palette work={work} />}
        <Canvas />
        <p role="status" className="sr-only">
          {said}
        </p>
        <Settings color={color} />
      </div>
    </Working>
  )
}

function Palette({ work }: { work: Work }) {
  return (
    <div className="flex flex-wrap items-start gap-1">
      <ul className="flex min-w-0 flex-1 flex-wrap gap-1" aria-label={t('block.add')}>
        {types.map((type) => (
          <li key={type}>
            <Button icon={icons[type]} className="px-2" onClick={() => work.add(type)}>
              {typeName(type)}
            </Button>
          </li>
        ))}
      </ul>
      <Button
        kind="ghost"
        icon={<Undo2 size={15} />}
        aria-label={t('block.undo')}
        disabled={!work.canUndo}
        onClick={work.undo}
      />
      <Button
        kind="ghost"
        icon={<Redo2 size={15} />}
        aria-label={t('block.redo')}
        disabled={!work.canRedo}
        onClick={work.redo}
      />
    </div>
  )
}
