/** A file of contacts on its way to the server, and the list it goes to. */
import { unwrap } from './api'
import { api } from './client'

export const makeList = (name: string) => unwrap(api.POST('/api/v1/lists', { body: { name } }))

export function upload(file: File, list: string | undefined, columns: string | undefined) {
  return unwrap(
    api.POST('/api/v1/imports', {
      params: { query: { name: file.name.slice(0, 200), list_id: list, columns } },
      headers: { 'Content-Type': 'text/csv' },
      // the file as it is, which the browser reads while it sends
      body: file as never,
      bodySerializer: (body) => body,
    }),
  )
}
