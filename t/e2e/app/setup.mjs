// From an empty workspace to the first own campaign, by keyboard alone.
import { base, check, faults, lastWords, open } from './browser.mjs'

const { context, page, wrong, expected } = await open(1440, 900)
// who is asked who he is before he is in
expected.add(401)

lastWords(page, wrong, 'app-setup')

/** One action is one key, or one text that is typed where the focus is. */
let actions = 0
const key = async (...names) => {
  for (const name of names) {
    actions++
    await page.keyboard.press(name)
  }
}
const say = async (text) => {
  actions++
  await page.keyboard.insertText(text)
}
const focused = (name) =>
  page.waitForFunction((name) => {
    const at = document.activeElement
    const said = at?.labels?.[0]?.textContent ?? at?.textContent
    return said?.trim() === name && !at.disabled
  }, name)
const step = async (name) => {
  await page.getByRole('heading', { level: 2, name, exact: true }).waitFor()
  const found = await faults(page)
  check(found.length === 0, `the step "${name}" is for everybody`, found)
}

await page.goto(process.env.GODWIT_LINK)
await focused('E-mail address')
await say('ann@example.com')
await key('Tab')
await say('Ann')
await key('Tab')
await say('seven grey herons fly')
await key('Enter')

await step('Workspace')
await focused('Name of the workspace')
await key('Control+a')
await say('Books & Co')
await key('Enter')

await step('Brand')
await focused('Postal address')
await say('Books & Co, 1 High Street, Leeds')
await key('Enter')

// the records of the domain: not there, then published, and seen
await step('Sending domain')
await focused('Domain')
await say('books.test')
await key('Enter')
await page.getByText('Waits for its records').waitFor()
await page.getByRole('list', { name: 'Records of the DNS' }).getByRole('listitem').first().waitFor()
let found = await faults(page)
check(found.length === 0, 'records are for everybody', found)
await focused('Continue')

// the tab is closed here; another one goes on where it was
await page.goto('about:blank')
await page.goto(`${base}/app/ws_1/setup`)
await step('Sending domain')
check(true, 'it goes on where it was left')
console.log('! publish')
const look = page.getByRole('button', { name: 'Look now' })
const signs = page.getByText('Signs', { exact: true })
for (let n = 0; n < 20 && !(await signs.count()); n++) {
  await look.focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction((at) => !at.disabled, await look.elementHandle())
}
actions += 3
await signs.waitFor()
check(true, 'a record that is published is found, before our eyes')
await page.getByRole('button', { name: 'Continue' }).focus()
await key('Enter')

await step('Test message')
await focused('Subject')
await key('Enter')
await page.getByText('It is on its way to ann@example.com').waitFor()
await focused('Continue')
await key('Enter')

await step('Contacts')
await focused('Addresses')
await say('bea@example.com, Bea\ncid@example.com, Cid')
await key('Control+Enter')
await page.getByText('2 contacts are here').waitFor()
await focused('Continue')
await key('Enter')

await step('First campaign')
await focused('Name')
check((await page.getByLabel('From').inputValue()) === '"Books & Co" <hello@books.test>', 'it comes from the domain',
  await page.getByLabel('From').inputValue())
await key('Enter')
await focused('Send it now')
found = await faults(page)
check(found.length === 0, 'the look before the start is for everybody', found)
await key('Enter')
await page.getByText('It is out: 2 of 2 are sent.').waitFor()
check(actions <= 60, 'the first campaign is sent with 60 actions at most', actions)
await focused('Continue')
await key('Enter')

await step('Team')
await focused('E-mail address')
await say('zoe@example.com')
await key('Enter')
await page.getByText('zoe@example.com is invited').waitFor()
await page.getByRole('button', { name: 'Finish' }).focus()
await key('Enter')
await page.getByText('Everything is set up').waitFor()
await page.goto(`${base}/app/ws_1/setup`)
await page.getByText('Everything is set up').waitFor()
check((await page.getByText('done', { exact: true }).count()) === 7, 'all seven steps are done')

check(wrong.length === 0, 'nothing went wrong, and nothing left the house', wrong.slice(0, 4).join(' ;; '))
await context.close()
