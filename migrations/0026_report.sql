-- Reports of an incident (突发事件信息报告): 初报, 续报, 终报, numbered by the database, each with all its elements as they were known then.
-- Nothing is changed or taken away; what changed since the one before is worked out from the two. Read by whoever reads incidents, written by who commands.

CREATE TABLE report (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id   bigint NOT NULL REFERENCES incident,
  number        int NOT NULL,                          -- 1 is the first; between it and the final one they follow
  kind          text NOT NULL CHECK (kind IN ('first', 'follow', 'final')),
  elements      jsonb NOT NULL,                        -- null in it: not known (待查), never a zero
  plan_number   int,                                   -- the plan in force then
  actor         text NOT NULL,
  person        text,
  recorded_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (incident_id, number),
  FOREIGN KEY (incident_id, plan_number) REFERENCES plan (incident_id, number),
  CHECK ((kind = 'first') = (number = 1)),
  CHECK (jsonb_typeof(elements) = 'object' AND elements ?& ARRAY[
    'title', 'nature', 'level', 'happened_at', 'reported_at', 'place', 'unit', 'source', 'cause', 'scene', 'deaths', 'missing', 'serious', 'injured',
    'moved', 'loss_wan', 'scope', 'measures', 'trend', 'advice'])
);

-- Counts are counts, words are words, and what is not known is null: an empty text or a count below nothing is none of them.
CREATE FUNCTION app.elements_sound(elements jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(bool_and(CASE
    WHEN jsonb_typeof(e.value) = 'null' THEN e.key NOT IN ('title', 'nature', 'reported_at', 'place')
    WHEN e.key IN ('deaths', 'missing', 'serious', 'injured', 'moved', 'loss_wan', 'level')
      THEN jsonb_typeof(e.value) = 'number' AND (e.value #>> '{}')::numeric >= 0
           AND (e.key = 'loss_wan' OR (e.value #>> '{}')::numeric = trunc((e.value #>> '{}')::numeric))
    ELSE jsonb_typeof(e.value) = 'string' AND length(btrim(e.value #>> '{}')) > 0 AND length(e.value #>> '{}') <= 2000 END), false)
  FROM jsonb_each(elements) e $$;
ALTER TABLE report ADD CONSTRAINT report_elements CHECK (app.elements_sound(elements));

CREATE FUNCTION app.keep_report() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last report;
BEGIN
  NEW.actor := app.actor();
  IF NEW.incident_id IS NULL OR NEW.kind IS NULL THEN RETURN NEW; END IF;
  PERFORM pg_advisory_xact_lock(19, (NEW.incident_id % 2147483647)::int);
  SELECT * INTO last FROM report WHERE incident_id = NEW.incident_id ORDER BY number DESC LIMIT 1;
  IF last.kind = 'final' THEN
    RAISE EXCEPTION 'after the final report there is none' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.number IS NOT NULL AND NEW.number <> coalesce(last.number, 0) + 1 THEN
    RAISE EXCEPTION 'another report was made meanwhile' USING ERRCODE = 'unique_violation';
  END IF;
  NEW.number := coalesce(last.number, 0) + 1;
  IF (NEW.number = 1) <> (NEW.kind = 'first') THEN
    RAISE EXCEPTION 'the first report is the first' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER report_numbered BEFORE INSERT ON report FOR EACH ROW EXECUTE FUNCTION app.keep_report();
CREATE TRIGGER report_append BEFORE UPDATE OR DELETE ON report FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

ALTER TABLE report ENABLE ROW LEVEL SECURITY;
ALTER TABLE report FORCE ROW LEVEL SECURITY;
CREATE POLICY report_read   ON report FOR SELECT TO riskmap_app USING ((SELECT app.actor()) IS NOT NULL AND (SELECT app.may_read_incident()));
CREATE POLICY report_insert ON report FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.may_command()));
GRANT SELECT, INSERT ON report TO riskmap_app;
