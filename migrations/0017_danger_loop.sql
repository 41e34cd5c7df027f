-- Hidden dangers (隐患) as a closed loop, kept by the database: which move is legal, who may make it, and that nobody checks work of his own.
--   register → registered   list: registered → listed   start: listed → rectifying   rectify: listed, rectifying → rectified
--   return: rectified → rectifying   close: rectified → closed   withdraw: registered, listed, rectifying → withdrawn
--   ask, extend, refuse (deadline) and supervise, lift (挂牌督办) leave the state as it is. Overdue is never stored.
-- The screens ask the same questions first (core/danger.py). What a ledger import brings (move `import`) tells a state kept elsewhere;
-- once a danger was moved here, no import moves it any more.

CREATE FUNCTION app.may_report_danger() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('street_clerk', 'district_clerk', 'risk_officer', 'operator') $$;
CREATE FUNCTION app.may_rectify_danger() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('street_clerk', 'district_clerk', 'risk_officer', 'operator') $$;
CREATE FUNCTION app.may_check_danger() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('reviewer', 'district_head', 'risk_officer', 'operator') $$;
CREATE FUNCTION app.may_supervise_danger() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('risk_officer', 'operator') $$;

CREATE SEQUENCE hidden_danger_number;
GRANT USAGE ON SEQUENCE hidden_danger_number TO riskmap_app;

ALTER TABLE hidden_danger
  ADD COLUMN criterion text,                          -- data/codes/danger_criterion.tsv: the published criterion by which it is 重大
  ADD COLUMN basis     text;                          -- or the basis in words, where no listed criterion applies

ALTER TABLE hidden_danger_event DROP CONSTRAINT hidden_danger_event_state_check;
ALTER TABLE hidden_danger_event
  ADD COLUMN seq         int,                         -- version of the danger after this event
  ADD COLUMN move        text NOT NULL DEFAULT 'import',
  ADD COLUMN unit        text,                        -- responsible for the rectification, with `person`
  ADD COLUMN asked_on    date,                        -- a later deadline asked for and not yet decided on
  ADD COLUMN attachment  text,                        -- reference of the evidence, where it is kept
  ADD COLUMN supervision text,                        -- 挂牌督办 by whom: district, city, national; null: none
  ADD CONSTRAINT hidden_danger_event_state_check CHECK (state IN ('registered', 'listed', 'rectifying', 'rectified', 'closed', 'withdrawn')),
  ADD CONSTRAINT hidden_danger_event_move_check CHECK (move IN ('import', 'register', 'list', 'start', 'rectify', 'return', 'close', 'withdraw',
                                                                'ask', 'extend', 'refuse', 'supervise', 'lift')),
  ADD CONSTRAINT hidden_danger_event_supervision_check CHECK (supervision IN ('district', 'city', 'national'));

-- The owner writes past its own wall here alone, to number what is on record.
ALTER TABLE hidden_danger_event NO FORCE ROW LEVEL SECURITY;
UPDATE hidden_danger_event e SET seq = n.seq
FROM (SELECT id, row_number() OVER (PARTITION BY danger_id ORDER BY id) AS seq FROM hidden_danger_event) n WHERE n.id = e.id;
ALTER TABLE hidden_danger_event FORCE ROW LEVEL SECURITY;
ALTER TABLE hidden_danger_event ALTER COLUMN seq SET NOT NULL, ADD UNIQUE (danger_id, seq);

CREATE OR REPLACE VIEW hidden_danger_now WITH (security_invoker = true) AS
  SELECT d.id, d.feature_id, d.steward_org, d.code, d.title, d.grade, d.found_on, d.demo, e.state, e.deadline_on, e.person, e.recorded_at,
         e.seq AS version, e.move, e.unit, e.asked_on, e.supervision, e.happened_on, d.criterion, d.basis
  FROM hidden_danger d
  JOIN LATERAL (SELECT * FROM hidden_danger_event e WHERE e.danger_id = d.id ORDER BY e.id DESC LIMIT 1) e ON true;

