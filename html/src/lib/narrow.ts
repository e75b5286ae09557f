import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

/** What a page is narrowed to stands in its address; this changes a part of it. */
export function useNarrow(): (change: Record<string, string | undefined>) => void {
  const navigate = useNavigate()
  return useCallback(
    (change) => void navigate({ to: '.', search: (old) => ({ ...old, ...change }), replace: true }),
    [navigate],
  )
}
