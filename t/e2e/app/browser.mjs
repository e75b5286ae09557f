// A browser that notes whatever is wrong: words in the console, what the policy
// refuses, requests that fail or leave the house, faults of accessibility.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const html = createRequire(new URL('../../../html/package.json', import.meta.url))
const { chromium } = html('playwright-core')
const axe = readFileSync(html.resolve('axe-core/axe.min.js'), 'utf8')

export const base = process.env.GODWIT_URL
export const check = (good, what, why = '') =>
  console.log(`${good ? '' : 'not '}ok - ${what}${good ? '' : ` -- ${String(why).replace(/\s+/g, ' ')}`}`)

/** name: another person has a browser of his own. */
export async function open(width, height, name = '') {
  const context = await chromium.launchPersistentContext(process.env.GODWIT_PROFILE + name, {
    executablePath: process.env.CHROMIUM,
    viewport: { width, height },
    locale: 'en-GB',
    // colours are judged when they are there, not on their way
    reducedMotion: 'reduce',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  context.setDefaultTimeout(10_000)
  const page = context.pages()[0] ?? (await context.newPage())
  const wrong = []
  const expected = new Set()
  watch(page, wrong, expected)
  return { context, page, wrong, expected }
}

/** expected: statuses that are wanted, such as the 401 of a wrong password. */
function watch(page, wrong, expected) {
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`))
  page.on('console', (message) => {
    const text = message.text()
    if (message.type() === 'error' && ![...expected].some((status) => text.includes(`status of ${status}`)))
      wrong.push(`console: ${text}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(base) && !/^(blob|data):/.test(url)) wrong.push(`elsewhere: ${url}`)
  })
  page.on('requestfailed', (request) => {
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') wrong.push(`failed: ${request.url()}`)
  })
}

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds, in a line each; of another theme only the colours differ. */
export async function faults(page, runOnly = tags) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { runOnly, resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 2).map((n) => `${n.html.slice(0, 120)} ${n.any[0]?.message ?? ''}`).join(' | ')}`)
  }, runOnly)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  if (wide > 0) found.push(`${wide} px wider than the window`)
  return found
}

/** What the API is asked from now on; the live connection is no question. */
function asked(page) {
  const paths = []
  const note = (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/') && pathname !== '/api/v1/live') paths.push(pathname)
  }
  page.on('request', note)
  return { paths, end: () => page.off('request', note) }
}

/** So often at most is the API asked for a page. From outside: inside the app it is known who is there. */
const CALLS = 3

/** From place to place by the links at the side, beginning with nothing known. */
export async function around(page) {
  await page.goto(`${base}/app/ws_1/nothing`)
  const places = page.getByRole('navigation', { name: 'Main' }).getByRole('listitem').getByRole('link')
  for (const place of await places.all()) {
    const name = await place.innerText()
    const { paths, end } = asked(page)
    await place.click()
    await page.waitForFunction((name) => document.title.startsWith(name), name)
    await settled(page)
    end()
    check(paths.length <= CALLS, `${name} asks ${CALLS} times at most inside the app`, paths.join(' '))
  }
}

/** Each page in both themes, wide and narrow: a check of each; also: what else is looked at there. */
export async function everywhere(page, routes, also) {
  for (const route of routes) {
    const { paths, end } = asked(page)
    await page.goto(`${base}/app/ws_1/${route}`)
    await settled(page)
    const all = []
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 })
      if (width === 1440 && (await page.getByRole('button', { name: /^You: / }).count()) !== 1)
        all.push('no way out')
      for (const [colorScheme, rules] of [['dark', ['color-contrast']], ['light']]) {
        await page.emulateMedia({ colorScheme })
        await page.waitForFunction((to) => document.documentElement.classList.contains('dark') === (to === 'dark'), colorScheme)
        all.push(...(await faults(page, rules)).map((fault) => `${width} ${colorScheme}: ${fault}`))
        // by now it has asked what it asks, and does not ask again yet
        end()
      }
    }
    check(paths.length <= CALLS, `/${route} asks ${CALLS} times at most`, paths.join(' '))
    check(all.length === 0, `/${route} is for everybody`, all.slice(0, 3).join(' ;; '))
    await also?.(route)
  }
}

/** With a key, as a program. */
export async function api(method, path, body) {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${process.env.GODWIT_KEY}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  return answer.json()
}

/** Where it stood says more than which line it was. */
export function lastWords(page, wrong, name) {
  process.on('uncaughtException', async (error) => {
    const text = await page.locator('body').innerText().catch(() => '')
    check(false, 'every step', `${error.message} ;; ${page.url()} ;; ${text.slice(0, 1500)}`)
    check(wrong.length === 0, 'nothing went wrong', wrong.slice(0, 4).join(' ;; '))
    await page.screenshot({ path: `build/${name}.png` }).catch(() => {})
    process.exit(1)
  })
}

export async function settled(page) {
  await page.locator('h1').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('.skeleton'))
}
