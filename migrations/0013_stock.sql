-- The stock ledger's own rules, kept by the database: a document with its lines makes the movements, all of them or none.
--   receipt, issue                draft → posted
--   transfer inside one unit      draft → posted                          out and in together
--   transfer to another unit      draft → sent → posted | declined → returned       on the way until its receiver says so
--   count                         draft → posted (as the book says) | waiting → posted | refused     a difference needs a second person
--   scrap                         draft → waiting → posted | refused      always a second person
--   reversal                      draft → posted, or waiting where what it reverses needed a second person
-- A balance is the sum of its movements and never negative (0003). Movements are mended by counter-movements alone.

-- Who records movements: stock.move in riskmap/core/role.py.
CREATE FUNCTION app.may_move_stock() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('street_clerk', 'district_clerk', 'risk_officer', 'operator') $$;

-- Who says yes to another's count or scrap: stock.approve there.
CREATE FUNCTION app.may_approve_stock() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('reviewer', 'district_head', 'risk_officer', 'operator') $$;

CREATE FUNCTION app.owns(org int) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.sees_all() OR org = ANY (app.orgs()) $$;

ALTER TABLE stock_batch
  ADD COLUMN produced_on date,                         -- null: unknown
  ADD CONSTRAINT stock_batch_dates CHECK (produced_on IS NULL OR expires_on IS NULL OR produced_on <= expires_on);

CREATE TABLE stock_document (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind          text NOT NULL CHECK (kind IN ('receipt', 'issue', 'transfer', 'count', 'scrap', 'reversal')),
  state         text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'waiting', 'sent', 'declined', 'posted', 'refused', 'returned')),
  feature_id    bigint NOT NULL,                       -- the depot whose book it is
  steward_org   int NOT NULL,
  to_feature_id bigint,                                -- the depot a transfer goes to
  to_org        int,
  reverses      bigint REFERENCES stock_document,
  reason        text,
  party         text,                                  -- from whom, or to whom
  maker         text NOT NULL,
  checker       text,                                  -- who approved, received, declined
  answer        text,                                  -- what the checker said
  happened_at   timestamptz NOT NULL DEFAULT now(),
  recorded_at   timestamptz NOT NULL DEFAULT now(),
  decided_at    timestamptz,
  UNIQUE (id, steward_org),
  UNIQUE (id, to_org),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE,
  FOREIGN KEY (to_feature_id, to_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE,
  CHECK ((kind = 'transfer') = (to_feature_id IS NOT NULL) AND (to_feature_id IS NULL) = (to_org IS NULL) AND to_feature_id IS DISTINCT FROM feature_id),
  CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
  CHECK (kind NOT IN ('scrap', 'reversal') OR coalesce(length(btrim(reason)), 0) >= 2),
  CHECK (state NOT IN ('refused', 'declined') OR coalesce(length(btrim(answer)), 0) >= 2),
  CHECK (checker IS NULL OR checker <> maker)
);
CREATE INDEX stock_document_feature_idx ON stock_document (feature_id, id DESC);
CREATE INDEX stock_document_to_idx      ON stock_document (to_feature_id, id DESC) WHERE to_feature_id IS NOT NULL;
CREATE INDEX stock_document_open_idx    ON stock_document (state, id) WHERE state IN ('waiting', 'sent', 'declined');
CREATE UNIQUE INDEX stock_document_reversed_once ON stock_document (reverses) WHERE state <> 'refused';

-- A line carries what the lot is, so that a receiver reads it without seeing the sender's book.
CREATE TABLE stock_line (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  document_id   bigint NOT NULL,
  steward_org   int NOT NULL,
  to_org        int,
  stock_id      bigint NOT NULL,
  quantity      numeric(14, 2) NOT NULL CHECK (quantity >= 0),   -- moved; of a count: what was counted
  expected      numeric(14, 2),                        -- of a count: what the book said at that moment
  supply_code   text NOT NULL,
  supply_name   text NOT NULL,
  unit          text NOT NULL,
  batch_no      text,
  produced_on   date,
  expires_on    date,
  to_stock_id   bigint,                                -- the lot it became at its receiver's
  UNIQUE (document_id, stock_id),
  -- deferred: a depot handed over reaches a line by two ways, one after the other
  FOREIGN KEY (document_id, steward_org) REFERENCES stock_document (id, steward_org) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (document_id, to_org) REFERENCES stock_document (id, to_org) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (stock_id, steward_org) REFERENCES stock_batch (id, steward_org) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
);

