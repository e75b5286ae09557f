/** The answer to a code: a right one is done, a wrong one is no error of HTTP. */
import { t } from './i18n'
import { Refused } from './problem'

export function judged(answer: object): void {
  if ((answer as { state?: string }).state !== 'done') throw new Refused(t('signin.wrongCode'))
}
