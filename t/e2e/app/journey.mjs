// From the door to a campaign that was watched; then every page, seen by axe.
import { createHmac } from 'node:crypto'
import { base, check, faults, open, settled } from './browser.mjs'
import { budget } from './budget.mjs'

const { js, css, pages } = budget()
check(js <= 135, 'the entry has 135 KB at most', `${js}`)
check(css <= 10, 'and 10 KB of style', `${css}`)
for (const [name, size] of pages) check(size <= 90, `${name} adds 90 KB at most`, `${size}`)

const { context, page, wrong, expected } = await open(1440, 900)
const api = async (method, path, body) => {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${process.env.GODWIT_KEY}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  return answer.json()
}
/** What an authenticator shows, some steps from now (RFC 6238). */
function totp(secret, later) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
const button = (name) => page.getByRole('button', { name, exact: true })

// where it stood says more than which line it was
process.on('uncaughtException', async (error) => {
  const text = await page.locator('body').innerText().catch(() => '')
  check(false, 'every step', `${error.message} ;; ${page.url()} ;; ${text.slice(0, 1500)}`)
  check(wrong.length === 0, 'nothing went wrong', wrong.slice(0, 4).join(' ;; '))
  await page.screenshot({ path: 'build/app-e2e.png' }).catch(() => {})
  process.exit(1)
})

// ---- the first owner comes in by a link, and takes a second factor
for (const status of [401, 403, 404, 422]) expected.add(status)
await page.goto(process.env.GODWIT_LINK)
await page.getByLabel('E-mail address').fill('ann@example.com')
await page.getByLabel('Your name').fill('Ann')
await page.getByLabel('New password').fill('12345678')
check(!page.url().includes('#'), 'what the link has behind its # is not shown')
await button('Accept').click()
await page.getByLabel('New password').and(page.locator('[aria-invalid=true]')).waitFor()
await page.getByLabel('New password').fill('seven grey herons fly')
await button('Accept').click()
await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor()
check(new URL(page.url()).pathname === '/app/ws_1/', 'the first owner is in', page.url())
await page.goto(`${base}/app/ws_1/settings`)
await button('Set up an authenticator').click()
await page.getByLabel('Your password').fill('seven grey herons fly')
await button('Continue').click()
const uri = new URL(await page.getByRole('link', { name: 'Open the authenticator' }).getAttribute('href'))
const code = (later) => totp(uri.searchParams.get('secret'), later)
await page.getByLabel('Code', { exact: true }).fill(code(0))
await button('Ask for it from now on').click()
await page.getByText('A code is asked for').waitFor()
await button('You: Ann').click()
await page.getByRole('menuitem', { name: 'Sign out' }).click()
await page.getByRole('heading', { name: 'Sign in' }).waitFor()

// ---- the door
await page.goto(`${base}/app/ws_1/contacts`)
await page.getByRole('heading', { name: 'Sign in' }).waitFor()
check(page.url().endsWith('/app/sign-in?to=%2Fapp%2Fws_1%2Fcontacts'), 'who is not in signs in', page.url())
const door = await faults(page)
check(door.length === 0, 'the door is for everybody', door)
await page.getByLabel('E-mail address').fill('ann@example.com')
await page.getByLabel('Password').fill('wrong')
await button('Sign in').click()
await page.getByRole('alert').getByText('password').waitFor()
await page.getByLabel('Password').fill('seven grey herons fly')
await button('Sign in').click()
await page.getByLabel('Code', { exact: true }).fill('000000')
await button('Continue').click()
await page.getByText('The code is wrong').waitFor()
await page.getByLabel('Code', { exact: true }).fill(code(1))
await button('Continue').click()
await page.getByRole('heading', { name: 'Contacts', level: 1 }).waitFor()
check(page.url().endsWith('/app/ws_1/contacts'), 'and is where he wanted to go', page.url())
await page.getByRole('status').getByText('Live').first().waitFor()
check(true, 'what happens is heard')

// ---- contacts come in, by keys and a file
await page.keyboard.press('g')
await page.keyboard.press('o')
await page.getByRole('heading', { name: 'Imports', level: 1 }).waitFor()
await button('Import contacts').first().click()
await page.getByLabel('Choose a CSV file').setInputFiles(process.env.GODWIT_CSV)
await page.getByLabel('Where E-mail goes').waitFor()
check((await page.getByLabel('Where Vorname goes').inputValue()) === 'first_name', 'columns find their fields')
let found = await faults(page)
check(found.length === 0, 'the dialog is for everybody', found)
await button('Begin import').click()
await page.getByRole('dialog').getByText('Finished').waitFor()
const refused = page.getByRole('dialog').locator('dt:text-is("Refused") + dd')
await page.waitForFunction((dd) => dd.textContent === '1', await refused.elementHandle())
check(true, 'a row was refused, and it is said')
await page.getByRole('link', { name: 'See contacts' }).click()
await page.getByText('300 contacts').waitFor()
for (let n = 0; n < 50 && !(await page.getByText('p1@example.com').count()); n++) {
  await page.keyboard.press('End')
  await page.waitForTimeout(50)
}
check(await page.getByText('p1@example.com').first().isVisible(), 'the end of a list is reached')
const rows = await page.locator('tbody tr').count()
check(rows <= 60, 'of 300 rows those in sight are there', rows)
await page.keyboard.press('/')
await page.keyboard.type('p77@')
await page.getByText('1 contact', { exact: true }).waitFor()
check(page.url().includes('q=p77'), 'what is searched for stands in the address', page.url())

