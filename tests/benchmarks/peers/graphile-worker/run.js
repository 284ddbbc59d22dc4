// For every line "JOBS CONCURRENCY" on standard input: enqueue so many jobs, work them off, and write the seconds taken.
import { createInterface } from "node:readline";
import pg from "pg";
import { Logger, makeWorkerUtils, run } from "graphile-worker";

const BATCH = 1000;
const QUIET = new Logger(() => () => {});
const pgPool = new pg.Pool({ connectionString: process.argv[2], max: 20 });
const utils = await makeWorkerUtils({ pgPool, logger: QUIET });
await utils.migrate();

async function enqueue(jobs) {
  for (let i = 0; i < jobs; i += BATCH) {
    const specs = Array.from({ length: Math.min(BATCH, jobs - i) }, (_, k) => ({ identifier: "work", payload: { i: i + k } }));
    await utils.addJobs(specs);
  }
}

async function workOff(jobs, concurrentJobs) {
  let completed = 0;
  let allDone;
  const done = new Promise((resolve) => (allDone = resolve));
  const runner = await run({
    pgPool,
    logger: QUIET,
    noHandleSignals: true,
    taskList: { work: async () => { if (++completed === jobs) allDone(); } },
    preset: { worker: { concurrentJobs, pollInterval: 1000, localQueue: { size: 500 }, completeJobBatchDelay: 0 } },
  });
  await done;
  await runner.stop(); // completions that were collected are written
}

for await (const line of createInterface({ input: process.stdin })) {
  const [jobs, concurrency] = line.split(" ").map(Number);
  const began = performance.now();
  await enqueue(jobs);
  const enqueued = performance.now();
  await workOff(jobs, concurrency);
  const drained = performance.now();
  const { rows } = await pgPool.query("SELECT count(*)::int AS left FROM graphile_worker._private_jobs");
  if (rows[0].left !== 0) throw new Error(`${rows[0].left} jobs are left`);
  console.log(JSON.stringify({ enqueue: (enqueued - began) / 1000, drain: (drained - enqueued) / 1000 }));
}
await utils.release();
await pgPool.end();
