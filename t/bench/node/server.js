// The peer of api_get: one contact by id as a Node server with pg would do it,
// the same two statements in one transaction, prepared, over a pool of four.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import pg from 'pg'

const { PGHOST, PGDATABASE, KEY_ID, PORT } = process.env
const pool = new pg.Pool({ host: PGHOST, database: PGDATABASE, user: 'gw_edge', max: 4 })
const enter = 'select auth.enter_key($1::bigint, $2::bytea, $3::text, $4::text, $5::inet, $6::timestamptz)'
let n = 0

async function contact(key, id) {
  const client = await pool.connect()
  try {
    const hash = createHash('sha256').update(key).digest()
    await client.query('begin')
    await client.query({
      name: 'enter',
      text: enter,
      values: [KEY_ID, hash, 'contacts:read', `node-${n++}`, '127.0.0.1', new Date()],
    })
    const { rows } = await client.query({
      name: 'get',
      text: 'select api.contacts_get($1::jsonb)::text as body',
      values: [JSON.stringify({ id })],
    })
    await client.query('commit')
    return rows[0].body
  } finally {
    client.release()
  }
}

createServer(async (request, response) => {
  try {
    const key = request.headers.authorization?.replace(/^Bearer /, '')
    const body = await contact(key, request.url.split('/').pop())
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
  } catch (error) {
    response.writeHead(503)
    response.end(String(error))
  }
}).listen(PORT, '127.0.0.1')
