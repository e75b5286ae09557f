/** The one stream of a workspace in this browser: its pages listen here. */
import { browser, LiveStream } from './live-stream'

const scope = self as unknown as {
  name: string
  onconnect: ((event: MessageEvent) => void) | null
}
const pages = new Set<MessagePort>()
const tell = (message: unknown) => {
  for (const page of pages) page.postMessage(message)
}

const stream = new LiveStream(
  scope.name.replace('godwit-live-', ''),
  browser,
  (event) => tell({ event }),
  (state) => tell({ state }),
)

scope.onconnect = ({ ports: [page] }) => {
  if (!page) return
  page.onmessage = ({ data }) => {
    if (data === 'gone') {
      pages.delete(page)
      if (pages.size === 0) stream.stop()
    } else if (stream.state !== 'live') {
      stream.start()
    }
  }
  if (pages.size === 0) stream.start()
  pages.add(page)
  page.postMessage({ state: stream.state })
}
