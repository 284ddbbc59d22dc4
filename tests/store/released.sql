--
-- PostgreSQL database dump
--

\restrict qn6iGN9LPP4B2zG8F3BG9xtLfkxkIITWiS9QtldaTB2BbXhUEotSz6PZggPxvhP

-- Dumped from database version 18.6
-- Dumped by pg_dump version 18.6

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: interlock; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA interlock;


--
-- Name: action; Type: TYPE; Schema: interlock; Owner: -
--

CREATE TYPE interlock.action AS ENUM (
    'SUBMIT',
    'CLAIM',
    'HOLD',
    'KILL',
    'COMPLETE',
    'REPORT_ERROR',
    'FAIL',
    'RELEASE',
    'RETRY',
    'REGENERATE'
);


--
-- Name: actor_kind; Type: TYPE; Schema: interlock; Owner: -
--

CREATE TYPE interlock.actor_kind AS ENUM (
    'USER',
    'MANAGER',
    'SERVER'
);


--
-- Name: record_status; Type: TYPE; Schema: interlock; Owner: -
--

CREATE TYPE interlock.record_status AS ENUM (
    'WAITING',
    'RUNNING',
    'COMPLETE',
    'ERROR',
    'FAILED',
    'HOLD'
);


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: event; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.event (
    part smallint DEFAULT 0 NOT NULL,
    seq bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    record_id bigint NOT NULL,
    from_status interlock.record_status,
    to_status interlock.record_status,
    action interlock.action NOT NULL,
    actor interlock.actor_kind NOT NULL,
    attempt integer NOT NULL,
    cohort_id integer NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    who text NOT NULL,
    reason text
);


--
-- Name: events_between(pg_snapshot, pg_snapshot); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.events_between(earlier pg_snapshot, later pg_snapshot) RETURNS SETOF interlock.event
    LANGUAGE sql STABLE ROWS 50
    AS $$
  SELECT * FROM event e
  WHERE e.xid >= pg_snapshot_xmax(earlier) AND e.xid < pg_snapshot_xmax(later)
    AND pg_visible_in_snapshot(e.xid, later)
  UNION ALL
  SELECT * FROM event e
  WHERE e.xid = ANY (ARRAY(SELECT pg_snapshot_xip(earlier))) AND pg_visible_in_snapshot(e.xid, later)
$$;


--
-- Name: expire_history(interval); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.expire_history(retention interval) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    AS $$
WITH settings AS (SELECT set_config('interlock.history', 'expire', true)),
-- ticks grow old in their order: where the first are young, none is looked for further on
old AS MATERIALIZED (
  SELECT t.id, t.prev, t.snap, t.seq_from, t.seq_to FROM (SELECT * FROM tick ORDER BY id LIMIT 20) t, settings
  WHERE t.at < clock_timestamp() - retention AND t.id < (SELECT max(id) FROM tick)
),
-- OFFSET 0 keeps the bounds of a chunk inside, where the index can use them
gone AS (
  DELETE FROM event e USING old, LATERAL (
    SELECT b.xid, b.seq, b.part FROM events_between(old.prev, old.snap) b
    WHERE b.seq BETWEEN old.seq_from AND old.seq_to OFFSET 0
  ) x WHERE e.xid = x.xid AND e.seq = x.seq AND e.part = x.part
),
relabels AS (
  DELETE FROM relabel e USING (SELECT DISTINCT ON (snap::text) prev, snap FROM old) o, LATERAL (
    SELECT b.xid, b.seq, b.part FROM relabels_between(o.prev, o.snap) b OFFSET 0
  ) x WHERE e.xid = x.xid AND e.seq = x.seq AND e.part = x.part
),
ticks AS (DELETE FROM tick t USING old WHERE t.id = old.id)
SELECT count(*) FROM old
$$;


--
-- Name: feed_after(bigint, pg_snapshot, integer); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.feed_after(after bigint, seen pg_snapshot, lim integer) RETURNS TABLE(pos bigint, settled boolean, part smallint, record_id bigint, from_status interlock.record_status, to_status interlock.record_status, action interlock.action, actor interlock.actor_kind, who text, reason text, at timestamp with time zone, attempt integer, cohort_id integer)
    LANGUAGE sql STABLE
    AS $$
  WITH last AS MATERIALIZED (
    SELECT CASE WHEN seen IS NULL THEN greatest(after, first_pos) + lim ELSE 4611686018427387904 END AS pos
    FROM tick WHERE first_pos + n > after + 1 AND n > 0 ORDER BY first_pos + n LIMIT 1
  )
  SELECT t.first_pos + e.rn - 1, seen IS NULL OR pg_snapshot_xmin(t.prev) >= pg_snapshot_xmax(seen),
    e.part, e.record_id, e.from_status, e.to_status, e.action, e.actor, e.who, e.reason, e.at, e.attempt, e.cohort_id
  FROM (
    SELECT * FROM tick WHERE first_pos + n > after + 1 AND n > 0
      AND first_pos <= (SELECT pos FROM last) AND first_pos + n <= (SELECT pos FROM last) + 5000
      AND (seen IS NULL OR EXISTS (
        SELECT FROM events_between(prev, snap) b
        WHERE b.seq BETWEEN seq_from AND seq_to AND NOT pg_visible_in_snapshot(b.xid, seen)
      ))
    ORDER BY first_pos + n LIMIT greatest(lim, 20)
  ) t
  CROSS JOIN LATERAL (
    SELECT b.*, row_number() OVER (ORDER BY seq) AS rn FROM events_between(t.prev, t.snap) b
    WHERE b.seq BETWEEN t.seq_from AND t.seq_to
  ) e
  WHERE t.first_pos + e.rn - 1 > after AND (seen IS NULL OR NOT pg_visible_in_snapshot(e.xid, seen))
  ORDER BY 1 LIMIT lim
$$;


