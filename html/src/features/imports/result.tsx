import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { unwrap } from '@/lib/api'
import { api, workspaceId } from '@/lib/client'
import { number, percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { capital } from '@/lib/problem'
import { saveAs } from '@/lib/save'
import { Badge } from '@/ui/badge'
import { Button, buttonClass } from '@/ui/button'
import { Dialog, DialogActions } from '@/ui/dialog'
import { Numbers } from '@/ui/numbers'
import { Progress } from '@/ui/progress'
import { Loaded } from '@/ui/states'
import { type Import, isOver, oneImport, progress, tones } from './queries'

/** How far an import is, and what became of its rows. */
export function ImportDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(oneImport(id))
  return (
    <Dialog title={query.data?.source.split('/').at(-1) ?? t('nav.imports')} onClose={onClose}>
      <Loaded query={query}>{(data) => <Result row={data} onClose={onClose} />}</Loaded>
    </Dialog>
  )
}

function Result({ row, onClose }: { row: Import; onClose: () => void }) {
  const far = useQuery(progress(row.id)).data
  const over = isOver(row.state)
  const total = far?.total ?? 0
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center gap-3">
        <Badge tone={tones[row.state]} label={word('importState', row.state)} pulse={!over} />
        {!over && total > 0 && (
          <span className="tabular-nums">{percent(far?.done ?? 0, total)}</span>
        )}
      </div>
      {!over && (
        <Progress
          label={t('imports.progress')}
          whole={Math.max(total, 1)}
          parts={[{ value: far?.done ?? 0, tone: 'ok', label: 'done' }]}
        />
      )}
      {row.error && (
        <p role="alert" className="text-bad">
          {capital(row.error)}
        </p>
      )}
      <Numbers
        figures={[
          { label: t('imports.rows'), value: number(row.rows) },
          { label: t('imports.created'), value: number(row.created) },
          { label: t('imports.updated'), value: number(row.updated) },
          { label: t('imports.rejected'), value: number(row.rejected) },
        ]}
      />
      {row.rejected > 0 && <p className="text-ink-2">{t('imports.rejectsHelp')}</p>}
      <DialogActions>
        {row.rejected > 0 && <Rejects row={row} />}
        <Link to="/contacts" className={buttonClass('primary')} onClick={onClose}>
          {t('imports.see')}
        </Link>
      </DialogActions>
    </div>
  )
}

/** The refused rows as a file; a link could not name the workspace. */
function Rejects({ row }: { row: Import }) {
  const save = useMutation({
    mutationFn: async () => {
      const text = await unwrap(
        api.GET('/api/v1/imports/{id}/rejects', {
          params: { path: { id: row.id } },
          parseAs: 'blob',
        }),
      )
      saveAs(text as unknown as Blob, `rejects-${workspaceId}-${row.id}.csv`)
    },
  })
  return (
    <Button busy={save.isPending} onClick={() => save.mutate()}>
      {t('imports.rejects')}
    </Button>
  )
}
