// Two people and a bad day: the same edited twice, a session that has ended,
// nginx reloaded, no network, and somebody who may only look.
import { api, base, check, everywhere, faults, lastWords, open, settled } from './browser.mjs'

const { context, page, wrong, expected } = await open(1440, 900)
const ben = await open(1440, 900, '-ben')
for (const status of [401, 403, 412]) expected.add(status)
lastWords(page, wrong, 'app-people')

async function enter(page, email, password, to) {
  await page.goto(`${base}/app/ws_1/${to}`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}
const list = (await api('GET', '/lists')).items[0].id
const draft = (name) =>
  api('POST', '/campaigns', {
    name, list_id: list, from: 'Books <hello@books.test>', subject: 'Hi',
    html: '<p><a href="https://example.com/">Look</a> {{ unsubscribe_url }}</p>',
  })
const { id } = await draft('Spring')

// ---- two write the same letter
const content = `campaigns/${id}?tab=content`
ben.expected.add(401)
await enter(page, 'ann@example.com', 'seven grey herons fly', content)
await enter(ben.page, 'ben@example.com', 'forty two white geese', content)
for (const who of [page, ben.page]) await who.getByRole('button', { name: 'Save', exact: true }).waitFor()
await ben.page.getByLabel('Subject').fill('From Ben')
await page.getByLabel('Subject').fill('From Ann')
await ben.page.getByRole('button', { name: 'Save', exact: true }).click()
await ben.page.getByText('Spring is saved').waitFor()
await page.getByRole('button', { name: 'Save', exact: true }).click()
const both = page.getByRole('alert', { name: 'Somebody else has changed this meanwhile' })
await both.getByText('From Ben').waitFor()
check(await both.getByText('From Ann').isVisible(), 'who was slower sees both versions')
let found = await faults(page)
check(found.length === 0, 'a conflict is for everybody', found)
await both.getByRole('button', { name: 'Save mine' }).click()
await page.getByText('Spring is saved').waitFor()
check((await api('GET', `/campaigns/${id}`)).subject === 'From Ann', 'and says whose it is to be')
await ben.page.getByLabel('Subject').fill('Ben again')
await ben.page.getByRole('button', { name: 'Save', exact: true }).click()
await ben.page.getByRole('button', { name: 'Take theirs' }).click()
check((await ben.page.getByLabel('Subject').inputValue()) === 'From Ann', 'or takes what is there')
await ben.context.close()
await page.getByLabel('Subject').fill('Ann again')
await page.waitForFunction(() => Object.values(localStorage).some((text) => text.includes('Ann again')))
await api('PATCH', `/campaigns/${id}`, { subject: 'From Cid', from: 'Cid <hello@books.test>' })
await page.reload()
await both.getByText('From Cid').waitFor()
check(await both.getByText('Ann again').isVisible(), 'so does who comes back to what he wrote')
check((await page.getByLabel('From').inputValue()).startsWith('Cid'), 'and what he has not written is as it is now')
await both.getByRole('button', { name: 'Take theirs' }).click()
const segment = await api('POST', '/segments', { name: 'Readers', predicate: { field: 'email', op: 'is', value: 'bea@example.com' } })
await page.goto(`${base}/app/ws_1/segments/${segment.id}/edit`)
await page.getByLabel('Name', { exact: true }).fill('Mine')
await api('PATCH', `/segments/${segment.id}`, { name: 'Theirs' })
await page.getByRole('button', { name: 'Save', exact: true }).click()
await both.getByText('Theirs', { exact: true }).last().waitFor()
await both.getByRole('button', { name: 'Save mine' }).click()
await page.getByRole('heading', { name: 'Mine', level: 1 }).waitFor()
check(true, 'so with a segment')

// ---- a webhook, a key and an experiment are edited by two
async function twice(what, path, at, theirs, field, mine, open) {
  await page.goto(`${base}/app/ws_1/${path}`)
  await open?.()
  await page.getByLabel(field, { exact: true }).fill(mine)
  await api('PATCH', at, theirs)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await both.getByText(mine).waitFor()
  await both.getByRole('button', { name: 'Save mine' }).click()
  await page.getByText(`The ${what} is saved`).waitFor()
}
const edit = () => page.getByRole('button', { name: 'Edit', exact: true }).first().click()
const hook = await api('POST', '/webhooks', { url: 'https://hooks.example.com/a', events: ['contact.created', 'list.created'] })
await twice('webhook', 'settings/webhooks', `/webhooks/${hook.id}`, { description: 'Of Ben' }, 'Description', 'Of Ann', edit)
await page.getByText('Of Ann').waitFor()
const key = await api('POST', '/keys', { name: 'CRM', scopes: ['contacts:read'] })
await twice('key', 'settings/keys', `/keys/${key.id}`, { name: 'Shop' }, 'Name', 'Post', edit)
check((await api('GET', `/keys/${key.id}`)).name === 'Post', 'so with a key and a webhook')
const variants = (subject) => ({ experiment: { variants: [{ name: 'A', weight: 1 }, { name: 'B', weight: 1, subject }], test: 20, hold_out: 0, metric: 'clicks', rule: 'fixed', least: 500, hours: 24 } })
const split = (await draft('Split')).id
await api('PATCH', `/campaigns/${split}`, variants('One'))
await twice('experiment', `campaigns/${split}?tab=experiment`, `/campaigns/${split}`, variants('Two'), 'Subject', 'Three')
check((await api('GET', `/campaigns/${split}`)).experiment.variants[1].subject === 'Three', 'and with an experiment')

// ---- a campaign for webhooks has no sender, and nobody opens it
const tell = await api('POST', '/templates', { name: 'Tell', channel: 'webhook', content: { webhook: hook.id, url: 'https://hooks.example.com/c', body: { n: 1 } } })
await api('POST', `/templates/${tell.id}/versions/1/publish`)
await page.goto(`${base}/app/ws_1/campaigns/new`)
await page.getByLabel('Name', { exact: true }).fill('Told')
await page.getByLabel('List', { exact: true }).selectOption(list)
await page.getByLabel('From').waitFor()
await page.getByLabel('Template', { exact: true }).selectOption(tell.id)
await page.getByLabel('From').waitFor({ state: 'detached' })
await page.getByRole('button', { name: 'Make the draft' }).click()
await page.getByRole('heading', { name: 'Told', level: 1 }).waitFor()
await page.goto(`${base}/app/ws_1/campaigns`)
await page.getByRole('row').filter({ hasText: 'Told' }).getByText('Webhook').waitFor()
check(true, 'a campaign for webhooks is made without a sender, and is seen to be one')

// ---- a table of twenty thousand, of which those in sight are there
let read = 0
const counting = (request) => { if (request.url().includes('/contacts?')) read++ }
page.on('request', counting)
await page.goto(`${base}/app/ws_2/contacts`)
const somebody = (n) => page.getByRole('link', { name: `M${n}`, exact: true })
const few = async () => (await page.locator('tbody tr').count()) <= 60
await somebody(20000).waitFor()
check(await few(), 'of twenty thousand those in sight are there')
await page.locator('body').press('End')
await somebody(1).waitFor()
check((await few()) && read <= 4, 'the end is reached at once', read)
await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2))
await page.getByRole('link', { name: /^M(9|10)\d\d\d$/ }).first().waitFor()
check((await few()) && read <= 7, 'so is the middle, by the mouse', read)
await page.locator('body').press('Home')
await somebody(20000).waitFor()
for (let n = 0; n < 40; n++) await page.keyboard.press('j')
check(await somebody(19961).isVisible(), 'and the next by a key')
await page.keyboard.press('Enter')
await page.getByRole('heading', { name: 'M19961', level: 1 }).waitFor()
await page.goBack()
await page.getByLabel('Order').selectOption('id')
await somebody(1).waitFor()
await page.getByLabel('Consent', { exact: true }).selectOption('granted')
await somebody(10).waitFor()
await page.locator('body').press('End')
await somebody(20000).waitFor()
await page.keyboard.press('/')
await page.keyboard.type('m777@')
await page.getByText('1 contact', { exact: true }).or(page.getByText('No contacts match')).waitFor()
check(true, 'in another order, filtered, searched')
page.off('request', counting)

