// A table of ROWS contacts in a browser, measured; one JSON line.
import { base, open } from '../e2e/app/browser.mjs'

const rows = Number(process.env.ROWS)
const { context, page } = await open(1440, 900)
const [name, value] = process.env.GODWIT_COOKIE.split('=')
await context.addCookies([{ name, value, url: base, httpOnly: true, sameSite: 'Lax' }])
const link = (n) => page.getByRole('link', { name: `M${n}`, exact: true })

/** Milliseconds until somebody is to be seen. */
async function until(act, who) {
  const from = performance.now()
  await act()
  await who.first().waitFor({ timeout: 30_000 })
  return Math.round(performance.now() - from)
}

await page.goto(`${base}/app/ws_1/`)
await page.getByRole('heading', { level: 1 }).waitFor()
const said = {}
said.first_ms = await until(() => page.getByRole('link', { name: 'Contacts', exact: true }).click(), link(rows))
said.last_ms = await until(() => page.keyboard.press('End'), link(1))
said.middle_ms = await until(() => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2)),
  page.locator('tbody').getByRole('link'))
await page.keyboard.press('Home')
await link(rows).waitFor()
// two seconds of scrolling, 400 pixels a frame
const frames = await page.evaluate(() => new Promise((done) => {
  const times = []
  let most = 0
  const step = (now) => {
    times.push(now)
    most = Math.max(most, document.querySelectorAll('tbody tr').length)
    scrollBy(0, 400)
    if (now - times[0] < 2000) requestAnimationFrame(step)
    else done({ times, most })
  }
  requestAnimationFrame(step)
}))
const gaps = frames.times.slice(1).map((at, n) => at - frames.times[n]).sort((a, b) => a - b)
said.rows = frames.most
said.frames_a_second = Math.round(gaps.length / (gaps.reduce((sum, gap) => sum + gap, 0) / 1000))
said.worst_frame_ms = Math.round(gaps.at(-1))
// of 60 in a second
said.missing_frames = Math.max(0, 60 - said.frames_a_second)
console.log(JSON.stringify(said))
await context.close()
