/** The main job through the typed client: contacts in, a campaign out, exact numbers back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, godwit, unwrap } from '../src/lib/api.js'

const { GODWIT_URL, GODWIT_KEY } = process.env
assert(GODWIT_URL && GODWIT_KEY, 'GODWIT_URL and GODWIT_KEY are set')
const api = godwit({ baseUrl: GODWIT_URL, key: GODWIT_KEY })

/** Ask until it is so; the test's own limit ends what never is. */
async function until<T>(ask: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (done(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('the main job', { timeout: 60_000 }, async () => {
  const list = await unwrap(api.POST('/api/v1/lists', { body: { name: 'Readers' } }))
  const csv = 'email,first_name\nann@example.com,Ann\nbob@example.com,Bob\nnobody,No\n'
  const asked = await unwrap(
    api.POST('/api/v1/imports', {
      params: { query: { list_id: list.id, name: 'readers.csv' } },
      body: csv as never,
      bodySerializer: String,
      headers: { 'Content-Type': 'text/csv' },
    }),
  )
  const read = await until(
    () => unwrap(api.GET('/api/v1/imports/{id}', { params: { path: { id: asked.id } } })),
    (i) => i.state === 'finished' || i.state === 'failed',
  )
  assert.deepEqual([read.state, read.created, read.rejected], ['finished', 2, 1])

  const campaign = await unwrap(
    api.POST('/api/v1/campaigns', {
      body: {
        name: 'May',
        list_id: list.id,
        from: 'Shop <shop@example.com>',
        subject: 'Hi {{ contact.first_name }}',
        html: '<p>See <a href="https://shop.example/">the shop</a></p>',
      },
    }),
  )
  const path = { params: { path: { id: campaign.id } } }
  await unwrap(api.POST('/api/v1/campaigns/{id}/start', path))
  const stats = await until(
    () => unwrap(api.GET('/api/v1/campaigns/{id}/stats', path)),
    (s) => s.state === 'finished',
  )
  assert.deepEqual([stats.audience, stats.sent], [2, 2])

  const sent = await unwrap(api.GET('/api/v1/campaigns/{id}/recipients', path))
  assert.deepEqual(sent.items.map((r) => r.state), ['sent', 'sent'])
})

test('what is refused is an error that says where', async () => {
  const error = await unwrap(
    api.POST('/api/v1/contacts', { body: { email: 'no' } }),
  ).then(() => assert.fail('it was taken'), (e: unknown) => e)
  assert(error instanceof ApiError)
  assert.deepEqual([error.status, error.code, error.errors[0]?.pointer], [422, 'invalid', '/email'])
  assert(error.requestId)
})

test('a request that is repeated under its key is done once', async () => {
  const again = { body: { name: 'Once' }, headers: { 'Idempotency-Key': 'once-1' } }
  const first = await unwrap(api.POST('/api/v1/lists', again))
  const second = await unwrap(api.POST('/api/v1/lists', again))
  assert.equal(first.id, second.id)
})
