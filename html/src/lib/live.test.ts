import { expect, test } from 'vitest'
import type { Schemas } from './client'
import { counting, newer } from './live-cache'
import { type LiveEvent, LiveStream, type Surroundings } from './live-stream'

/** A browser whose connections are opened, told and broken by hand. */
function stage() {
  const opened: string[] = []
  const events: LiveEvent[] = []
  const states: string[] = []
  let wire: {
    onmessage?: (e: { data: string }) => void
    onclose?: () => void
    onerror?: () => void
  } = {}
  let due: (() => void) | undefined
  const open = (kind: string) => (query: string) => {
    opened.push(`${kind}${query}`)
    wire = {}
    return Object.assign(wire, { close: () => {} }) as never
  }
  const around: Surroundings = {
    socket: open('socket'),
    lines: open('lines'),
    later: (_ms, run) => {
      due = run
    },
    cancel: () => {},
    random: () => 0,
  }
  const stream = new LiveStream(
    'ws_1',
    around,
    (e) => events.push(e),
    (s) => states.push(s),
  )
  stream.start()
  return {
    opened,
    events,
    states,
    say: (id: string, type = 'x') =>
      wire.onmessage?.({ data: JSON.stringify({ id, type, data: {} }) }),
    breaks: () => {
      wire.onclose?.()
      wire.onerror?.()
      due?.()
    },
  }
}

test('after a break it goes on behind the last event', () => {
  const s = stage()
  s.say('e-1', 'live.open')
  s.say('e-2')
  s.breaks()
  expect(s.opened).toEqual(['socket?workspace=ws_1', 'socket?workspace=ws_1&last_event_id=e-2'])
  expect(s.states).toEqual(['live', 'connecting'])
})

test('what comes twice counts once', () => {
  const s = stage()
  for (const id of ['e-1', 'e-1', 'e-2']) s.say(id)
  expect(s.events.map(({ id }) => id)).toEqual(['e-1', 'e-2'])
})

test('lines of text where no socket gets through, and the socket again', () => {
  const s = stage()
  for (let n = 0; n < 3; n++) s.breaks()
  expect(s.opened.map((text) => text.split('?')[0])).toEqual([
    'socket',
    'socket',
    'lines',
    'socket',
  ])
  expect(s.states).toEqual(['offline'])
})

test('numbers count up, and the states still sum to the audience', () => {
  const old = {
    audience: 10,
    queued: 10,
    in_flight: 0,
    sent: 0,
    failed: 0,
    suppressed: 0,
    invalid: 0,
    not_rendered: 0,
    uncertain: 0,
    clicks: 0,
    unsubscribes: 0,
  } as unknown as Schemas['CampaignStats']
  const now = counting(old, { sent: 3, failed: 1 })
  expect([now.queued, now.sent, now.failed]).toEqual([6, 3, 1])
  expect(counting(now, { sent: 7 })).toBe(now)
  // what is read is behind what was heard, until the end
  expect(newer(now, { ...old, state: 'running' }).sent).toBe(3)
  expect(newer(now, { ...old, state: 'finished' }).sent).toBe(0)
})