// ---- a campaign starts, and its numbers move by themselves
const list = (await api('GET', '/lists')).items[0].id
const { id } = await api('POST', '/campaigns', {
  name: 'Spring letter', list_id: list, rate: 100, from: 'Shop <shop@example.com>', subject: 'Hi',
  html: '<p><a href="https://example.com/">Look</a> {{ unsubscribe_url }}</p>',
})
await page.goto(`${base}/app/ws_1/campaigns/${id}`)
await button('Start').click()
await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
const bar = page.getByRole('progressbar', { name: 'Sending' })
const done = () => bar.getAttribute('aria-valuenow').then(Number)
await bar.waitFor()
while ((await done()) === 0) await page.waitForTimeout(20)
await page.keyboard.press('p')
await page.getByText('Paused by a person').waitFor()
const at = await done()
check(at > 0 && at < 300, 'it moves, and a key pauses it', at)
found = await faults(page)
check(found.length === 0, 'a paused campaign is for everybody', found)
await button('Resume').click()
await page.getByText('Finished', { exact: true }).waitFor()
await page.waitForFunction((b) => b.getAttribute('aria-valuenow') === '300', await bar.elementHandle())
check(true, 'and it ends before our eyes')
await button('Recipients').click()
await page.getByLabel('Address').fill('p7@example.com')
await button('Why?').click()
await page.getByRole('dialog').getByText('Sent').waitFor()
check(true, 'why somebody got it is told')
await page.keyboard.press('Escape')

// ---- what is written outlives a reload; who marks a text closes no dialog
await page.goto(`${base}/app/ws_1/campaigns/new`)
await page.getByLabel('Name', { exact: true }).fill('Autumn letter')
await page.reload()
await page.getByRole('heading', { name: 'New campaign' }).waitFor()
check((await page.getByLabel('Name', { exact: true }).inputValue()) === 'Autumn letter', 'a draft is kept')
await page.goto(`${base}/app/ws_1/lists`)
await button('New list').click()
await page.getByRole('dialog').getByLabel('Name').hover()
await page.mouse.down()
await page.mouse.move(5, 5)
await page.mouse.up()
check(await page.getByRole('dialog').isVisible(), 'a dialog stays while a text is marked')
await page.mouse.click(5, 5)
check(!(await page.getByRole('dialog').isVisible()), 'a click beside it closes it')

// ---- a segment is built; the server says what is wrong, where it is wrong
await page.goto(`${base}/app/ws_1/segments`)
await page.getByRole('link', { name: 'One in ten' }).click()
await page.getByLabel('Name', { exact: true }).fill('Seventh')
await page.getByLabel('Kind of condition').first().selectOption('attribute')
await page.getByLabel('Name of the field').fill('plan')
await page.getByLabel('Value', { exact: true }).fill('gold')
await page.getByLabel('From percent').fill('50')
await button('Make the segment').click()
const last = page.getByRole('group', { name: 'Condition', exact: true }).last()
await last.getByRole('alert').waitFor()
found = await faults(page)
check(found.length === 0, 'a refused segment is for everybody', found)
await last.getByLabel('Kind of condition').selectOption('field')
await last.getByLabel('Value', { exact: true }).fill('p7@example.com')
await page.getByText('1 contact', { exact: true }).waitFor()
check(true, 'how many there are is seen while it is built')
await button('Make the segment').click()
await page.getByRole('heading', { name: 'Seventh', level: 1 }).waitFor()
await page.getByRole('link', { name: 'p7@example.com' }).waitFor()
await page.getByLabel('Why is somebody').fill('p8@')
await button('p8@example.com').click()
await page.getByRole('dialog').getByText('does not hold').waitFor()
check(true, 'who is in it, and why somebody is not')
const segment = new URL(page.url()).pathname.split('/').at(-1)
await page.keyboard.press('Escape')

