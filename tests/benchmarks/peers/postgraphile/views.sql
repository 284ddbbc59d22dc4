-- What PostGraphile shows: records with their labels, and the task of each, as two views that smart tags connect.
CREATE SCHEMA peer;
CREATE VIEW peer.record AS
SELECT r.id AS number, 'rec_' || r.id AS record_id, r.status, r.since, c.kind, c.campaign, l.tag, r.priority,
  p.name AS owner, r.submitted_at, r.attempt AS attempt_count, r.error_type
FROM interlock.record r JOIN interlock.cohort c ON c.id = r.cohort_id JOIN interlock.lane l ON l.id = c.lane_id
  JOIN interlock.principal p ON p.id = c.owner_id
WHERE r.part = 0;
CREATE VIEW peer.task AS
SELECT t.record_id AS number, 'task_' || t.record_id AS task_id, r.status, t.function, l.tag, r.priority
FROM interlock.task t JOIN interlock.record r ON r.part = 0 AND r.id = t.record_id
  JOIN interlock.lane l ON l.id = r.lane_id
WHERE t.part = 0;
COMMENT ON VIEW peer.record IS E'@primaryKey number';
COMMENT ON VIEW peer.task IS E'@primaryKey number\n@foreignKey (number) references record (number)|@fieldName record|@foreignFieldName task';