// ---- nginx is reloaded while somebody looks: what happens is heard all the same
const row = (name) => page.getByRole('row').filter({ hasText: name })
const again = await draft('Reloaded')
const later = await draft('Offline')
await page.goto(`${base}/app/ws_1/campaigns`)
await row('Offline').getByText('Draft').waitFor()
await page.getByRole('status').getByText('Live').first().waitFor()
console.log('! reload')
await page.waitForFunction(() => fetch('/healthz').then(({ ok }) => ok))
await api('POST', `/campaigns/${again.id}/start`)
await row('Reloaded').getByText('Finished').waitFor()
check(true, 'a reload of nginx is not noticed')

// ---- no network: it is said, nothing is sent, and what was missed comes
const before = wrong.length
await context.setOffline(true)
await page.getByText('You are offline').waitFor()
await page.getByRole('status').getByText('Offline', { exact: true }).first().waitFor()
found = await faults(page)
check(found.length === 0, 'being offline is for everybody', found)
await api('POST', `/campaigns/${later.id}/start`)
await context.setOffline(false)
await row('Offline').getByText('Finished').waitFor()
await page.getByRole('status').getByText('Live').first().waitFor()
check((await page.getByText('You are offline').count()) === 0, 'offline and back')
wrong.splice(before)

// ---- a session ends while somebody writes: nothing is lost
await page.goto(`${base}/app/ws_1/campaigns/new`)
await page.getByLabel('Name', { exact: true }).fill('Half written')
await page.getByLabel('From').fill('Books <hello@books.test>')
await page.getByLabel('Subject').fill('Half')
await page.getByLabel('List', { exact: true }).selectOption(list)
await page.getByLabel('HTML source').fill('<p>{{ unsubscribe_url }}</p>')
await context.clearCookies()
await page.getByRole('button', { name: 'Make the draft' }).click()
await page.getByRole('heading', { name: 'Sign in' }).waitFor()
await page.getByLabel('E-mail address').fill('ann@example.com')
await page.getByLabel('Password').fill('seven grey herons fly')
await page.getByRole('button', { name: 'Sign in', exact: true }).click()
await page.getByRole('heading', { name: 'New campaign', level: 1 }).waitFor()
check((await page.getByLabel('Name', { exact: true }).inputValue()) === 'Half written', 'an ended session loses nothing')
await page.getByRole('button', { name: 'Make the draft' }).click()
await page.getByRole('heading', { name: 'Half written', level: 1 }).waitFor()

