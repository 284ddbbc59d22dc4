// Records by PostGraphile 5 over two views, on node's own HTTP server: no watching, no GraphiQL, no mutations.
// DATABASE_URL, SCHEMA (where the views are) and POOL_SIZE in the environment; it prints the port it listens on.
import { createServer } from 'node:http'
import { grafserv } from 'postgraphile/grafserv/node'
import { makePgService } from 'postgraphile/adaptors/pg'
import { postgraphile } from 'postgraphile'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

// It joins tasks in its one statement, where PostgreSQL expects a merge join to pay and reads the table up to the
// cursor: 35 ms a page. With nested loops only, every page costs the same.
const SESSION = '-c timezone=UTC -c enable_mergejoin=off -c enable_hashjoin=off'

const preset = {
  extends: [PostGraphileAmberPreset],
  disablePlugins: ['NodePlugin', 'MutationPlugin'],
  pgServices: [makePgService({
    connectionString: process.env.DATABASE_URL,
    schemas: [process.env.SCHEMA],
    poolConfig: { max: Number(process.env.POOL_SIZE), options: SESSION }
  })],
  grafast: { explain: false },
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false, websockets: false }
}

const instance = postgraphile(preset)
const serv = instance.createServ(grafserv)
const server = createServer()
await serv.addTo(server)
await instance.getSchema()
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
