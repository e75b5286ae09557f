/**
 * One stream of what happens: a WebSocket, or server-sent events where none
 * gets through. After a break it goes on behind the last event it has seen.
 */
export type LiveState = 'connecting' | 'live' | 'offline'
export type LiveEvent = {
  id: string
  type: string
  topic?: string
  data: Record<string, number> & { resumed?: boolean }
}

type Socket = Pick<WebSocket, 'close' | 'onopen' | 'onmessage' | 'onclose'>
type Lines = Pick<EventSource, 'close' | 'onopen' | 'onmessage' | 'onerror'>

export type Surroundings = {
  socket: (query: string) => Socket
  lines: (query: string) => Lines
  later: (ms: number, run: () => void) => unknown
  cancel: (timer: unknown) => void
  random: () => number
}

const LONGEST = 30_000
/** So often a WebSocket may fail before its first event until lines are tried. */
const PATIENCE = 2

export class LiveStream {
  state: LiveState = 'connecting'
  private last = ''
  private failed = 0
  private timer: unknown
  private wire: { close: () => void } | undefined

  constructor(
    private readonly workspace: string,
    private readonly around: Surroundings,
    private readonly onEvent: (event: LiveEvent) => void,
    private readonly onState: (state: LiveState) => void,
  ) {}

  start(): void {
    this.around.cancel(this.timer)
    this.wire?.close()
    const last = this.last ? `&last_event_id=${encodeURIComponent(this.last)}` : ''
    const query = `?workspace=${this.workspace}${last}`
    const open = this.failed >= PATIENCE && this.failed % 2 === 0 ? this.lines : this.socket
    open.call(this, query)
  }

  stop(): void {
    this.around.cancel(this.timer)
    this.wire?.close()
    this.wire = undefined
  }

  private socket(query: string): void {
    const socket = this.around.socket(query)
    this.wire = socket
    socket.onmessage = ({ data }) => this.wire === socket && this.take(String(data))
    socket.onclose = () => this.wire === socket && this.broke()
  }

  private lines(query: string): void {
    const lines = this.around.lines(query)
    this.wire = lines
    lines.onmessage = ({ data }) => this.wire === lines && this.take(String(data))
    lines.onerror = () => {
      if (this.wire !== lines) return
      lines.close()
      this.broke()
    }
  }

  private take(text: string): void {
    const event = JSON.parse(text) as LiveEvent
    if (event.id === this.last && event.type !== 'live.open') return
    this.last = event.id
    this.failed = 0
    this.set('live')
    this.onEvent(event)
  }

  private broke(): void {
    this.wire = undefined
    this.failed++
    this.set(this.failed > PATIENCE ? 'offline' : 'connecting')
    const wait = Math.min(LONGEST, 250 * 2 ** Math.min(this.failed, 8))
    this.timer = this.around.later(wait * (0.5 + this.around.random() / 2), () => this.start())
  }

  private set(state: LiveState): void {
    if (state === this.state) return
    this.state = state
    this.onState(state)
  }
}

export const browser: Surroundings = {
  socket: (query) =>
    new WebSocket(`${self.location.origin.replace(/^http/, 'ws')}/api/v1/live${query}`),
  lines: (query) => new EventSource(`/api/v1/live${query}`),
  later: (ms, run) => setTimeout(run, ms),
  cancel: (timer) => clearTimeout(timer as number),
  random: Math.random,
}
