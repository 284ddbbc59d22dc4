// Records by mercurius on fastify: JIT from the first execution on, its own batching loaders, SQL by hand.
// DATABASE_URL, SCHEMA and POOL_SIZE in the environment; the port that it listens on is the first line it prints.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

// A timestamp stays text all the way: no Date is made of it, and PostgreSQL has its microseconds.
const TIMESTAMPTZ = 1184
pg.types.setTypeParser(TIMESTAMPTZ, (text) => `${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.POOL_SIZE),
  options: `-c search_path=${process.env.SCHEMA} -c timezone=UTC`
})

const schema = `
  scalar DateTime
  enum RecordStatus { WAITING RUNNING COMPLETE ERROR FAILED HOLD }
  enum TaskStatus { WAITING RUNNING ERROR HOLD }
  type Task { id: ID! status: TaskStatus! function: String! tag: String! priority: Int! }
  type Record {
    id: ID! status: RecordStatus! since: DateTime! kind: String! campaign: String tag: String! priority: Int!
    owner: String! submittedAt: DateTime! attemptCount: Int! errorType: String task: Task
  }
  type RecordEdge { cursor: String! node: Record! }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type RecordConnection { edges: [RecordEdge!]! pageInfo: PageInfo! }
  type Query {
    records(first: Int = 100, after: String): RecordConnection!
    record(id: ID!): Record
  }
`

const COLUMNS = `r.id AS key, 'rec_' || r.id AS id, r.status, r.since, r.priority, r.submitted_at AS "submittedAt",
  r.attempt AS "attemptCount", r.error_type AS "errorType", c.kind, c.campaign, l.tag, p.name AS owner`
const LABELS = 'JOIN cohort c ON c.id = r.cohort_id JOIN lane l ON l.id = c.lane_id JOIN principal p ON p.id = c.owner_id'

// The limit is a literal, and so a part of the statement's name: as a parameter it would spoil the generic plan.
const page = (limit, after) => pool.query({
  name: `page-${limit}`,
  text: `SELECT ${COLUMNS} FROM (
      SELECT * FROM record WHERE part = 0 AND id > $1 ORDER BY id LIMIT ${limit}
    ) r ${LABELS} ORDER BY r.id`,
  values: [after]
})

const one = (id) => pool.query({
  name: 'record',
  text: `SELECT ${COLUMNS} FROM record r ${LABELS} WHERE r.part = 0 AND r.id = $1`,
  values: [id]
})

const tasks = (ids) => pool.query({
  name: 'tasks',
  text: 'SELECT record_id AS key, function FROM task WHERE part = 0 AND record_id = ANY($1)',
  values: [ids]
})

const resolvers = {
  Query: {
    async records (_, { first, after }) {
      const limit = Math.min(Math.max(Math.trunc(first), 0), 1000)
      const { rows } = await page(limit + 1, after ?? 0)
      const hasNextPage = rows.length > limit
      if (hasNextPage) rows.pop()
      const edges = rows.map((node) => ({ cursor: String(node.key), node }))
      return {
        edges,
        pageInfo: {
          hasNextPage,
          hasPreviousPage: after != null,
          startCursor: edges.at(0)?.cursor,
          endCursor: edges.at(-1)?.cursor
        }
      }
    },
    async record (_, { id }) {
      const { rows } = await one(id.slice(4))
      return rows[0]
    }
  }
}

const loaders = {
  Record: {
    task: {
      async loader (queries) {
        const { rows } = await tasks(queries.map(({ obj }) => obj.key))
        const functions = new Map(rows.map((row) => [row.key, row.function]))
        return queries.map(({ obj }) => functions.has(obj.key)
          ? { id: `task_${obj.key}`, status: obj.status, function: functions.get(obj.key), tag: obj.tag, priority: obj.priority }
          : null)
      },
      opts: { cache: false } // every object is asked once
    }
  }
}

const app = Fastify()
app.register(mercurius, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  compilerOptions: { disableLeafSerialization: true, disablingCapturingStackErrors: true }, // the faster ones
  path: '/graphql',
  graphiql: false
})
await app.listen({ port: 0, host: '127.0.0.1' })
console.log(app.server.address().port)