ALTER TABLE stock_movement
  ADD COLUMN document_id bigint REFERENCES stock_document,       -- null: the first receipt of a lot brought in by a file
  DROP CONSTRAINT stock_movement_kind_check,
  ADD CONSTRAINT stock_movement_kind_check CHECK (kind IN ('receipt', 'issue', 'transfer_out', 'transfer_in', 'count', 'scrap', 'reversal'));
CREATE INDEX stock_movement_document_idx ON stock_movement (document_id) WHERE document_id IS NOT NULL;

-- The least a depot is to hold of a kind; the last one said holds, and stands before what its lots carry.
CREATE TABLE stock_minimum (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id    bigint NOT NULL,
  steward_org   int NOT NULL,
  supply_code   text NOT NULL CHECK (supply_code ~ '^[0-9]{7}$'),
  supply_name   text NOT NULL,
  unit          text NOT NULL,
  minimum       numeric(14, 2) NOT NULL CHECK (minimum >= 0),
  actor         text NOT NULL,
  recorded_at   timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX stock_minimum_feature_idx ON stock_minimum (feature_id, supply_code, id DESC);

CREATE FUNCTION app.named_by_actor() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.actor := app.actor(); RETURN NEW; END $$;
CREATE TRIGGER stock_minimum_named  BEFORE INSERT ON stock_minimum FOR EACH ROW EXECUTE FUNCTION app.named_by_actor();
CREATE TRIGGER stock_minimum_append BEFORE DELETE ON stock_minimum FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

-- No negative stock, ever: the lot is locked, then its balance with the new movement is tested. A lot that cannot be locked is not moved.
CREATE OR REPLACE FUNCTION app.stock_never_negative() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.document_id IS NULL THEN
    IF NEW.kind <> 'receipt' OR NEW.quantity < 0 OR NOT app.may_put() THEN
      RAISE EXCEPTION 'a movement comes out of a document' USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSIF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a movement is written by its document' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.quantity < 0 THEN
    PERFORM 1 FROM stock_batch WHERE id = NEW.stock_id FOR UPDATE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'lot % is not the mover''s', NEW.stock_id USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (SELECT coalesce(sum(quantity), 0) FROM stock_movement WHERE stock_id = NEW.stock_id) + NEW.quantity < 0 THEN
      RAISE EXCEPTION 'stock of batch % would become negative', NEW.stock_id USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_never_negative';
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION app.stock_line_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  d stock_document;
  b stock_batch;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    -- the receiver's lot, written by the document; or a depot handed over to another organisation
    IF to_jsonb(NEW) - '{to_stock_id,steward_org,to_org}'::text[] = to_jsonb(OLD) - '{to_stock_id,steward_org,to_org}'::text[] AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
    IF to_jsonb(NEW) - '{steward_org,to_org}'::text[] = to_jsonb(OLD) - '{steward_org,to_org}'::text[]
       AND (NEW.steward_org, NEW.to_org) IS DISTINCT FROM (OLD.steward_org, OLD.to_org) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a line of stock does not change' USING ERRCODE = 'restrict_violation';
  END IF;
  SELECT * INTO d FROM stock_document WHERE id = NEW.document_id;
  IF NOT FOUND OR d.state <> 'draft' OR d.maker IS DISTINCT FROM app.actor() OR d.kind = 'reversal' THEN
    RAISE EXCEPTION 'a line belongs to a document its maker is writing' USING ERRCODE = 'restrict_violation';
  END IF;
  SELECT * INTO b FROM stock_batch WHERE id = NEW.stock_id FOR UPDATE;
  IF NOT FOUND OR b.feature_id <> d.feature_id OR b.steward_org <> d.steward_org OR NEW.steward_org IS DISTINCT FROM d.steward_org THEN
    RAISE EXCEPTION 'a line is of a lot of the document''s own depot' USING ERRCODE = 'restrict_violation';
  END IF;
  IF d.kind <> 'count' AND NEW.quantity <= 0 THEN
    RAISE EXCEPTION 'nothing is moved by a line of %', NEW.quantity USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_line_quantity';
  END IF;
  NEW.to_org := d.to_org;
  NEW.to_stock_id := NULL;
  NEW.supply_code := b.supply_code; NEW.supply_name := b.supply_name; NEW.unit := b.unit;
  NEW.batch_no := b.batch_no; NEW.produced_on := b.produced_on; NEW.expires_on := b.expires_on;
  NEW.expected := CASE WHEN d.kind = 'count' THEN (SELECT coalesce(sum(quantity), 0) FROM stock_movement WHERE stock_id = b.id) END;
  RETURN NEW;
END $$;
CREATE TRIGGER stock_line_kept   BEFORE INSERT OR UPDATE ON stock_line FOR EACH ROW EXECUTE FUNCTION app.stock_line_kept();
CREATE TRIGGER stock_line_append BEFORE DELETE ON stock_line FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

-- Whether a second person is needed for it.
CREATE FUNCTION app.stock_needs_two(d stock_document) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE d.kind
    WHEN 'scrap' THEN true
    WHEN 'count' THEN EXISTS (SELECT 1 FROM stock_line l WHERE l.document_id = d.id AND l.quantity <> l.expected)
    WHEN 'reversal' THEN EXISTS (SELECT 1 FROM stock_document r WHERE r.id = d.reverses AND r.kind IN ('count', 'scrap'))
    ELSE false END $$;

CREATE FUNCTION app.stock_document_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor text := app.actor();
  old_doc stock_document;
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.maker := actor;
    IF NEW.state <> 'draft' OR NEW.checker IS NOT NULL OR NEW.decided_at IS NOT NULL OR NEW.answer IS NOT NULL THEN
      RAISE EXCEPTION 'a document begins as a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.happened_at > now() + interval '5 minutes' THEN
      RAISE EXCEPTION 'nothing has moved tomorrow' USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_document_happened';
    END IF;
    IF NEW.reverses IS NOT NULL THEN
      SELECT * INTO old_doc FROM stock_document WHERE id = NEW.reverses;
      IF NOT FOUND OR old_doc.state <> 'posted' OR old_doc.feature_id <> NEW.feature_id OR old_doc.kind = 'reversal' OR old_doc.to_org <> old_doc.steward_org THEN
        RAISE EXCEPTION 'only a posted document of the same book is reversed' USING ERRCODE = 'restrict_violation';
      END IF;
    END IF;
    RETURN NEW;
  END IF;

  IF (NEW.steward_org, NEW.to_org) IS DISTINCT FROM (OLD.steward_org, OLD.to_org) THEN   -- a depot handed over takes its book along
    IF to_jsonb(NEW) - '{steward_org,to_org}'::text[] <> to_jsonb(OLD) - '{steward_org,to_org}'::text[] THEN
      RAISE EXCEPTION 'a document does not change hands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - '{state,checker,answer,decided_at}'::text[] <> to_jsonb(OLD) - '{state,checker,answer,decided_at}'::text[] THEN
    RAISE EXCEPTION 'what a document says does not change' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM stock_line l WHERE l.document_id = NEW.id) AND NEW.kind <> 'reversal' THEN
    RAISE EXCEPTION 'a document without lines moves nothing' USING ERRCODE = 'restrict_violation';
  END IF;

  CASE
    WHEN OLD.state = 'draft' THEN
      IF actor IS DISTINCT FROM OLD.maker OR NOT app.may_move_stock() OR NOT app.owns(OLD.steward_org) THEN
        RAISE EXCEPTION 'a document is posted by its maker' USING ERRCODE = 'insufficient_privilege';
      END IF;
      IF (NEW.state <> CASE WHEN app.stock_needs_two(NEW) THEN 'waiting' WHEN NEW.kind = 'transfer' AND NEW.to_org <> NEW.steward_org THEN 'sent' ELSE 'posted' END)
         OR NEW.checker IS NOT NULL THEN
        RAISE EXCEPTION 'this % does not go to %', NEW.kind, NEW.state USING ERRCODE = 'restrict_violation';
      END IF;
      IF NEW.state = 'waiting' AND coalesce(length(btrim(NEW.reason)), 0) < 2 THEN
        RAISE EXCEPTION 'a difference has a reason' USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_document_reason';
      END IF;
    WHEN OLD.state = 'waiting' AND NEW.state IN ('posted', 'refused') THEN
      IF actor IS NULL OR actor = OLD.maker OR NEW.checker IS DISTINCT FROM actor OR NOT app.may_approve_stock() OR NOT app.owns(OLD.steward_org) THEN
        RAISE EXCEPTION 'a second person decides, in his own name' USING ERRCODE = 'insufficient_privilege';
      END IF;
    WHEN OLD.state = 'sent' AND NEW.state IN ('posted', 'declined') THEN
      IF actor IS NULL OR actor = OLD.maker OR NEW.checker IS DISTINCT FROM actor OR NOT app.may_move_stock() OR NOT app.owns(OLD.to_org) THEN
        RAISE EXCEPTION 'who receives says so, in his own name' USING ERRCODE = 'insufficient_privilege';
      END IF;
    WHEN OLD.state = 'declined' AND NEW.state = 'returned' THEN
      IF NOT app.may_move_stock() OR NOT app.owns(OLD.steward_org) OR (NEW.checker, NEW.answer) IS DISTINCT FROM (OLD.checker, OLD.answer) THEN
        RAISE EXCEPTION 'who sent takes it back' USING ERRCODE = 'insufficient_privilege';
      END IF;
    ELSE
      RAISE EXCEPTION 'a document does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
  END CASE;
  RETURN NEW;
