import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useCan } from '@/lib/session'
import { buttonClass } from './button'

type Props = {
  to: '/campaigns/new' | '/segments/new' | '/templates/new'
  needs: string
  label: string
}

/** Where something new is made, for who may. */
export function NewLink({ to, needs, label }: Props) {
  const can = useCan()
  if (!can(needs)) return null
  return (
    <Link to={to} className={buttonClass('primary')}>
      <Plus size={15} aria-hidden />
      {label}
    </Link>
  )
}
