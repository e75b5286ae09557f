// A picture of each page in both themes, wide and narrow: empty, full, while it
// loads, and when the server fails. A page without a picture fails.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { base, check, open, settled } from './browser.mjs'
import { pages } from './pages.mjs'

const made = JSON.parse(process.env.GODWIT_MADE)
const dir = 'build/shots'
const only = process.env.GODWIT_SHOTS
const table = pages(made).filter(([name]) => !only || new RegExp(only).test(name))
const themes = ['light', 'dark']
const widths = [1440, 390]
const file = (name, theme, width, state) => `${dir}/${name}-${theme}-${width}-${state}.png`

if (!only) rmSync(dir, { recursive: true, force: true })
mkdirSync(dir, { recursive: true })
const { context, page } = await open(1440, 900)
const [name, value] = process.env.GODWIT_COOKIE.split('=')
await context.addCookies([{ name, value, url: base, httpOnly: true, sameSite: 'Lax' }])

/** Who is there, and in which workspace, is always told. */
const frame = /\/api\/v1\/(me|workspaces\/[^/]+|live)(\?|$)/
const ways = {
  full: null,
  empty: null,
  // never answered: the next page ends it
  loading: () => {},
  error: (route) =>
    route.fulfill({
      status: 500,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank#internal', title: 'Internal error', status: 500,
        detail: 'something went wrong here; the log of the server has more', request_id: '4f6c1d2e' }),
    }),
}

async function take(name, path, state, workspace) {
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  const way = ways[state]
  if (way) await page.route('**/api/v1/**', (route) => (frame.test(route.request().url()) ? route.fallback() : way(route)))
  await page.goto(`${base}/app/${workspace}/${path}`)
  if (state === 'loading') {
    await page.locator('h1').first().waitFor()
  } else if (state === 'error') {
    await page.locator('h1, [role=alert]').first().waitFor()
    // it is asked three times before it is said
    await page.locator('[role=alert]').first().waitFor({ timeout: 6000 }).catch(() => {})
  } else {
    await settled(page)
    await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => {})
  }
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 })
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await page.waitForFunction((dark) => document.documentElement.classList.contains('dark') === dark, theme === 'dark')
      // of a long table only the rows in sight are there
      const long = await page.locator('tbody tr[aria-hidden]').count()
      await page.screenshot({ path: file(name, theme, width, state), fullPage: long === 0 })
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
}

for (const [name, full, empty] of table)
  for (const state of Object.keys(ways))
    if (state === 'empty') await take(name, empty ?? full, state, empty ? 'ws_3' : 'ws_2')
    else await take(name, full, state, 'ws_1')
await context.close()

// ---- none is missing: each path of the map is that of a page in the table
const map = readFileSync('html/src/app/routes.tsx', 'utf8')
const sub = (path) => path.replace(/^\//, '').replace(/\?.*/, '')
const taken = pages(Object.fromEntries(Object.keys(made).map((key) => [key, '$id']))).map(([, path]) => sub(path))
const paths = [...map.matchAll(/\b(page|setting)\('([^']*)'/g)].map(([, kind, path]) =>
  sub(kind === 'setting' ? `settings/${sub(path)}`.replace(/\/$/, '') : path))
for (const path of new Set(paths)) check(taken.includes(path), `/${path} has a line in pages.mjs`)
for (const [name] of table)
  for (const theme of themes)
    for (const width of widths)
      for (const state of Object.keys(ways)) {
        const at = file(name, theme, width, state)
        check(existsSync(at) && statSync(at).size > 2000, at, 'it is missing')
      }