// ---- a template is written, seen as somebody gets it, and published
const away = 'https://pictures.example.com/'
await page.goto(`${base}/app/ws_1/templates/new`)
await page.getByLabel('Name', { exact: true }).fill('Letter')
await page.getByLabel('Subject', { exact: true }).fill('Hi {{ contact.first_name }}')
const source = page.getByLabel('HTML, with Liquid')
await source.fill('<p>one</p>\n{{ x | nofilter }}')
await button('Go to line 2').click()
check(await source.evaluate((s) => s.value.slice(s.selectionStart, s.selectionEnd)) === '{{ x | nofilter }}',
  'a line that is wrong is gone to')
await source.fill(`<p>Dear {{ contact.first_name }}</p>
<script>document.body.textContent = "bad"</script><link rel="stylesheet" href="${away}a.css">
<img src="${away}a.png" style="background: url(${away}b.png)"><a href="http://localhost/">x</a>`)
await page.getByLabel('See it as a contact').fill('p7@')
await button('p7@example.com').click()
await page.frameLocator('iframe').getByText('Dear P7').waitFor()
await page.getByText('Hi P7').waitFor()
check(true, 'it is seen as a contact gets it, and fetches nothing')
await button('Make the template').click()
await button('Publish version 1').click()
await page.getByText('Version 1 is live').waitFor()
await page.getByLabel('Subject', { exact: true }).fill('Hello {{ contact.first_name }}')
await button('Save the version').click()
await button('Publish version 2').waitFor()
await button('Send a test').click()
await page.getByRole('dialog').getByRole('button', { name: 'Send a test' }).click()
await page.getByText('The test is on its way to ann@example.com').waitFor()
await button('Versions').click()
await button('Changes').first().click()
await page.getByText('Hi {{ contact.first_name }}').waitFor()
check(true, 'it has versions, and what they changed')
const letter = new URL(page.url()).pathname.split('/').at(-1)

// ---- everything by keyboard: the palette
await page.keyboard.press('Control+k')
await page.getByPlaceholder('Go to, or search').fill('p77')
await page.getByRole('option', { name: /P77/ }).waitFor()
found = await faults(page)
check(found.length === 0, 'the palette is for everybody', found)
await page.keyboard.press('Enter')
await page.getByRole('heading', { name: 'P77', level: 1 }).waitFor()
check(await page.evaluate(() => document.activeElement?.id === 'main'), 'the next page has the focus')
const contact = new URL(page.url()).pathname.split('/').at(-1)

// ---- every page, in both themes, wide and narrow
await api('POST', '/suppressions', { email: 'gone@example.com' })
await api('POST', '/webhooks', { url: 'https://hooks.example.com/x', events: ['contact.created'] })
const routes = [
  '', 'contacts', `contacts/${contact}`, 'campaigns', `campaigns/${id}`, `campaigns/${id}?tab=recipients`,
  `campaigns/${id}?tab=content`, 'campaigns/new', 'segments', 'segments/new',
  `segments/${segment}`, `segments/${segment}/edit`, 'templates', 'templates/new',
  `templates/${letter}`, `templates/${letter}?tab=versions`, 'lists', 'suppressions', 'imports', 'settings', 'settings/members', 'settings/keys', 'settings/webhooks', 'nothing',
]
for (const route of routes) {
  await page.goto(`${base}/app/ws_1/${route}`)
  await settled(page)
  const all = []
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 })
    for (const [colorScheme, rules] of [['dark', ['color-contrast']], ['light']]) {
      await page.emulateMedia({ colorScheme })
      await page.waitForFunction((to) => document.documentElement.classList.contains('dark') === (to === 'dark'), colorScheme)
      all.push(...(await faults(page, rules)).map((fault) => `${width} ${colorScheme}: ${fault}`))
    }
  }
  check(all.length === 0, `/${route} is for everybody`, all.slice(0, 3).join(' ;; '))
}

// ---- another language; somebody who may only look
await page.setViewportSize({ width: 1440, height: 900 })
await page.goto(`${base}/app/ws_1/campaigns/${id}`)
await page.getByRole('button', { name: 'You: ' }).click()
await page.getByRole('menuitemradio', { name: 'Deutsch' }).click()
await page.getByRole('button', { name: 'Übersicht' }).waitFor()
check((await page.evaluate(() => document.documentElement.lang)) === 'de', 'it speaks German')
await page.getByRole('button', { name: 'Sie: ' }).click()
await page.getByRole('menuitem', { name: 'Abmelden' }).click()
await page.getByLabel('E-Mail-Adresse').fill('vic@example.com')
await page.getByLabel('Passwort').fill('forty two white geese')
await page.getByRole('button', { name: 'Anmelden' }).click()
await page.getByRole('heading', { level: 1, name: 'Start' }).waitFor()
await page.goto(`${base}/app/ws_1/campaigns/${id}`)
await settled(page)
const may = await page.getByRole('button', { name: 'Duplizieren' }).count()
check(may === 0, 'who may only look sees no button that he may not press', may)

check(wrong.length === 0, 'nothing went wrong, and nothing left the house', wrong.slice(0, 4).join(' ;; '))
await context.close()