--
-- Name: judge_unpaired(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.judge_unpaired() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
  DELETE FROM unpaired WHERE part = NEW.part AND record_id = NEW.record_id;
  IF EXISTS (SELECT FROM record WHERE part = NEW.part AND id = NEW.record_id AND status IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING'))
    AND NOT EXISTS (SELECT FROM task WHERE part = NEW.part AND record_id = NEW.record_id)
  THEN
    PERFORM refuse_alone('active_record_needs_task', NEW.record_id);
  END IF;
  RETURN NULL;
END $$;


--
-- Name: normalise_move(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.normalise_move() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NEW.since = OLD.since THEN
    NEW.since := clock_timestamp();
    NEW.retry_at := NULL;
  END IF;
  IF NEW.status = 'RUNNING' AND NEW.attempt = OLD.attempt THEN
    NEW.attempt := OLD.attempt + 1;
  END IF;
  RETURN NEW;
END $$;


--
-- Name: rebase_history(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.rebase_history() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    AS $$
BEGIN
LOCK TABLE record, event, relabel IN SHARE ROW EXCLUSIVE MODE;
PERFORM set_config('interlock.history', 'rebase', true);
UPDATE event SET xid = pg_current_xact_id();
DELETE FROM relabel;
DELETE FROM tick;
INSERT INTO tick (id, prev, snap, first_pos, n, seq_from, seq_to)
SELECT 0, before, before, 1, 0, 0, 0 FROM pg_current_snapshot() AS now, LATERAL (
  SELECT format('%s:%s:%s', pg_snapshot_xmin(now), pg_snapshot_xmax(now), string_agg(x::text, ',' ORDER BY x))
    ::pg_snapshot AS before
  FROM (SELECT pg_snapshot_xip(now) UNION SELECT pg_current_xact_id()) running (x) WHERE x < pg_snapshot_xmax(now)
) s;
DELETE FROM status_count;
INSERT INTO status_count (part, cohort_id, status, n)
SELECT part, cohort_id, status, sum(d) FROM (
  SELECT part, cohort_id, status, 1 AS d FROM record
  UNION ALL SELECT part, cohort_id, from_status, 1 FROM event WHERE from_status IS NOT NULL
  UNION ALL SELECT part, cohort_id, to_status, -1 FROM event WHERE to_status IS NOT NULL
) x GROUP BY part, cohort_id, status;
END $$;


--
-- Name: refuse(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.refuse() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'interlock: % of % is not permitted (% -> %)', lower(TG_OP), TG_TABLE_NAME,
      CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) ->> 'status' END,
      CASE WHEN TG_OP IN ('UPDATE', 'INSERT') THEN to_jsonb(NEW) ->> 'status' END
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME,
      HINT = 'Query transitionMatrix for the permitted moves.';
END $$;


--
-- Name: refuse_alone(text, bigint); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.refuse_alone(name text, id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'interlock: % (record %)', name, id USING ERRCODE = 'foreign_key_violation', CONSTRAINT = name,
    HINT = 'A record has a task as long as there is work to do, and no longer.';
END $$;


--
-- Name: relabel; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.relabel (
    part smallint DEFAULT 0 NOT NULL,
    seq bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    record_id bigint NOT NULL,
    status interlock.record_status NOT NULL,
    from_cohort integer NOT NULL,
    to_cohort integer NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: relabels_between(pg_snapshot, pg_snapshot); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.relabels_between(earlier pg_snapshot, later pg_snapshot) RETURNS SETOF interlock.relabel
    LANGUAGE sql STABLE ROWS 50
    AS $$
  SELECT * FROM relabel e
  WHERE e.xid >= pg_snapshot_xmax(earlier) AND e.xid < pg_snapshot_xmax(later)
    AND pg_visible_in_snapshot(e.xid, later)
  UNION ALL
  SELECT * FROM relabel e
  WHERE e.xid = ANY (ARRAY(SELECT pg_snapshot_xip(earlier))) AND pg_visible_in_snapshot(e.xid, later)
$$;


--
-- Name: task_is_deleted(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.task_is_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
  alone bigint;
BEGIN
  SELECT r.id INTO alone FROM record r WHERE r.status IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING') AND r.part = ANY(ARRAY(SELECT DISTINCT part FROM old_rows)) AND r.id = ANY(ARRAY(SELECT record_id FROM old_rows)) LIMIT 1;
  IF FOUND THEN
    PERFORM refuse_alone('active_record_needs_task', alone);
  END IF;
  RETURN NULL;
END $$;


--
-- Name: task_is_made(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.task_is_made() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
  alone bigint;
BEGIN
  SELECT n.record_id INTO alone FROM new_rows n WHERE (n.part, n.record_id) NOT IN (
    SELECT r.part, r.id FROM record r
    WHERE r.status IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING') AND r.xmin = pg_current_xact_id()::xid AND r.part = ANY(ARRAY(SELECT DISTINCT part FROM new_rows)) AND r.id = ANY(ARRAY(SELECT record_id FROM new_rows))
    UNION ALL
    SELECT * FROM (
      SELECT r.part, r.id FROM record r
      WHERE r.status IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING') AND r.xmin <> pg_current_xact_id()::xid AND r.part = ANY(ARRAY(SELECT DISTINCT part FROM new_rows)) AND r.id = ANY(ARRAY(SELECT record_id FROM new_rows)) FOR SHARE
    ) locked
  ) LIMIT 1;
  IF FOUND THEN
    PERFORM refuse_alone('task_needs_active_record', alone);
  END IF;
  RETURN NULL;
END $$;


--
-- Name: write_events_of_delete(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.write_events_of_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
  act      json := nullif(current_setting('interlock.act', true), '');
  kind     actor_kind := coalesce(act ->> 'kind', 'SERVER');
  who      text := coalesce(act ->> 'who', session_user);
  ended    bigint[];
  begun    bool;
  labelled bool;
BEGIN
  IF TG_RELID <> 'interlock.record'::regclass THEN
    RAISE EXCEPTION 'interlock: events are written for records only';
  END IF;

  INSERT INTO event (part, record_id, from_status, to_status, action, actor, who, reason, attempt, cohort_id)
  SELECT o.part, o.id, o.status, NULL, 'KILL', kind, who, act ->> 'reason', o.attempt, o.cohort_id
  FROM old_rows o ORDER BY o.id;
  DELETE FROM task t WHERE t.part = ANY(ARRAY(SELECT DISTINCT part FROM old_rows)) AND t.record_id = ANY(ARRAY(SELECT id FROM old_rows));
  DELETE FROM specification t WHERE t.part = ANY(ARRAY(SELECT DISTINCT part FROM old_rows)) AND t.record_id = ANY(ARRAY(SELECT id FROM old_rows));
  DELETE FROM result t WHERE t.part = ANY(ARRAY(SELECT DISTINCT part FROM old_rows)) AND t.record_id = ANY(ARRAY(SELECT id FROM old_rows));
  DELETE FROM attempt t WHERE t.part = ANY(ARRAY(SELECT DISTINCT part FROM old_rows)) AND t.record_id = ANY(ARRAY(SELECT id FROM old_rows));
  RETURN NULL;
END $$;


--
-- Name: write_events_of_insert(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.write_events_of_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
  act      json := nullif(current_setting('interlock.act', true), '');
  kind     actor_kind := coalesce(act ->> 'kind', 'SERVER');
  who      text := coalesce(act ->> 'who', session_user);
  ended    bigint[];
  begun    bool;
  labelled bool;
BEGIN
  IF TG_RELID <> 'interlock.record'::regclass THEN
    RAISE EXCEPTION 'interlock: events are written for records only';
  END IF;

  IF EXISTS (
    SELECT cohort_id, lane_id FROM new_rows EXCEPT SELECT id, lane_id FROM cohort
    WHERE id = ANY(ARRAY(SELECT DISTINCT cohort_id FROM new_rows))
  ) THEN
    RAISE EXCEPTION 'interlock: a record needs a cohort that exists, and its lane' USING
      ERRCODE = 'foreign_key_violation', CONSTRAINT = 'record_has_its_labels';
  END IF;
  INSERT INTO event (part, record_id, from_status, to_status, action, actor, who, reason, attempt, cohort_id)
  SELECT n.part, n.id, NULL, n.status, 'SUBMIT', kind, who, act ->> 'reason', n.attempt, n.cohort_id
  FROM new_rows n ORDER BY n.id;
  INSERT INTO unpaired (part, record_id)
  SELECT part, id FROM new_rows WHERE status IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING')
  EXCEPT SELECT t.part, t.record_id FROM task t WHERE t.part = ANY(ARRAY(SELECT DISTINCT part FROM new_rows)) AND t.record_id = ANY(ARRAY(SELECT id FROM new_rows))
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;


--
-- Name: write_events_of_update(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.write_events_of_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'interlock', 'pg_temp'
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
  act      json := nullif(current_setting('interlock.act', true), '');
  kind     actor_kind := coalesce(act ->> 'kind', 'SERVER');
  who      text := coalesce(act ->> 'who', session_user);
  ended    bigint[];
  begun    bool;
  labelled bool;
BEGIN
  IF TG_RELID <> 'interlock.record'::regclass THEN
    RAISE EXCEPTION 'interlock: events are written for records only';
  END IF;

  WITH changed AS MATERIALIZED (
    SELECT n.part, n.id, o.status AS source, n.status AS target, n.attempt, o.cohort_id AS from_cohort, n.cohort_id,
      o.cohort_id <> n.cohort_id OR o.lane_id <> n.lane_id OR o.priority <> n.priority AS relabelled
    FROM new_rows n JOIN old_rows o ON o.part = n.part AND o.id = n.id
    WHERE o.status <> n.status OR o.cohort_id <> n.cohort_id OR o.lane_id <> n.lane_id OR o.priority <> n.priority
  ), moves AS (
    INSERT INTO event (part, record_id, from_status, to_status, action, actor, who, reason, attempt, cohort_id)
    SELECT part, id, source, target, (CASE WHEN source = 'WAITING' AND target = 'RUNNING' THEN 'CLAIM'
      WHEN source = 'WAITING' AND target = 'HOLD' THEN 'HOLD'
      WHEN source = 'RUNNING' AND target = 'COMPLETE' THEN 'COMPLETE'
      WHEN source = 'RUNNING' AND target = 'ERROR' THEN 'REPORT_ERROR'
      WHEN source = 'ERROR' AND target = 'FAILED' THEN 'FAIL'
      WHEN source = 'HOLD' AND target = 'WAITING' THEN 'RELEASE'
      WHEN source = 'ERROR' AND target = 'WAITING' THEN 'RETRY'
      WHEN source = 'FAILED' AND target = 'WAITING' THEN 'REGENERATE' END)::action, kind, who, act ->> 'reason', attempt, cohort_id
    FROM changed WHERE source <> target ORDER BY id
  ), relabels AS (
    INSERT INTO relabel (part, record_id, status, from_cohort, to_cohort)
    SELECT part, id, source, from_cohort, cohort_id FROM changed WHERE relabelled
  )
  SELECT array_agg(id) FILTER (WHERE source IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING') AND target NOT IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING')),
    bool_or(target IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING') AND source NOT IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING')), bool_or(relabelled)
  INTO ended, begun, labelled FROM changed;
  IF labelled THEN
  IF EXISTS (
    SELECT cohort_id, lane_id FROM new_rows EXCEPT SELECT id, lane_id FROM cohort
    WHERE id = ANY(ARRAY(SELECT DISTINCT cohort_id FROM new_rows))
  ) THEN
    RAISE EXCEPTION 'interlock: a record needs a cohort that exists, and its lane' USING
      ERRCODE = 'foreign_key_violation', CONSTRAINT = 'record_has_its_labels';
  END IF;
  END IF;
  IF ended IS NOT NULL THEN
    DELETE FROM task WHERE record_id = ANY(ended);
  END IF;
  IF begun THEN
  INSERT INTO unpaired (part, record_id)
  SELECT part, id FROM new_rows WHERE status IN ('ERROR', 'HOLD', 'RUNNING', 'WAITING')
  EXCEPT SELECT t.part, t.record_id FROM task t WHERE t.part = ANY(ARRAY(SELECT DISTINCT part FROM new_rows)) AND t.record_id = ANY(ARRAY(SELECT id FROM new_rows))
  ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;


--
-- Name: write_tick(); Type: FUNCTION; Schema: interlock; Owner: -
--

CREATE FUNCTION interlock.write_tick() RETURNS bigint
    LANGUAGE sql
    AS $$
  WITH last AS (SELECT id, snap, first_pos + n AS next_pos FROM tick ORDER BY id DESC LIMIT 1),
  present AS (SELECT pg_current_snapshot() AS snap),
  events AS MATERIALIZED (SELECT e.* FROM last, present, events_between(last.snap, present.snap) e),
  relabels AS MATERIALIZED (SELECT e.* FROM last, present, relabels_between(last.snap, present.snap) e),
  -- a chunk of NULL bounds stands for a tick that has relabels only
  chunks AS (
    SELECT count(*)::int AS n, min(seq) AS seq_from, max(seq) AS seq_to, (rn - 1) / 5000 AS chunk
    FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS rn FROM events) numbered GROUP BY chunk
    UNION ALL
    SELECT 0, 0, 0, 0 WHERE EXISTS (SELECT FROM relabels) AND NOT EXISTS (SELECT FROM events)
  ),
  written AS (
    INSERT INTO tick (id, prev, snap, first_pos, n, seq_from, seq_to)
    SELECT last.id + 1 + chunk, last.snap, present.snap,
      last.next_pos + coalesce(sum(n) OVER (ORDER BY chunk ROWS UNBOUNDED PRECEDING) - n, 0), n, seq_from, seq_to
    FROM last, present, chunks
    RETURNING first_pos + n AS next_pos
  ),
  deltas AS (
    SELECT part, cohort_id, from_status AS status, -1 AS d FROM events WHERE from_status IS NOT NULL
    UNION ALL SELECT part, cohort_id, to_status, 1 FROM events WHERE to_status IS NOT NULL
    UNION ALL SELECT part, from_cohort, status, -1 FROM relabels
    UNION ALL SELECT part, to_cohort, status, 1 FROM relabels
  ),
  folded AS (
    INSERT INTO status_count AS c (part, cohort_id, status, n)
    SELECT part, cohort_id, status, sum(d) FROM deltas GROUP BY part, cohort_id, status HAVING sum(d) <> 0
    ORDER BY part, cohort_id, status
    ON CONFLICT (part, cohort_id, status) DO UPDATE SET n = c.n + excluded.n
  )
  SELECT max(next_pos) - 1 FROM written
$$;


--
-- Name: alembic_version; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: api_key; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.api_key (
    id integer NOT NULL,
    principal_id integer NOT NULL,
    hash bytea NOT NULL,
    prefix text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    revoked_at timestamp with time zone
);


--
-- Name: api_key_id_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.api_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME interlock.api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: attempt; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.attempt (
    part smallint DEFAULT 0 NOT NULL,
    record_id bigint NOT NULL,
    number integer NOT NULL,
    manager_id integer NOT NULL,
    claim_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease_expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome text,
    digest bytea,
    error_type text,
    error_message text,
    traceback text,
    stdout text,
    stderr text,
    CONSTRAINT attempt_ended_with_outcome CHECK (((ended_at IS NULL) = (outcome IS NULL)))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0');


--
-- Name: claim; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.claim (
    manager_id integer NOT NULL,
    key text NOT NULL,
    claim_id uuid NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: cohort; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.cohort (
    id integer NOT NULL,
    lane_id integer NOT NULL,
    owner_id integer NOT NULL,
    campaign text,
    kind text NOT NULL,
    kind_version integer NOT NULL
);


--
-- Name: cohort_id_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.cohort ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME interlock.cohort_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: event_seq_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.event ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME interlock.event_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: feed_epoch; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.feed_epoch (
    only_row boolean DEFAULT true NOT NULL,
    epoch text NOT NULL,
    system_identifier bigint NOT NULL,
    timeline integer NOT NULL,
    CONSTRAINT feed_epoch_only_row_check CHECK (only_row)
);


--
-- Name: idempotency; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.idempotency (
    principal_id integer NOT NULL,
    mutation text NOT NULL,
    key text NOT NULL,
    input_hash bytea NOT NULL,
    outcome json,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: lane; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.lane (
    id integer NOT NULL,
    tag text NOT NULL,
    programs text[] NOT NULL
);


--
-- Name: lane_id_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.lane ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME interlock.lane_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: manager; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.manager (
    id integer NOT NULL,
    principal_id integer NOT NULL,
    name text NOT NULL,
    cluster text,
    hostname text,
    version text,
    tags text[] NOT NULL,
    programs jsonb NOT NULL,
    lease_seconds integer NOT NULL,
    active boolean DEFAULT true NOT NULL,
    activated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    heartbeat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    completed bigint DEFAULT 0 NOT NULL,
    errors bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');


--
-- Name: manager_id_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.manager ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME interlock.manager_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: principal; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.principal (
    id integer NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: principal_id_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.principal ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME interlock.principal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: record; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.record (
    part smallint DEFAULT 0 NOT NULL,
    id bigint NOT NULL,
    status interlock.record_status DEFAULT 'WAITING'::interlock.record_status NOT NULL,
    priority smallint DEFAULT 5 NOT NULL,
    retries smallint DEFAULT 0 NOT NULL,
    cohort_id integer NOT NULL,
    lane_id integer NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    submitted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    retry_at timestamp with time zone,
    error_type text,
    CONSTRAINT record_part CHECK ((part = 0)),
    CONSTRAINT record_priority CHECK (((priority >= 0) AND (priority <= 9)))
)
WITH (fillfactor='85', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05');


--
-- Name: TABLE record; Type: COMMENT; Schema: interlock; Owner: -
--

COMMENT ON TABLE interlock.record IS 'lifecycle f8a0a7a07fec9999';


--
-- Name: record_id_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.record ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME interlock.record_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: relabel_seq_seq; Type: SEQUENCE; Schema: interlock; Owner: -
--

ALTER TABLE interlock.relabel ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME interlock.relabel_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: result; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.result (
    part smallint DEFAULT 0 NOT NULL,
    record_id bigint NOT NULL,
    body json NOT NULL
);


--
-- Name: specification; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.specification (
    part smallint DEFAULT 0 NOT NULL,
    record_id bigint NOT NULL,
    body json NOT NULL
);


--
-- Name: status_count; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.status_count (
    part smallint DEFAULT 0 NOT NULL,
    cohort_id integer NOT NULL,
    status interlock.record_status NOT NULL,
    n bigint NOT NULL
)
WITH (fillfactor='50');


--
-- Name: task; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.task (
    part smallint DEFAULT 0 NOT NULL,
    record_id bigint NOT NULL,
    function text NOT NULL,
    args json NOT NULL,
    kwargs json NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0');


--
-- Name: tick; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.tick (
    id bigint NOT NULL,
    prev pg_snapshot NOT NULL,
    snap pg_snapshot NOT NULL,
    first_pos bigint NOT NULL,
    n integer NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: unpaired; Type: TABLE; Schema: interlock; Owner: -
--

CREATE TABLE interlock.unpaired (
    part smallint NOT NULL,
    record_id bigint NOT NULL
);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.alembic_version (version_num) FROM stdin;
0001
\.


--
-- Data for Name: api_key; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.api_key (id, principal_id, hash, prefix, created_at, revoked_at) FROM stdin;
\.


--
-- Data for Name: attempt; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.attempt (part, record_id, number, manager_id, claim_id, claimed_at, lease_expires_at, ended_at, outcome, digest, error_type, error_message, traceback, stdout, stderr) FROM stdin;
0	17	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	\N	\N	\N	\N	\N	\N	\N	\N
0	18	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	\N	\N	\N	\N	\N	\N	\N	\N
0	19	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	\N	\N	\N	\N	\N	\N	\N	\N
0	20	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	\N	\N	\N	\N	\N	\N	\N	\N
0	1	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.588516+00	COMPLETE	\\x73616d65	\N	\N	\N	\N	\N
0	2	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.588516+00	COMPLETE	\\x73616d65	\N	\N	\N	\N	\N
0	3	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.588516+00	COMPLETE	\\x73616d65	\N	\N	\N	\N	\N
0	4	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.588516+00	COMPLETE	\\x73616d65	\N	\N	\N	\N	\N
0	5	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	scf_not_converged	SCF did not converge in 128 cycles	\N	\N	\N
0	6	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	scf_not_converged	SCF did not converge in 250 cycles	\N	\N	\N
0	7	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	RuntimeError	cannot open /scratch/4711/input.xyz	\N	\N	\N
0	8	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	RuntimeError	cannot open /scratch/4712/input.xyz	\N	\N	\N
0	9	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	RuntimeError	'Hf' is not in list	\N	\N	\N
0	10	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	scf_not_converged	SCF did not converge in 128 cycles	\N	\N	\N
0	11	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	scf_not_converged	SCF did not converge in 250 cycles	\N	\N	\N
0	12	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	RuntimeError	cannot open /scratch/4711/input.xyz	\N	\N	\N
0	13	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	RuntimeError	cannot open /scratch/4712/input.xyz	\N	\N	\N
0	14	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	RuntimeError	'Hf' is not in list	\N	\N	\N
0	15	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	scf_not_converged	SCF did not converge in 128 cycles	\N	\N	\N
0	16	1	1	6237cc02-f9dd-47fa-9487-0ef00789eb05	2026-11-25 20:05:02.548534+00	2026-11-25 20:06:02.548534+00	2026-11-25 20:05:02.601295+00	ERROR	\\x73616d65	scf_not_converged	SCF did not converge in 250 cycles	\N	\N	\N
\.


--
-- Data for Name: claim; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.claim (manager_id, key, claim_id, at) FROM stdin;
\.


--
-- Data for Name: cohort; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.cohort (id, lane_id, owner_id, campaign, kind, kind_version) FROM stdin;
1	1	1	c0	python	1
2	2	2	c1	python	1
3	1	1	c2	python	1
4	4	4	\N	python	1
\.


--
-- Data for Name: event; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.event (part, seq, xid, record_id, from_status, to_status, action, actor, attempt, cohort_id, at, who, reason) FROM stdin;
0	1	758	1	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.510935+00	mary	\N
0	2	758	2	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512497+00	mary	\N
0	3	758	3	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512504+00	mary	\N
0	4	758	4	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512506+00	mary	\N
0	5	758	5	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512508+00	mary	\N
0	6	758	6	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512509+00	mary	\N
0	7	758	7	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.51251+00	mary	\N
0	8	758	8	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512512+00	mary	\N
0	9	758	9	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512513+00	mary	\N
0	10	758	10	\N	WAITING	SUBMIT	USER	0	1	2026-11-25 20:05:02.512515+00	mary	\N
0	11	761	11	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520645+00	mary	\N
0	12	761	12	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.52066+00	mary	\N
0	13	761	13	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520662+00	mary	\N
0	14	761	14	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520664+00	mary	\N
0	15	761	15	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520666+00	mary	\N
0	16	761	16	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520667+00	mary	\N
0	17	761	17	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520669+00	mary	\N
0	18	761	18	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.52067+00	mary	\N
0	19	761	19	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520671+00	mary	\N
0	20	761	20	\N	WAITING	SUBMIT	USER	0	2	2026-11-25 20:05:02.520681+00	mary	\N
0	21	763	21	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528477+00	mary	\N
0	22	763	22	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528496+00	mary	\N
0	23	763	23	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528498+00	mary	\N
0	24	763	24	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.5285+00	mary	\N
0	25	763	25	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528502+00	mary	\N
0	26	763	26	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528503+00	mary	\N
0	27	763	27	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528505+00	mary	\N
0	28	763	28	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528506+00	mary	\N
0	29	763	29	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528508+00	mary	\N
0	30	763	30	\N	WAITING	SUBMIT	USER	0	3	2026-11-25 20:05:02.528509+00	mary	\N
0	31	766	1	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567107+00	worker	\N
0	32	766	2	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567165+00	worker	\N
0	33	766	3	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567169+00	worker	\N
0	34	766	4	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567171+00	worker	\N
0	35	766	5	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567173+00	worker	\N
0	36	766	6	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567175+00	worker	\N
0	37	766	7	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567177+00	worker	\N
0	38	766	8	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567179+00	worker	\N
0	39	766	9	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.56718+00	worker	\N
0	40	766	10	WAITING	RUNNING	CLAIM	MANAGER	1	1	2026-11-25 20:05:02.567182+00	worker	\N
0	41	766	11	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567183+00	worker	\N
0	42	766	12	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567185+00	worker	\N
0	43	766	13	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567187+00	worker	\N
0	44	766	14	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567188+00	worker	\N
0	45	766	15	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.56719+00	worker	\N
0	46	766	16	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567191+00	worker	\N
0	47	766	17	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567193+00	worker	\N
0	48	766	18	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567194+00	worker	\N
0	49	766	19	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567196+00	worker	\N
0	50	766	20	WAITING	RUNNING	CLAIM	MANAGER	1	2	2026-11-25 20:05:02.567197+00	worker	\N
0	51	767	1	RUNNING	COMPLETE	COMPLETE	MANAGER	1	1	2026-11-25 20:05:02.594194+00	worker	\N
0	52	767	2	RUNNING	COMPLETE	COMPLETE	MANAGER	1	1	2026-11-25 20:05:02.594255+00	worker	\N
0	53	767	3	RUNNING	COMPLETE	COMPLETE	MANAGER	1	1	2026-11-25 20:05:02.594258+00	worker	\N
0	54	767	4	RUNNING	COMPLETE	COMPLETE	MANAGER	1	1	2026-11-25 20:05:02.59426+00	worker	\N
0	55	768	5	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	1	2026-11-25 20:05:02.602311+00	worker	\N
0	56	768	6	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	1	2026-11-25 20:05:02.602332+00	worker	\N
0	57	768	7	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	1	2026-11-25 20:05:02.602335+00	worker	\N
0	58	768	8	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	1	2026-11-25 20:05:02.602337+00	worker	\N
0	59	768	9	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	1	2026-11-25 20:05:02.602339+00	worker	\N
0	60	768	10	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	1	2026-11-25 20:05:02.602341+00	worker	\N
0	61	768	11	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	2	2026-11-25 20:05:02.602343+00	worker	\N
0	62	768	12	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	2	2026-11-25 20:05:02.602344+00	worker	\N
0	63	768	13	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	2	2026-11-25 20:05:02.602346+00	worker	\N
0	64	768	14	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	2	2026-11-25 20:05:02.602348+00	worker	\N
0	65	768	15	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	2	2026-11-25 20:05:02.602349+00	worker	\N
0	66	768	16	RUNNING	ERROR	REPORT_ERROR	MANAGER	1	2	2026-11-25 20:05:02.602351+00	worker	\N
0	67	770	5	ERROR	FAILED	FAIL	USER	1	1	2026-11-25 20:05:02.62164+00	mary	\N
0	68	770	6	ERROR	FAILED	FAIL	USER	1	1	2026-11-25 20:05:02.621658+00	mary	\N
0	69	770	7	ERROR	FAILED	FAIL	USER	1	1	2026-11-25 20:05:02.621661+00	mary	\N
0	70	771	8	ERROR	WAITING	RETRY	USER	1	1	2026-11-25 20:05:02.630868+00	mary	\N
0	71	772	21	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.648981+00	mary	\N
0	72	772	22	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649001+00	mary	\N
0	73	772	23	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649004+00	mary	\N
0	74	772	24	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649006+00	mary	\N
0	75	772	25	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649008+00	mary	\N
0	76	772	26	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.64901+00	mary	\N
0	77	772	27	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649686+00	mary	\N
0	78	772	28	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649692+00	mary	\N
0	79	772	29	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649694+00	mary	\N
0	80	772	30	WAITING	HOLD	HOLD	USER	0	3	2026-11-25 20:05:02.649696+00	mary	\N
0	81	773	21	HOLD	\N	KILL	USER	0	3	2026-11-25 20:05:02.661365+00	mary	\N
0	82	777	31	\N	WAITING	SUBMIT	USER	0	4	2026-11-25 20:05:02.681315+00	mary	\N
\.


--
-- Data for Name: feed_epoch; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.feed_epoch (only_row, epoch, system_identifier, timeline) FROM stdin;
t	54f47810.16384.16732	7712202603990861514	1
\.


--
-- Data for Name: idempotency; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.idempotency (principal_id, mutation, key, input_hash, outcome, at) FROM stdin;
\.


--
-- Data for Name: lane; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.lane (id, tag, programs) FROM stdin;
1	t0	{}
2	t1	{}
4	default	{}
\.


--
-- Data for Name: manager; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.manager (id, principal_id, name, cluster, hostname, version, tags, programs, lease_seconds, active, activated_at, heartbeat_at, completed, errors) FROM stdin;
1	3	worker	\N	\N	\N	{*}	{}	60	t	2026-11-25 20:05:02.532564+00	2026-11-25 20:05:02.601814+00	4	12
\.


--
-- Data for Name: principal; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.principal (id, name, role, created_at) FROM stdin;
1	o0	OPERATOR	2026-11-25 20:05:02.449278+00
2	o1	OPERATOR	2026-11-25 20:05:02.515927+00
3	worker's	MANAGER	2026-11-25 20:05:02.530841+00
4	owner	OPERATOR	2026-11-25 20:05:02.606662+00
\.


--
-- Data for Name: record; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.record (part, id, status, priority, retries, cohort_id, lane_id, attempt, since, submitted_at, retry_at, error_type) FROM stdin;
0	17	RUNNING	5	0	2	2	1	2026-11-25 20:05:02.548534+00	2026-11-25 20:05:02.520288+00	\N	\N
0	18	RUNNING	5	0	2	2	1	2026-11-25 20:05:02.548534+00	2026-11-25 20:05:02.520288+00	\N	\N
0	19	RUNNING	5	0	2	2	1	2026-11-25 20:05:02.548534+00	2026-11-25 20:05:02.520288+00	\N	\N
0	20	RUNNING	5	0	2	2	1	2026-11-25 20:05:02.548534+00	2026-11-25 20:05:02.520288+00	\N	\N
0	2	COMPLETE	5	0	1	1	1	2026-11-25 20:05:02.588516+00	2026-11-25 20:05:02.496698+00	\N	\N
0	3	COMPLETE	5	0	1	1	1	2026-11-25 20:05:02.588516+00	2026-11-25 20:05:02.496698+00	\N	\N
0	4	COMPLETE	5	0	1	1	1	2026-11-25 20:05:02.588516+00	2026-11-25 20:05:02.496698+00	\N	\N
0	9	ERROR	5	0	1	1	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.496698+00	\N	RuntimeError
0	10	ERROR	5	0	1	1	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.496698+00	\N	scf_not_converged
0	11	ERROR	5	0	2	2	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.520288+00	\N	scf_not_converged
0	12	ERROR	5	0	2	2	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.520288+00	\N	RuntimeError
0	13	ERROR	5	0	2	2	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.520288+00	\N	RuntimeError
0	14	ERROR	5	0	2	2	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.520288+00	\N	RuntimeError
0	15	ERROR	5	0	2	2	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.520288+00	\N	scf_not_converged
0	16	ERROR	5	0	2	2	1	2026-11-25 20:05:02.601295+00	2026-11-25 20:05:02.520288+00	\N	scf_not_converged
0	5	FAILED	5	0	1	1	1	2026-11-25 20:05:02.621227+00	2026-11-25 20:05:02.496698+00	\N	scf_not_converged
0	6	FAILED	5	0	1	1	1	2026-11-25 20:05:02.621325+00	2026-11-25 20:05:02.496698+00	\N	scf_not_converged
0	7	FAILED	5	0	1	1	1	2026-11-25 20:05:02.621335+00	2026-11-25 20:05:02.496698+00	\N	RuntimeError
0	8	WAITING	5	0	1	1	1	2026-11-25 20:05:02.630492+00	2026-11-25 20:05:02.496698+00	\N	\N
0	22	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648662+00	2026-11-25 20:05:02.528073+00	\N	\N
0	23	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648669+00	2026-11-25 20:05:02.528073+00	\N	\N
0	24	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648674+00	2026-11-25 20:05:02.528073+00	\N	\N
0	25	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648678+00	2026-11-25 20:05:02.528073+00	\N	\N
0	26	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648682+00	2026-11-25 20:05:02.528073+00	\N	\N
0	27	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648686+00	2026-11-25 20:05:02.528073+00	\N	\N
0	28	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648689+00	2026-11-25 20:05:02.528073+00	\N	\N
0	29	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648692+00	2026-11-25 20:05:02.528073+00	\N	\N
0	30	HOLD	5	0	3	1	0	2026-11-25 20:05:02.648695+00	2026-11-25 20:05:02.528073+00	\N	\N
0	1	COMPLETE	6	0	1	1	1	2026-11-25 20:05:02.588516+00	2026-11-25 20:05:02.496698+00	\N	\N
0	31	WAITING	5	0	4	4	0	2026-11-25 20:05:02.68102+00	2026-11-25 20:05:02.68102+00	\N	\N
\.


--
-- Data for Name: relabel; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.relabel (part, seq, xid, record_id, status, from_cohort, to_cohort, at) FROM stdin;
0	1	775	1	COMPLETE	1	1	2026-11-25 20:05:02.674911+00
\.


--
-- Data for Name: result; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.result (part, record_id, body) FROM stdin;
0	1	{}
0	2	{}
0	3	{}
0	4	{}
\.


--
-- Data for Name: specification; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.specification (part, record_id, body) FROM stdin;
0	1	{}
0	2	{}
0	3	{}
0	4	{}
0	5	{}
0	6	{}
0	7	{}
0	8	{}
0	9	{}
0	10	{}
0	11	{}
0	12	{}
0	13	{}
0	14	{}
0	15	{}
0	16	{}
0	17	{}
0	18	{}
0	19	{}
0	20	{}
0	22	{}
0	23	{}
0	24	{}
0	25	{}
0	26	{}
0	27	{}
0	28	{}
0	29	{}
0	30	{}
0	31	{}
\.


--
-- Data for Name: status_count; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.status_count (part, cohort_id, status, n) FROM stdin;
0	1	WAITING	1
0	1	COMPLETE	4
0	1	ERROR	2
0	1	FAILED	3
0	2	RUNNING	4
0	2	ERROR	6
0	3	HOLD	9
\.


--
-- Data for Name: task; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.task (part, record_id, function, args, kwargs) FROM stdin;
0	8	math:sqrt	[4]	{}
0	9	math:sqrt	[4]	{}
0	10	math:sqrt	[4]	{}
0	11	math:sqrt	[4]	{}
0	12	math:sqrt	[4]	{}
0	13	math:sqrt	[4]	{}
0	14	math:sqrt	[4]	{}
0	15	math:sqrt	[4]	{}
0	16	math:sqrt	[4]	{}
0	17	math:sqrt	[4]	{}
0	18	math:sqrt	[4]	{}
0	19	math:sqrt	[4]	{}
0	20	math:sqrt	[4]	{}
0	22	math:sqrt	[4]	{}
0	23	math:sqrt	[4]	{}
0	24	math:sqrt	[4]	{}
0	25	math:sqrt	[4]	{}
0	26	math:sqrt	[4]	{}
0	27	math:sqrt	[4]	{}
0	28	math:sqrt	[4]	{}
0	29	math:sqrt	[4]	{}
0	30	math:sqrt	[4]	{}
0	31	math:sqrt	[4]	{}
\.


--
-- Data for Name: tick; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.tick (id, prev, snap, first_pos, n, seq_from, seq_to, at) FROM stdin;
0	754:754:	754:754:	1	0	0	0	2026-11-25 20:05:02.330443+00
1	754:754:	774:774:	1	81	1	81	2026-11-25 20:05:02.670276+00
\.


--
-- Data for Name: unpaired; Type: TABLE DATA; Schema: interlock; Owner: -
--

COPY interlock.unpaired (part, record_id) FROM stdin;
\.


--
-- Name: api_key_id_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.api_key_id_seq', 1, false);


--
-- Name: cohort_id_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.cohort_id_seq', 4, true);


--
-- Name: event_seq_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.event_seq_seq', 82, true);


--
-- Name: lane_id_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.lane_id_seq', 4, true);


--
-- Name: manager_id_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.manager_id_seq', 1, true);


--
-- Name: principal_id_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.principal_id_seq', 4, true);


--
-- Name: record_id_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.record_id_seq', 31, true);


--
-- Name: relabel_seq_seq; Type: SEQUENCE SET; Schema: interlock; Owner: -
--

SELECT pg_catalog.setval('interlock.relabel_seq_seq', 1, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: api_key api_key_hash_key; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.api_key
    ADD CONSTRAINT api_key_hash_key UNIQUE (hash);


--
-- Name: api_key api_key_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);


--
-- Name: attempt attempt_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (record_id, number, part);


--
-- Name: claim claim_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.claim
    ADD CONSTRAINT claim_pkey PRIMARY KEY (manager_id, key);


--
-- Name: cohort cohort_labels; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.cohort
    ADD CONSTRAINT cohort_labels UNIQUE NULLS NOT DISTINCT (lane_id, owner_id, campaign, kind, kind_version);


--
-- Name: cohort cohort_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.cohort
    ADD CONSTRAINT cohort_pkey PRIMARY KEY (id);


--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (xid, seq, part);


--
-- Name: feed_epoch feed_epoch_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.feed_epoch
    ADD CONSTRAINT feed_epoch_pkey PRIMARY KEY (only_row);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal_id, mutation, key);


--
-- Name: lane lane_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (id);


--
-- Name: lane lane_tag_programs_key; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.lane
    ADD CONSTRAINT lane_tag_programs_key UNIQUE (tag, programs);


--
-- Name: manager manager_name_key; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.manager
    ADD CONSTRAINT manager_name_key UNIQUE (name);


--
-- Name: manager manager_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.manager
    ADD CONSTRAINT manager_pkey PRIMARY KEY (id);


--
-- Name: principal principal_name_key; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.principal
    ADD CONSTRAINT principal_name_key UNIQUE (name);


--
-- Name: principal principal_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.principal
    ADD CONSTRAINT principal_pkey PRIMARY KEY (id);


--
-- Name: record record_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.record
    ADD CONSTRAINT record_pkey PRIMARY KEY (part, id);


--
-- Name: relabel relabel_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.relabel
    ADD CONSTRAINT relabel_pkey PRIMARY KEY (xid, seq, part);


--
-- Name: result result_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.result
    ADD CONSTRAINT result_pkey PRIMARY KEY (record_id, part);


--
-- Name: specification specification_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.specification
    ADD CONSTRAINT specification_pkey PRIMARY KEY (record_id, part);


--
-- Name: status_count status_count_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.status_count
    ADD CONSTRAINT status_count_pkey PRIMARY KEY (part, cohort_id, status);


--
-- Name: task task_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (record_id, part);


--
-- Name: tick tick_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.tick
    ADD CONSTRAINT tick_pkey PRIMARY KEY (id);


--
-- Name: unpaired unpaired_pkey; Type: CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.unpaired
    ADD CONSTRAINT unpaired_pkey PRIMARY KEY (record_id, part);


--
-- Name: api_key_principal; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX api_key_principal ON interlock.api_key USING btree (principal_id);


--
-- Name: attempt_open; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX attempt_open ON interlock.attempt USING btree (part, manager_id, lease_expires_at) WHERE (ended_at IS NULL);


--
-- Name: claim_at; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX claim_at ON interlock.claim USING btree (at);


--
-- Name: cohort_owner; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX cohort_owner ON interlock.cohort USING btree (owner_id);


--
-- Name: event_by_record; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX event_by_record ON interlock.event USING btree (record_id, seq, part);


--
-- Name: idempotency_at; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX idempotency_at ON interlock.idempotency USING btree (at);


--
-- Name: manager_principal; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX manager_principal ON interlock.manager USING btree (principal_id);


--
-- Name: record_by_cohort; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX record_by_cohort ON interlock.record USING btree (part, cohort_id, status, id);


--
-- Name: record_by_error; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX record_by_error ON interlock.record USING btree (part, cohort_id, error_type, status, id) WHERE (status = ANY (ARRAY['ERROR'::interlock.record_status, 'FAILED'::interlock.record_status]));


--
-- Name: record_by_error_type; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX record_by_error_type ON interlock.record USING btree (part, error_type, status, id) WHERE (status = ANY (ARRAY['ERROR'::interlock.record_status, 'FAILED'::interlock.record_status]));


--
-- Name: record_by_status; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX record_by_status ON interlock.record USING btree (part, status, id);


--
-- Name: record_claim; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX record_claim ON interlock.record USING btree (part, lane_id, priority DESC, id) WHERE (status = 'WAITING'::interlock.record_status);


--
-- Name: record_errored_since; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX record_errored_since ON interlock.record USING btree (part, since) WHERE (status = 'ERROR'::interlock.record_status);


--
-- Name: record_retry_due; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX record_retry_due ON interlock.record USING btree (part, retry_at) WHERE ((status = 'ERROR'::interlock.record_status) AND (retry_at IS NOT NULL));


--
-- Name: tick_end; Type: INDEX; Schema: interlock; Owner: -
--

CREATE INDEX tick_end ON interlock.tick USING btree (((first_pos + n)));


--
-- Name: task active_record_keeps_task; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER active_record_keeps_task AFTER DELETE ON interlock.task REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION interlock.task_is_deleted();

ALTER TABLE interlock.task ENABLE ALWAYS TRIGGER active_record_keeps_task;


--
-- Name: unpaired active_record_needs_task; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE CONSTRAINT TRIGGER active_record_needs_task AFTER INSERT ON interlock.unpaired DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION interlock.judge_unpaired();

ALTER TABLE interlock.unpaired ENABLE ALWAYS TRIGGER active_record_needs_task;


--
-- Name: attempt attempt_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER attempt_is_never_truncated BEFORE TRUNCATE ON interlock.attempt FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.attempt ENABLE ALWAYS TRIGGER attempt_is_never_truncated;


--
-- Name: record attempts_are_counted_by_claims; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER attempts_are_counted_by_claims BEFORE UPDATE ON interlock.record FOR EACH ROW WHEN (((new.attempt <> old.attempt) AND (NOT ((old.status <> new.status) AND (new.status = 'RUNNING'::interlock.record_status) AND (new.attempt = (old.attempt + 1)))))) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER attempts_are_counted_by_claims;


--
-- Name: cohort cohort_is_kept; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER cohort_is_kept BEFORE DELETE OR UPDATE ON interlock.cohort FOR EACH ROW EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.cohort ENABLE ALWAYS TRIGGER cohort_is_kept;


--
-- Name: cohort cohort_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER cohort_is_never_truncated BEFORE TRUNCATE ON interlock.cohort FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.cohort ENABLE ALWAYS TRIGGER cohort_is_never_truncated;


--
-- Name: event event_comes_from_a_change; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER event_comes_from_a_change BEFORE INSERT ON interlock.event FOR EACH ROW WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.event ENABLE ALWAYS TRIGGER event_comes_from_a_change;


--
-- Name: event event_is_kept; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER event_is_kept BEFORE DELETE ON interlock.event FOR EACH ROW WHEN ((current_setting('interlock.history'::text, true) IS DISTINCT FROM 'expire'::text)) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.event ENABLE ALWAYS TRIGGER event_is_kept;


--
-- Name: event event_is_never_changed; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON interlock.event FOR EACH ROW WHEN (((current_setting('interlock.history'::text, true) IS DISTINCT FROM 'rebase'::text) OR ((((((((((((old.part IS DISTINCT FROM new.part) OR (old.seq IS DISTINCT FROM new.seq)) OR (old.record_id IS DISTINCT FROM new.record_id)) OR (old.from_status IS DISTINCT FROM new.from_status)) OR (old.to_status IS DISTINCT FROM new.to_status)) OR (old.action IS DISTINCT FROM new.action)) OR (old.actor IS DISTINCT FROM new.actor)) OR (old.attempt IS DISTINCT FROM new.attempt)) OR (old.cohort_id IS DISTINCT FROM new.cohort_id)) OR (old.at IS DISTINCT FROM new.at)) OR (old.who IS DISTINCT FROM new.who)) OR (old.reason IS DISTINCT FROM new.reason)))) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.event ENABLE ALWAYS TRIGGER event_is_never_changed;


--
-- Name: event event_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER event_is_never_truncated BEFORE TRUNCATE ON interlock.event FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.event ENABLE ALWAYS TRIGGER event_is_never_truncated;


--
-- Name: record every_delete_is_an_event; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER every_delete_is_an_event AFTER DELETE ON interlock.record REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION interlock.write_events_of_delete();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER every_delete_is_an_event;


--
-- Name: record every_insert_is_an_event; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER every_insert_is_an_event AFTER INSERT ON interlock.record REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION interlock.write_events_of_insert();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER every_insert_is_an_event;


--
-- Name: record every_update_is_an_event; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER every_update_is_an_event AFTER UPDATE ON interlock.record REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION interlock.write_events_of_update();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER every_update_is_an_event;


--
-- Name: feed_epoch feed_epoch_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER feed_epoch_is_never_truncated BEFORE TRUNCATE ON interlock.feed_epoch FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.feed_epoch ENABLE ALWAYS TRIGGER feed_epoch_is_never_truncated;


--
-- Name: lane lane_is_kept; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER lane_is_kept BEFORE DELETE OR UPDATE ON interlock.lane FOR EACH ROW EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.lane ENABLE ALWAYS TRIGGER lane_is_kept;


--
-- Name: lane lane_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER lane_is_never_truncated BEFORE TRUNCATE ON interlock.lane FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.lane ENABLE ALWAYS TRIGGER lane_is_never_truncated;


--
-- Name: manager manager_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER manager_is_never_truncated BEFORE TRUNCATE ON interlock.manager FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.manager ENABLE ALWAYS TRIGGER manager_is_never_truncated;


--
-- Name: principal principal_is_kept; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER principal_is_kept BEFORE DELETE ON interlock.principal FOR EACH ROW EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.principal ENABLE ALWAYS TRIGGER principal_is_kept;


--
-- Name: principal principal_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER principal_is_never_truncated BEFORE TRUNCATE ON interlock.principal FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.principal ENABLE ALWAYS TRIGGER principal_is_never_truncated;


--
-- Name: principal principal_keeps_its_name; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER principal_keeps_its_name BEFORE UPDATE ON interlock.principal FOR EACH ROW WHEN ((old.name <> new.name)) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.principal ENABLE ALWAYS TRIGGER principal_keeps_its_name;


--
-- Name: record record_is_killed_only_as_permitted; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER record_is_killed_only_as_permitted BEFORE DELETE ON interlock.record FOR EACH ROW WHEN ((old.status <> ALL (ARRAY['HOLD'::interlock.record_status, 'RUNNING'::interlock.record_status, 'WAITING'::interlock.record_status]))) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER record_is_killed_only_as_permitted;


--
-- Name: record record_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER record_is_never_truncated BEFORE TRUNCATE ON interlock.record FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER record_is_never_truncated;


--
-- Name: record record_keeps_its_key; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER record_keeps_its_key BEFORE UPDATE ON interlock.record FOR EACH ROW WHEN (((old.id <> new.id) OR (old.part <> new.part))) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER record_keeps_its_key;


--
-- Name: record record_move_is_complete; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER record_move_is_complete BEFORE UPDATE OF status ON interlock.record FOR EACH ROW WHEN (((old.status <> new.status) AND ((old.since = new.since) OR ((new.status = 'RUNNING'::interlock.record_status) AND (new.attempt = old.attempt))))) EXECUTE FUNCTION interlock.normalise_move();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER record_move_is_complete;


--
-- Name: record record_moves_only_as_permitted; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER record_moves_only_as_permitted BEFORE UPDATE ON interlock.record FOR EACH ROW WHEN (((old.status <> new.status) AND (NOT (((old.status = 'WAITING'::interlock.record_status) AND (new.status = ANY (ARRAY['RUNNING'::interlock.record_status, 'HOLD'::interlock.record_status]))) OR ((old.status = 'RUNNING'::interlock.record_status) AND (new.status = ANY (ARRAY['COMPLETE'::interlock.record_status, 'ERROR'::interlock.record_status]))) OR ((old.status = 'ERROR'::interlock.record_status) AND (new.status = ANY (ARRAY['FAILED'::interlock.record_status, 'WAITING'::interlock.record_status]))) OR ((old.status = 'HOLD'::interlock.record_status) AND (new.status = 'WAITING'::interlock.record_status)) OR ((old.status = 'FAILED'::interlock.record_status) AND (new.status = 'WAITING'::interlock.record_status)))))) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER record_moves_only_as_permitted;


--
-- Name: record record_starts_waiting; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER record_starts_waiting BEFORE INSERT ON interlock.record FOR EACH ROW WHEN (((new.status <> 'WAITING'::interlock.record_status) OR (new.attempt <> 0))) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.record ENABLE ALWAYS TRIGGER record_starts_waiting;


--
-- Name: relabel relabel_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER relabel_is_never_truncated BEFORE TRUNCATE ON interlock.relabel FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.relabel ENABLE ALWAYS TRIGGER relabel_is_never_truncated;


--
-- Name: result result_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER result_is_never_truncated BEFORE TRUNCATE ON interlock.result FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.result ENABLE ALWAYS TRIGGER result_is_never_truncated;


--
-- Name: specification specification_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER specification_is_never_truncated BEFORE TRUNCATE ON interlock.specification FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.specification ENABLE ALWAYS TRIGGER specification_is_never_truncated;


--
-- Name: status_count status_count_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER status_count_is_never_truncated BEFORE TRUNCATE ON interlock.status_count FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.status_count ENABLE ALWAYS TRIGGER status_count_is_never_truncated;


--
-- Name: task task_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER task_is_never_truncated BEFORE TRUNCATE ON interlock.task FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.task ENABLE ALWAYS TRIGGER task_is_never_truncated;


--
-- Name: task task_keeps_its_key; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER task_keeps_its_key BEFORE UPDATE ON interlock.task FOR EACH ROW WHEN (((old.record_id <> new.record_id) OR (old.part <> new.part))) EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.task ENABLE ALWAYS TRIGGER task_keeps_its_key;


--
-- Name: task task_needs_active_record; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER task_needs_active_record AFTER INSERT ON interlock.task REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION interlock.task_is_made();

ALTER TABLE interlock.task ENABLE ALWAYS TRIGGER task_needs_active_record;


--
-- Name: tick tick_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER tick_is_never_truncated BEFORE TRUNCATE ON interlock.tick FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.tick ENABLE ALWAYS TRIGGER tick_is_never_truncated;


--
-- Name: unpaired unpaired_is_never_truncated; Type: TRIGGER; Schema: interlock; Owner: -
--

CREATE TRIGGER unpaired_is_never_truncated BEFORE TRUNCATE ON interlock.unpaired FOR EACH STATEMENT EXECUTE FUNCTION interlock.refuse();

ALTER TABLE interlock.unpaired ENABLE ALWAYS TRIGGER unpaired_is_never_truncated;


--
-- Name: api_key api_key_principal_id_fkey; Type: FK CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.api_key
    ADD CONSTRAINT api_key_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES interlock.principal(id);


--
-- Name: cohort cohort_lane_id_fkey; Type: FK CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.cohort
    ADD CONSTRAINT cohort_lane_id_fkey FOREIGN KEY (lane_id) REFERENCES interlock.lane(id);


--
-- Name: cohort cohort_owner_id_fkey; Type: FK CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.cohort
    ADD CONSTRAINT cohort_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES interlock.principal(id);


--
-- Name: manager manager_principal_id_fkey; Type: FK CONSTRAINT; Schema: interlock; Owner: -
--

ALTER TABLE ONLY interlock.manager
    ADD CONSTRAINT manager_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES interlock.principal(id);


--
-- Name: SCHEMA interlock; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA interlock TO interlock_app;


--
-- Name: TABLE event; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT ON TABLE interlock.event TO interlock_app;


--
-- Name: FUNCTION expire_history(retention interval); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.expire_history(retention interval) FROM PUBLIC;
GRANT ALL ON FUNCTION interlock.expire_history(retention interval) TO interlock_app;


--
-- Name: FUNCTION judge_unpaired(); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.judge_unpaired() FROM PUBLIC;


--
-- Name: FUNCTION rebase_history(); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.rebase_history() FROM PUBLIC;
GRANT ALL ON FUNCTION interlock.rebase_history() TO interlock_app;


--
-- Name: TABLE relabel; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT ON TABLE interlock.relabel TO interlock_app;


--
-- Name: FUNCTION task_is_deleted(); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.task_is_deleted() FROM PUBLIC;


--
-- Name: FUNCTION task_is_made(); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.task_is_made() FROM PUBLIC;


--
-- Name: FUNCTION write_events_of_delete(); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.write_events_of_delete() FROM PUBLIC;


--
-- Name: FUNCTION write_events_of_insert(); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.write_events_of_insert() FROM PUBLIC;


--
-- Name: FUNCTION write_events_of_update(); Type: ACL; Schema: interlock; Owner: -
--

REVOKE ALL ON FUNCTION interlock.write_events_of_update() FROM PUBLIC;


--
-- Name: TABLE alembic_version; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT ON TABLE interlock.alembic_version TO interlock_app;


--
-- Name: TABLE api_key; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.api_key TO interlock_app;


--
-- Name: SEQUENCE api_key_id_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.api_key_id_seq TO interlock_app;


--
-- Name: TABLE attempt; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.attempt TO interlock_app;


--
-- Name: TABLE claim; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.claim TO interlock_app;


--
-- Name: TABLE cohort; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.cohort TO interlock_app;


--
-- Name: SEQUENCE cohort_id_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.cohort_id_seq TO interlock_app;


--
-- Name: SEQUENCE event_seq_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.event_seq_seq TO interlock_app;


--
-- Name: TABLE feed_epoch; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.feed_epoch TO interlock_app;


--
-- Name: TABLE idempotency; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.idempotency TO interlock_app;


--
-- Name: TABLE lane; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.lane TO interlock_app;


--
-- Name: SEQUENCE lane_id_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.lane_id_seq TO interlock_app;


--
-- Name: TABLE manager; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.manager TO interlock_app;


--
-- Name: SEQUENCE manager_id_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.manager_id_seq TO interlock_app;


--
-- Name: TABLE principal; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.principal TO interlock_app;


--
-- Name: SEQUENCE principal_id_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.principal_id_seq TO interlock_app;


--
-- Name: TABLE record; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.record TO interlock_app;


--
-- Name: SEQUENCE record_id_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.record_id_seq TO interlock_app;


--
-- Name: SEQUENCE relabel_seq_seq; Type: ACL; Schema: interlock; Owner: -
--

GRANT USAGE ON SEQUENCE interlock.relabel_seq_seq TO interlock_app;


--
-- Name: TABLE result; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.result TO interlock_app;


--
-- Name: TABLE specification; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.specification TO interlock_app;


--
-- Name: TABLE status_count; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.status_count TO interlock_app;


--
-- Name: TABLE task; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE interlock.task TO interlock_app;


--
-- Name: TABLE tick; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT,INSERT ON TABLE interlock.tick TO interlock_app;


--
-- Name: TABLE unpaired; Type: ACL; Schema: interlock; Owner: -
--

GRANT SELECT ON TABLE interlock.unpaired TO interlock_app;


--
-- PostgreSQL database dump complete
--

\unrestrict qn6iGN9LPP4B2zG8F3BG9xtLfkxkIITWiS9QtldaTB2BbXhUEotSz6PZggPxvhP

