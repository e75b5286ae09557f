import { afterEach, expect, test, vi } from 'vitest'
import { t } from './i18n'
import { ended } from './operation'

const get = vi.hoisted(() => vi.fn())
vi.mock('./client', () => ({ api: { GET: get } }))

afterEach(() => {
  vi.useRealTimers()
  get.mockReset()
})

/** The server says these states, one after the other, the last for ever. */
function says(...states: string[]) {
  vi.useFakeTimers()
  get.mockImplementation(async () => {
    const state = states.length > 1 ? states.shift() : states[0]
    // as a server that was asked to wait
    await new Promise((go) => setTimeout(go, 1000))
    return { data: { id: 'op_1', state }, response: new Response() }
  })
  const seen = ended(Promise.resolve({ operation: 'op_1' })).catch((error: Error) => error.message)
  return seen
}

test('work that was begun is waited for', async () => {
  const seen = says('queued', ...Array<string>(90).fill('running'), 'done')
  await vi.advanceTimersByTimeAsync(300_000)
  expect(await seen).toMatchObject({ state: 'done' })
})

test('work that nobody begins is not waited for, and that is said', async () => {
  const seen = says('queued')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await seen).toBe(t('problem.queued'))
  expect(get.mock.calls.length).toBeLessThan(40)
})