END $$;
CREATE TRIGGER stock_document_moves BEFORE INSERT OR UPDATE ON stock_document FOR EACH ROW EXECUTE FUNCTION app.stock_document_moves();
CREATE TRIGGER stock_document_stays BEFORE DELETE ON stock_document FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

-- One movement of one line.
CREATE FUNCTION app.stock_move(d stock_document, lot bigint, org int, what text, amount numeric) RETURNS void LANGUAGE sql AS $$
  INSERT INTO stock_movement (stock_id, steward_org, kind, quantity, note, actor, happened_at, document_id)
  VALUES (lot, org, what, amount, d.reason, app.actor(), CASE WHEN d.decided_at IS NULL THEN d.happened_at ELSE now() END, d.id) $$;

-- The lot of the receiving depot a line goes into: the same goods, or a new lot.
CREATE FUNCTION app.stock_received(d stock_document, l stock_line) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  lot bigint;
BEGIN
  SELECT id INTO lot FROM stock_batch b
  WHERE b.feature_id = d.to_feature_id AND b.supply_code = l.supply_code AND b.unit = l.unit
    AND (b.batch_no, b.produced_on, b.expires_on) IS NOT DISTINCT FROM (l.batch_no, l.produced_on, l.expires_on)
  ORDER BY id LIMIT 1;
  IF lot IS NULL THEN
    INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, batch_no, produced_on, expires_on, actor)
    VALUES (d.to_feature_id, d.to_org, l.supply_code, l.supply_name, l.unit, l.batch_no, l.produced_on, l.expires_on, app.actor()) RETURNING id INTO lot;
  END IF;
  UPDATE stock_line SET to_stock_id = lot WHERE id = l.id;
  RETURN lot;
