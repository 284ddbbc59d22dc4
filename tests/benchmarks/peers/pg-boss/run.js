// For every line "JOBS MANAGERS BATCH" on standard input: send so many jobs, fetch and complete them, write the seconds.
import { createInterface } from "node:readline";
import { PgBoss } from "pg-boss";

const SENT = 1000;
const boss = new PgBoss({ connectionString: process.argv[2], max: 10, supervise: false, schedule: false });
await boss.start();
await boss.createQueue("work");

async function send(jobs) {
  for (let i = 0; i < jobs; i += SENT) {
    await boss.insert("work", Array.from({ length: Math.min(SENT, jobs - i) }, (_, k) => ({ data: { i: i + k } })));
  }
}

async function manage(batchSize) {
  let completed = 0;
  for (;;) {
    const jobs = await boss.fetch("work", { batchSize });
    if (jobs.length === 0) return completed;
    await boss.complete("work", jobs.map((job) => job.id));
    completed += jobs.length;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [jobs, managers, batch] = line.split(" ").map(Number);
  const began = performance.now();
  await send(jobs);
  const sent = performance.now();
  const completed = await Promise.all(Array.from({ length: managers }, () => manage(batch)));
  const drained = performance.now();
  if (completed.reduce((a, b) => a + b) !== jobs) throw new Error(`${completed} of ${jobs} were completed`);
  await boss.deleteAllJobs("work"); // so that each run finds the tables as the first one did
  console.log(JSON.stringify({ enqueue: (sent - began) / 1000, drain: (drained - sent) / 1000 }));
}
await boss.stop();
