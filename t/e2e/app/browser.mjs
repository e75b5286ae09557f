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

export async function open(width, height) {
  const context = await chromium.launchPersistentContext(process.env.GODWIT_PROFILE, {
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

export async function settled(page) {
  await page.locator('h1').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('.skeleton'))
}