/** What the browser keeps when a button is pressed. */
async function saved(name) {
  const [file] = await Promise.all([
    page.waitForEvent('download'), page.getByRole('button', { name }).click()])
  let text = ''
  for await (const part of await file.createReadStream()) text += part
  return text
}

// ---- the audit, filtered and as a file
await page.goto(`${base}/app/ws_1/settings/audit?operation=campaigns_update&object=${id}`)
await page.getByRole('button', { name: 'campaigns_update' }).first().click()
await page.getByRole('dialog').getByText('From Ann').waitFor()
found = await faults(page)
check(found.length === 0, 'an entry of the audit is for everybody', found)
await page.keyboard.press('Escape')
const lines = (await saved('Save as CSV')).trim().split('\n')
check(lines.length > 1 && lines.slice(1).every((line) => line.includes('campaigns_update')), 'the file is what is shown', lines[1])

// ---- what is known of a person, and its end
await page.goto(`${base}/app/ws_1/settings/privacy`)
await page.getByLabel('Address, name or id').fill('cid@')
await page.getByRole('button', { name: 'cid@example.com' }).click()
check(JSON.parse(await saved('Save all that is known')).contact.email === 'cid@example.com', 'a person gets what is known of him')
await page.getByRole('button', { name: 'Erase' }).click()
await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click()
await page.getByRole('region', { name: 'Erasures' }).getByText('Done').waitFor()
check((await api('GET', '/contacts?email=cid@example.com')).items.length === 0, 'and is erased')
check(await page.evaluate(() => document.activeElement?.id === 'main'), 'who has erased somebody is on the page, not before it')

// ---- a provider of identities: listed it is at the door of its workspace, else for who followed its link
await api('POST', '/sso', { name: 'Company', issuer: 'https://id.example.com', client_id: 'godwit' })
const company = page.getByRole('link', { name: 'Continue with Company' })
const listed = page.getByLabel('Offered to everybody')
const told = (n) => page.waitForFunction((n) =>
  fetch('/api/v1/sso/listed?workspace=ws_1').then((r) => r.json()).then(({ items }) => items.length === n), n)
