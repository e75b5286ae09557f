import './styles/app.css'
import { type ReactNode, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app'
import { direction, pageWords, setLanguage, wanted } from './lib/i18n'
import { taste } from './lib/taste'

const language = wanted(taste().locale, navigator.languages)
await setLanguage(language)
document.documentElement.lang = language
document.documentElement.dir = direction(language)

// after an upgrade an open page may ask for a part that is gone
addEventListener('vite:preloadError', () => {
  const key = 'godwit-reloaded'
  if (sessionStorage.getItem(key)) return
  sessionStorage.setItem(key, '1')
  location.reload()
})

const root = document.getElementById('root')
if (!root) throw new Error('the page has no root')
const render = (page: ReactNode) => createRoot(root).render(<StrictMode>{page}</StrictMode>)

const [place = ''] = location.pathname.slice('/app/'.length).split('/')
if (['sign-in', 'invitation', 'password'].includes(place)) {
  await pageWords()
  const { Gate } = await import('./features/session/gate')
  render(<Gate place={place} />)
} else {
  render(<App />)
}