END $$;

CREATE FUNCTION app.stock_document_posts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  l stock_line;
  m record;
BEGIN
  IF NEW.state NOT IN ('posted', 'sent', 'returned') OR NEW.state = OLD.state THEN RETURN NULL; END IF;
  IF NEW.kind = 'reversal' THEN
    FOR m IN SELECT stock_id, steward_org, sum(quantity) AS quantity FROM stock_movement WHERE document_id = NEW.reverses GROUP BY 1, 2 ORDER BY 1 LOOP
      IF m.quantity <> 0 THEN PERFORM app.stock_move(NEW, m.stock_id, m.steward_org, 'reversal', -m.quantity); END IF;
    END LOOP;
    RETURN NULL;
  END IF;
  FOR l IN SELECT * FROM stock_line WHERE document_id = NEW.id ORDER BY stock_id LOOP   -- in one order, so that two never wait for each other
    CASE
      WHEN NEW.kind = 'receipt' THEN PERFORM app.stock_move(NEW, l.stock_id, l.steward_org, 'receipt', l.quantity);
      WHEN NEW.kind IN ('issue', 'scrap') THEN PERFORM app.stock_move(NEW, l.stock_id, l.steward_org, NEW.kind, -l.quantity);
      WHEN NEW.kind = 'count' THEN
        IF l.quantity <> l.expected THEN PERFORM app.stock_move(NEW, l.stock_id, l.steward_org, 'count', l.quantity - l.expected); END IF;
      WHEN NEW.state = 'sent' THEN PERFORM app.stock_move(NEW, l.stock_id, l.steward_org, 'transfer_out', -l.quantity);
      WHEN NEW.state = 'returned' THEN PERFORM app.stock_move(NEW, l.stock_id, l.steward_org, 'transfer_in', l.quantity);
      ELSE
        IF OLD.state = 'draft' THEN PERFORM app.stock_move(NEW, l.stock_id, l.steward_org, 'transfer_out', -l.quantity); END IF;
        PERFORM app.stock_move(NEW, app.stock_received(NEW, l), NEW.to_org, 'transfer_in', l.quantity);
    END CASE;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER stock_document_posts AFTER UPDATE ON stock_document FOR EACH ROW EXECUTE FUNCTION app.stock_document_posts();