await page.goto(`${base}/app/ws_1/settings/sso`)
await listed.click()
await told(1)
await page.goto(`${base}/app/sign-in?to=%2Fapp%2Fws_1%2Flists`)
await company.waitFor()
await page.goto(`${base}/app/sign-in?to=%2Fapp%2Fws_2%2Flists`)
await page.getByLabel('Password').waitFor()
await page.waitForLoadState('networkidle')
check((await company.count()) === 0, 'a provider that is listed is at the door of its workspace')
await page.goto(`${base}/app/ws_1/settings/sso`)
await listed.click()
await told(0)
await page.goto(await page.getByText('/app/sign-in?sso=sso_1').innerText())
for (const to of ['sign-in?to=%2Fapp%2Fws_1%2Flists', 'sign-in']) {
  // a page that is left before it is there has kept nothing
  await company.waitFor()
  await page.goto(`${base}/app/${to}`)
}
const way = new URL(await company.getAttribute('href'), base)
check(way.pathname === '/api/v1/sso/sso_1/login', 'another for who followed its link', way)

// ---- every page of these, and how all of them fit, also from right to left
const wide = []
async function fits(route) {
  for (const width of [360, 2560])
    for (const dir of ['ltr', 'rtl']) {
      await page.setViewportSize({ width, height: 900 })
      await page.evaluate((dir) => { document.documentElement.dir = dir }, dir)
      // a chart takes its width when it has learnt of it
      const fit = page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth, null, { timeout: 3000 })
      await fit.catch(() => wide.push(`${route} ${width} ${dir}`))
    }
}
await everywhere(page, ['setup', 'setup?step=workspace', 'setup?step=campaign', 'settings/workspace',
  'settings/domains?id=dom_1', 'settings/audit', 'settings/usage', 'settings/privacy', 'settings/system', 'settings/sso'], fits)
for (const route of ['', 'campaigns', `campaigns/${again.id}`, content, 'contacts', 'segments/new', 'templates',
  'lists', 'suppressions', 'imports', 'settings', 'settings/members', 'settings/keys', 'settings/webhooks']) {
  await page.goto(`${base}/app/ws_1/${route}`)
  await settled(page)
  await fits(route)
}
check(wide.length === 0, '360 and 2560 pixels are enough, in both directions', wide.join(' ;; '))

// ---- a shop to look at comes by a click, and goes by one
await page.setViewportSize({ width: 1440, height: 900 })
await page.goto(`${base}/app/ws_1/settings/workspace`)
for (const [name, next] of [['Load demo data', 'Remove the demo data'], ['Remove the demo data', 'Load demo data']]) {
  await page.getByRole('button', { name }).click()
  const there = await page.getByRole('button', { name: next }).waitFor({ timeout: 25000 }).then(() => true, () => false)
  check(there, `${name}: done`)
}

// ---- who may only look sees all of it, and no button that he may not press
await page.setViewportSize({ width: 1440, height: 900 })
await context.clearCookies()
await enter(page, 'vic@example.com', 'forty two white geese', content)
await page.getByRole('heading', { name: 'Spring', level: 1 }).waitFor()
const may = []
const acts = /^(Start|Duplicate|Save|Pause|New .*|Delete|Import contacts|Edit|Invite.*|Remove|Add .*|Warn.*|Erase|Look now|Suppress.*|Send .*|Publish.*)$/
for (const route of [content, 'contacts', 'contacts/ct_1', 'campaigns', 'segments', 'templates', 'templates/tpl_1', 'lists',
  'suppressions', 'imports', 'settings/sso', 'settings/workspace', 'settings/domains', 'settings/audit', 'settings/usage', 'settings/privacy', 'setup']) {
  await page.goto(`${base}/app/ws_1/${route}`)
  await settled(page)
  for (const role of ['button', 'link'])
    for (const name of await page.locator('main').getByRole(role).allInnerTexts())
      if (acts.test(name.trim())) may.push(`${route}: ${name}`)
}
check(may.length === 0, 'who may only look sees no button that he may not press', may.join(' ;; '))
const refused = await page.evaluate(() => fetch('/api/v1/lists', {
  method: 'POST', body: '{"name":"x"}', headers: { 'Content-Type': 'application/json', 'Godwit-Workspace': 'ws_1' },
}).then(({ status }) => status))
check(refused === 403, 'and the server is the judge', refused)

check(wrong.length === 0, 'nothing went wrong, and nothing left the house', wrong.slice(0, 4).join(' ;; '))
check(ben.wrong.every((text) => text.includes('412')), 'nor with the other', ben.wrong.join(' ;; '))
await context.close()