-- (move, from, to); '' is nothing yet.
CREATE FUNCTION app.danger_move(move text, before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (move, before, after) IN (
     ('register', '', 'registered'), ('list', 'registered', 'listed'), ('start', 'listed', 'rectifying'),
     ('rectify', 'listed', 'rectified'), ('rectify', 'rectifying', 'rectified'), ('return', 'rectified', 'rectifying'), ('close', 'rectified', 'closed'),
     ('withdraw', 'registered', 'withdrawn'), ('withdraw', 'listed', 'withdrawn'), ('withdraw', 'rectifying', 'withdrawn'))
   OR (move IN ('ask', 'extend', 'refuse', 'supervise', 'lift') AND before = after AND before IN ('listed', 'rectifying', 'rectified')) $$;

CREATE FUNCTION app.keep_danger_loop() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor  text := app.actor();
  last   hidden_danger_event;
  danger hidden_danger;
  other  text;
BEGIN
  SELECT * INTO last FROM hidden_danger_event WHERE danger_id = NEW.danger_id ORDER BY seq DESC LIMIT 1;
  IF NEW.seq IS NULL THEN
    NEW.seq := coalesce(last.seq, 0) + 1;
  ELSIF NEW.seq <> coalesce(last.seq, 0) + 1 THEN
    RAISE EXCEPTION 'hidden danger % has moved on', NEW.danger_id USING ERRCODE = 'unique_violation';
  END IF;

  IF NEW.move = 'import' THEN
    IF NOT app.may_put() THEN
      RAISE EXCEPTION 'this role imports no state' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT 1 FROM hidden_danger_event WHERE danger_id = NEW.danger_id AND move <> 'import') THEN
      RAISE EXCEPTION 'hidden danger % is moved here and by no import', NEW.danger_id USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.unit := coalesce(NEW.unit, last.unit);
    RETURN NEW;
  END IF;

  SELECT * INTO danger FROM hidden_danger WHERE id = NEW.danger_id;
  IF danger.id IS NULL THEN
    RAISE EXCEPTION 'no such hidden danger' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF actor IS NULL OR NEW.actor <> actor THEN
    RAISE EXCEPTION 'a move is made in the name of who makes it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT (CASE WHEN NEW.move IN ('register', 'list', 'ask') THEN app.may_report_danger()
              WHEN NEW.move IN ('start', 'rectify') THEN app.may_rectify_danger()
              WHEN NEW.move IN ('supervise', 'lift') THEN app.may_supervise_danger()
              ELSE app.may_check_danger() END) THEN
    RAISE EXCEPTION 'this role does not %', NEW.move USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT app.danger_move(NEW.move, coalesce(last.state, ''), NEW.state) THEN
    RAISE EXCEPTION 'a hidden danger does not go from % to % by %', last.state, NEW.state, NEW.move USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.happened_on < greatest(danger.found_on, last.happened_on) THEN
    RAISE EXCEPTION 'a move is not before what it follows' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.deadline_on IS DISTINCT FROM last.deadline_on AND NEW.move NOT IN ('register', 'list', 'extend'))
     OR ((NEW.person, NEW.unit) IS DISTINCT FROM (last.person, last.unit) AND NEW.move NOT IN ('register', 'list'))
     OR (NEW.asked_on IS DISTINCT FROM last.asked_on AND NEW.move NOT IN ('ask', 'extend', 'refuse'))
     OR (NEW.supervision IS DISTINCT FROM last.supervision AND NEW.move NOT IN ('supervise', 'lift')) THEN
    RAISE EXCEPTION '% changes nothing else', NEW.move USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.move IN ('rectify', 'return', 'withdraw', 'ask', 'refuse', 'supervise', 'lift') AND coalesce(length(btrim(NEW.note)), 0) < 2 THEN
    RAISE EXCEPTION '% is given with its reason', NEW.move USING ERRCODE = 'restrict_violation';
  END IF;

  CASE NEW.move
    WHEN 'register' THEN
      IF danger.grade = 'major' AND danger.criterion IS NULL AND coalesce(length(btrim(danger.basis)), 0) < 2 THEN
        RAISE EXCEPTION 'a major hidden danger names its criterion or basis' USING ERRCODE = 'restrict_violation';
      END IF;
    WHEN 'list' THEN
      IF NEW.deadline_on IS NULL OR NEW.deadline_on < danger.found_on OR coalesce(btrim(NEW.person), '') = '' OR coalesce(btrim(NEW.unit), '') = '' THEN
        RAISE EXCEPTION 'it is listed with deadline, person and unit' USING ERRCODE = 'restrict_violation';
      END IF;
    WHEN 'close', 'return' THEN
      SELECT e.actor INTO other FROM hidden_danger_event e WHERE e.danger_id = NEW.danger_id AND e.state = 'rectified' AND e.move IN ('rectify', 'import')
      ORDER BY e.seq DESC LIMIT 1;
      IF other = actor THEN
        RAISE EXCEPTION 'nobody checks a rectification of his own' USING ERRCODE = 'insufficient_privilege';
      END IF;
      IF NEW.move = 'close' AND last.supervision IS NOT NULL THEN
        RAISE EXCEPTION 'the supervision is lifted first' USING ERRCODE = 'restrict_violation';
      END IF;
    WHEN 'withdraw' THEN
      SELECT e.actor INTO other FROM hidden_danger_event e WHERE e.danger_id = NEW.danger_id ORDER BY e.seq LIMIT 1;
      IF other = actor THEN
        RAISE EXCEPTION 'nobody withdraws what he registered' USING ERRCODE = 'insufficient_privilege';
      END IF;
      IF last.supervision IS NOT NULL THEN
        RAISE EXCEPTION 'the supervision is lifted first' USING ERRCODE = 'restrict_violation';
      END IF;
    WHEN 'ask' THEN
      IF last.asked_on IS NOT NULL OR NEW.asked_on IS NULL OR NEW.asked_on <= last.deadline_on THEN
        RAISE EXCEPTION 'one later deadline is asked for at a time' USING ERRCODE = 'restrict_violation';
      END IF;
    WHEN 'extend', 'refuse' THEN
      IF last.asked_on IS NULL OR NEW.asked_on IS NOT NULL
         OR NEW.deadline_on IS DISTINCT FROM (CASE NEW.move WHEN 'extend' THEN last.asked_on ELSE last.deadline_on END) THEN
        RAISE EXCEPTION 'the deadline asked for is granted or refused, nothing else' USING ERRCODE = 'restrict_violation';
      END IF;
      SELECT e.actor INTO other FROM hidden_danger_event e WHERE e.danger_id = NEW.danger_id AND e.move = 'ask' ORDER BY e.seq DESC LIMIT 1;
      IF other = actor THEN
        RAISE EXCEPTION 'nobody grants what he asked for' USING ERRCODE = 'insufficient_privilege';
      END IF;
    WHEN 'supervise' THEN
      IF danger.grade <> 'major' OR last.supervision IS NOT NULL OR NEW.supervision IS NULL THEN
        RAISE EXCEPTION 'a major hidden danger is put under supervision once' USING ERRCODE = 'restrict_violation';
      END IF;
    WHEN 'lift' THEN
      IF last.supervision IS NULL OR NEW.supervision IS NOT NULL THEN
        RAISE EXCEPTION 'there is no supervision to lift' USING ERRCODE = 'restrict_violation';
      END IF;
    ELSE NULL;
  END CASE;
  RETURN NEW;
END $$;
CREATE TRIGGER hidden_danger_event_moves BEFORE INSERT ON hidden_danger_event FOR EACH ROW EXECUTE FUNCTION app.keep_danger_loop();

CREATE FUNCTION app.keep_danger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT app.may_put() AND (NEW.actor IS DISTINCT FROM app.actor() OR NEW.batch_id IS NOT NULL OR NEW.demo) AND NEW.feature_id IS NOT NULL THEN
    RAISE EXCEPTION 'a hidden danger is registered in the name of who registers it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hidden_danger_registered BEFORE INSERT ON hidden_danger FOR EACH ROW EXECUTE FUNCTION app.keep_danger();

ALTER POLICY hidden_danger_insert ON hidden_danger
  WITH CHECK (((SELECT app.may_put()) OR (SELECT app.may_report_danger())) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
ALTER POLICY hidden_danger_event_insert ON hidden_danger_event
  WITH CHECK (((SELECT app.may_put()) OR (SELECT app.may_report_danger()) OR (SELECT app.may_rectify_danger()) OR (SELECT app.may_check_danger())
               OR (SELECT app.may_supervise_danger())) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
