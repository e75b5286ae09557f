import { Link } from '@tanstack/react-router'
import { t } from '@/lib/i18n'
import { buttonClass } from '@/ui/button'
import { Page } from '@/ui/page'
import { Empty } from '@/ui/states'

export function Missing() {
  return (
    <Page title={t('missing.title')}>
      <Empty
        title={t('missing.text')}
        action={
          <Link to="/" className={buttonClass()}>
            {t('missing.back')}
          </Link>
        }
      />
    </Page>
  )
}