DROP VIEW stock_now;
CREATE VIEW stock_now WITH (security_invoker = true) AS
  SELECT b.id, b.feature_id, b.steward_org, b.supply_code, b.supply_name, b.unit, b.batch_no, b.location, b.expires_on, b.minimum_reserve, b.demo,
         coalesce((SELECT sum(m.quantity) FROM stock_movement m WHERE m.stock_id = b.id), 0) AS quantity, b.produced_on
  FROM stock_batch b;
GRANT SELECT ON stock_now TO riskmap_app, riskmap_engine;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['stock_document', 'stock_line', 'stock_minimum'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_engine USING (true)', t || '_engine', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO riskmap_app', t);
    EXECUTE format('GRANT SELECT ON %I TO riskmap_engine', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO riskmap_app
                      WITH CHECK ((SELECT app.may_move_stock()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_insert', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['stock_document', 'stock_line'] LOOP   -- a transfer is both units' business
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_app
                      USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[]) OR to_org = ANY ((SELECT app.orgs())::int[])))', t || '_read', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR UPDATE TO riskmap_app
                      USING (((SELECT app.may_move_stock()) OR (SELECT app.may_approve_stock()))
                             AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[]) OR to_org = ANY ((SELECT app.orgs())::int[])))', t || '_update', t);
  END LOOP;
  -- who moves or approves writes movements by way of a document, and locks the lots for it
  FOREACH t IN ARRAY ARRAY['stock_batch', 'stock_movement'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO riskmap_app
                      WITH CHECK (((SELECT app.may_move_stock()) OR (SELECT app.may_approve_stock())) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_move', t);
  END LOOP;
END $$;
CREATE POLICY stock_minimum_read ON stock_minimum FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY stock_batch_lock ON stock_batch FOR UPDATE TO riskmap_app
  USING (((SELECT app.may_move_stock()) OR (SELECT app.may_approve_stock())) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
GRANT UPDATE (state, checker, answer, decided_at) ON stock_document TO riskmap_app;
GRANT UPDATE (to_stock_id) ON stock_line TO riskmap_app;
