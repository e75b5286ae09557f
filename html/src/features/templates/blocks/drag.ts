/** Blocks are dragged by a pointer of any kind; the slot that is nearest takes them. */
import { type PointerEvent, useRef, useState } from 'react'
import { fits, type Place } from './model'
import { useWork } from './work'

export type Dragging = {
  id: string | undefined
  over: string | undefined
  start: (event: PointerEvent<HTMLElement>, id: string) => void
}

const placeOf = (slot: string): Place => {
  const [parent = '', cell, at] = slot.split('/')
  return { parent: parent || undefined, cell: Number(cell), at: Number(at) }
}

/** How far a point is from a line that is as wide as this. */
function far({ left, right, top }: DOMRect, x: number, y: number): number {
  const beside = x < left ? left - x : x > right ? x - right : 0
  return Math.hypot(beside * 3, y - top)
}

const FIRST_MOVE = 4

export function useDrag(): Dragging {
  const { doc, drop } = useWork()
  const [id, setId] = useState<string>()
  const [over, setOver] = useState<string>()
  const blocks = useRef(doc.blocks)
  blocks.current = doc.blocks

  const start = (event: PointerEvent<HTMLElement>, moved: string) => {
    if (event.button !== 0) return
    const handle = event.currentTarget
    const from = event.clientY
    let to: string | undefined
    let going = false
    handle.setPointerCapture(event.pointerId)
    const onMove = ({ clientX, clientY }: globalThis.PointerEvent) => {
      if (!going && Math.abs(clientY - from) < FIRST_MOVE) return
      going = true
      setId(moved)
      const slots = [...document.querySelectorAll<HTMLElement>('[data-slot]')]
        .filter(({ dataset }) => fits(blocks.current, moved, placeOf(dataset.slot ?? '')))
        .map((slot) => [far(slot.getBoundingClientRect(), clientX, clientY), slot] as const)
      to = slots.sort(([a], [b]) => a - b)[0]?.[1].dataset.slot
      setOver(to)
    }
    const end = () => {
      handle.removeEventListener('pointermove', onMove)
      handle.removeEventListener('pointerup', onUp)
      handle.removeEventListener('pointercancel', end)
      setId(undefined)
      setOver(undefined)
    }
    const onUp = () => {
      end()
      if (going && to !== undefined) drop(moved, placeOf(to))
    }
    handle.addEventListener('pointermove', onMove)
    handle.addEventListener('pointerup', onUp)
    handle.addEventListener('pointercancel', end)
  }
  return { id, over, start }
}
