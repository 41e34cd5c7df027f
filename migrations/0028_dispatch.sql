-- Dispatches (调拨单): supplies ordered for an incident. A dispatch is a document of the stock book like any other, and its movements are the book's.
--   draft → ordered → loaded → received          out of the book when it is loaded; what is ordered is promised and free for nobody else
--                            → returned          back into the lots it came from
--           ordered → cancelled
-- Ordered by who commands; loaded and taken back by who keeps the depot's book; received by the shelter's or a commander. Who loads did not order,
-- who receives did not load. A depot never goes under its minimum reserve, an expired lot never goes, the first to expire goes first.

ALTER TABLE stock_document
  ADD COLUMN incident_id bigint REFERENCES incident,
  ADD COLUMN loaded_by   text,
  ADD COLUMN loaded_at   timestamptz,
  DROP CONSTRAINT stock_document_kind_check,
  DROP CONSTRAINT stock_document_state_check,
  DROP CONSTRAINT stock_document_check,
  DROP CONSTRAINT stock_document_check4,
  ADD CONSTRAINT stock_document_kind_check CHECK (kind IN ('receipt', 'issue', 'transfer', 'count', 'scrap', 'reversal', 'dispatch')),
  ADD CONSTRAINT stock_document_state_check CHECK (state IN ('draft', 'waiting', 'sent', 'declined', 'posted', 'refused', 'returned')
                                                  OR kind = 'dispatch' AND state IN ('ordered', 'loaded', 'received', 'cancelled')),
  ADD CONSTRAINT stock_document_to CHECK ((kind = 'dispatch' OR (kind = 'transfer') = (to_feature_id IS NOT NULL))
                                          AND (to_feature_id IS NULL) = (to_org IS NULL) AND to_feature_id IS DISTINCT FROM feature_id),
  ADD CONSTRAINT stock_document_two CHECK (checker IS NULL OR checker <> CASE WHEN kind = 'dispatch' AND state = 'received' THEN loaded_by ELSE maker END
                                           OR kind = 'dispatch' AND state IN ('returned', 'cancelled')),
  ADD CONSTRAINT stock_document_incident CHECK ((kind = 'dispatch') = (incident_id IS NOT NULL)),
  ADD CONSTRAINT stock_document_loaded CHECK (loaded_by IS NULL OR kind = 'dispatch' AND loaded_by <> maker AND loaded_at IS NOT NULL),
  ADD CONSTRAINT stock_document_why CHECK (kind <> 'dispatch' OR state NOT IN ('cancelled', 'returned') OR coalesce(length(btrim(answer)), 0) >= 2);
CREATE INDEX stock_document_promised_idx ON stock_document (feature_id) WHERE kind = 'dispatch' AND state = 'ordered';
CREATE INDEX stock_document_incident_idx ON stock_document (incident_id) WHERE incident_id IS NOT NULL;
ALTER TABLE stock_movement
  DROP CONSTRAINT stock_movement_kind_check,
  ADD CONSTRAINT stock_movement_kind_check
    CHECK (kind IN ('receipt', 'issue', 'transfer_out', 'transfer_in', 'count', 'scrap', 'reversal', 'dispatch', 'dispatch_back'));

-- As in 0013; of a dispatch the lot is not locked when it is written (who commands may not), the depot's lock stands for it.
CREATE OR REPLACE FUNCTION app.stock_line_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  d stock_document;
  b stock_batch;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW) - '{to_stock_id,steward_org,to_org}'::text[] = to_jsonb(OLD) - '{to_stock_id,steward_org,to_org}'::text[] AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
    IF to_jsonb(NEW) - '{steward_org,to_org}'::text[] = to_jsonb(OLD) - '{steward_org,to_org}'::text[]
       AND (NEW.steward_org, NEW.to_org) IS DISTINCT FROM (OLD.steward_org, OLD.to_org) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a line of stock does not change' USING ERRCODE = 'restrict_violation';
  END IF;
  SELECT * INTO d FROM stock_document WHERE id = NEW.document_id;
  IF NOT FOUND OR d.state <> 'draft' OR d.maker IS DISTINCT FROM app.actor() OR d.kind = 'reversal' THEN
    RAISE EXCEPTION 'a line belongs to a document its maker is writing' USING ERRCODE = 'restrict_violation';
  END IF;
  IF d.kind = 'dispatch' THEN
    SELECT * INTO b FROM stock_batch WHERE id = NEW.stock_id;
  ELSE
    SELECT * INTO b FROM stock_batch WHERE id = NEW.stock_id FOR UPDATE;
  END IF;
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

-- Pieces of a lot that other ordered dispatches are to take.
CREATE FUNCTION app.dispatch_promised(lot bigint, beside bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(l.quantity), 0) FROM stock_line l JOIN stock_document o ON o.id = l.document_id
  WHERE l.stock_id = lot AND o.kind = 'dispatch' AND o.state = 'ordered' AND o.id <> beside $$;

-- Whether the depot may give what the dispatch takes; the depot's lock is held until the transaction ends, so that two never count the same pieces.
CREATE FUNCTION app.dispatch_holds(d stock_document, first boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  k record;
  l record;
  good numeric;
  promised numeric;
  least numeric;
  today date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
  PERFORM pg_advisory_xact_lock(20, (d.feature_id % 2147483647)::int);
  FOR l IN SELECT i.*, s.quantity AS held FROM stock_line i LEFT JOIN stock_now s ON s.id = i.stock_id WHERE i.document_id = d.id LOOP
    IF l.expires_on < today THEN
      RAISE EXCEPTION 'lot % expired on %', l.stock_id, l.expires_on USING ERRCODE = 'check_violation', CONSTRAINT = 'dispatch_expired';
    END IF;
    IF coalesce(l.held, 0) - app.dispatch_promised(l.stock_id, d.id) < l.quantity THEN
      RAISE EXCEPTION 'lot % has less', l.stock_id USING ERRCODE = 'check_violation', CONSTRAINT = 'dispatch_room';
    END IF;
    IF first AND EXISTS (
      SELECT 1 FROM stock_now s WHERE s.feature_id = d.feature_id AND s.supply_code = l.supply_code AND s.unit = l.unit AND s.expires_on >= today
         AND (l.expires_on IS NULL OR s.expires_on < l.expires_on)
         AND s.quantity - app.dispatch_promised(s.id, d.id) > coalesce((SELECT i.quantity FROM stock_line i WHERE i.document_id = d.id AND i.stock_id = s.id), 0)) THEN
      RAISE EXCEPTION 'what expires before lot % goes first', l.stock_id USING ERRCODE = 'check_violation', CONSTRAINT = 'dispatch_first';
    END IF;
  END LOOP;
  FOR k IN SELECT supply_code, unit, sum(quantity) AS quantity FROM stock_line WHERE document_id = d.id GROUP BY 1, 2 LOOP
    SELECT coalesce(sum(s.quantity - app.dispatch_promised(s.id, d.id)), 0) INTO good FROM stock_now s
    WHERE s.feature_id = d.feature_id AND s.supply_code = k.supply_code AND s.unit = k.unit AND (s.expires_on IS NULL OR s.expires_on >= today);
    SELECT coalesce(sum(r.quantity), 0) INTO promised FROM reservation_active r
    WHERE r.feature_id = d.feature_id AND r.kind = 'stock' AND r.supply_code = k.supply_code AND r.unit = k.unit AND r.incident_id <> d.incident_id;
    least := coalesce((SELECT m.minimum FROM stock_minimum m WHERE m.feature_id = d.feature_id AND m.supply_code = k.supply_code ORDER BY m.id DESC LIMIT 1),
                      (SELECT sum(b.minimum_reserve) FROM stock_batch b WHERE b.feature_id = d.feature_id AND b.supply_code = k.supply_code), 0);
    IF good - promised - k.quantity < least THEN
      RAISE EXCEPTION '% % are free, % are to stay', good - promised, k.unit, least USING ERRCODE = 'check_violation', CONSTRAINT = 'dispatch_reserve';
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION app.dispatch_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor text := app.actor();
  keeps boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.maker := actor;
    IF NEW.state <> 'draft' OR NEW.checker IS NOT NULL OR NEW.decided_at IS NOT NULL OR NEW.answer IS NOT NULL OR NEW.loaded_by IS NOT NULL THEN
      RAISE EXCEPTION 'a document begins as a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.incident_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM incident_now n WHERE n.id = NEW.incident_id AND n.state = 'open') THEN
      RAISE EXCEPTION 'supplies go to an incident that is open' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.steward_org, NEW.to_org) IS DISTINCT FROM (OLD.steward_org, OLD.to_org) THEN   -- a depot handed over takes its book along
    IF to_jsonb(NEW) - '{steward_org,to_org}'::text[] <> to_jsonb(OLD) - '{steward_org,to_org}'::text[] THEN
      RAISE EXCEPTION 'a document does not change hands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  NEW.loaded_by := OLD.loaded_by; NEW.loaded_at := OLD.loaded_at;
  IF to_jsonb(NEW) - '{state,checker,answer,decided_at}'::text[] <> to_jsonb(OLD) - '{state,checker,answer,decided_at}'::text[] THEN
    RAISE EXCEPTION 'what a document says does not change' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM stock_line l WHERE l.document_id = NEW.id) THEN
    RAISE EXCEPTION 'a document without lines moves nothing' USING ERRCODE = 'restrict_violation';
  END IF;
  keeps := app.may_move_stock() AND app.owns(OLD.steward_org);
  CASE
    WHEN OLD.state = 'draft' AND NEW.state = 'ordered' THEN
      IF actor IS DISTINCT FROM OLD.maker OR NOT app.may_command() THEN
        RAISE EXCEPTION 'a dispatch is ordered by who commands' USING ERRCODE = 'insufficient_privilege';
      END IF;
      PERFORM app.dispatch_holds(NEW, true);
      RETURN NEW;
    WHEN OLD.state = 'ordered' AND NEW.state = 'loaded' THEN
      IF actor IS NULL OR NOT keeps OR actor = OLD.maker THEN
        RAISE EXCEPTION 'who keeps the book loads, in his own name' USING ERRCODE = 'insufficient_privilege';
      END IF;
      PERFORM app.dispatch_holds(NEW, false);
      NEW.loaded_by := actor; NEW.loaded_at := now();
    WHEN OLD.state = 'ordered' AND NEW.state = 'cancelled' THEN
      IF actor IS NULL OR NOT (keeps OR app.may_command()) THEN
        RAISE EXCEPTION 'who commands or keeps the book cancels' USING ERRCODE = 'insufficient_privilege';
      END IF;
    WHEN OLD.state = 'loaded' AND NEW.state = 'received' THEN
      IF actor IS NULL OR actor = OLD.loaded_by OR NOT (app.may_command() OR app.may_move_stock() AND app.owns(coalesce(OLD.to_org, OLD.steward_org))) THEN
        RAISE EXCEPTION 'who receives did not load' USING ERRCODE = 'insufficient_privilege';
      END IF;
    WHEN OLD.state = 'loaded' AND NEW.state = 'returned' THEN
      IF actor IS NULL OR NOT keeps THEN
        RAISE EXCEPTION 'who keeps the book takes it back' USING ERRCODE = 'insufficient_privilege';
      END IF;
    ELSE
      RAISE EXCEPTION 'a dispatch does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
  END CASE;
  IF NEW.state <> 'loaded' THEN
    NEW.checker := actor; NEW.decided_at := now();
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION app.dispatch_posts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  l stock_line;
BEGIN
  IF NEW.state = OLD.state OR NEW.state NOT IN ('loaded', 'returned') THEN RETURN NULL; END IF;
  FOR l IN SELECT * FROM stock_line WHERE document_id = NEW.id ORDER BY stock_id LOOP   -- in one order, so that two never wait for each other
    INSERT INTO stock_movement (stock_id, steward_org, kind, quantity, note, actor, happened_at, document_id)
    VALUES (l.stock_id, l.steward_org, CASE NEW.state WHEN 'loaded' THEN 'dispatch' ELSE 'dispatch_back' END,
            CASE NEW.state WHEN 'loaded' THEN -l.quantity ELSE l.quantity END, coalesce(NEW.answer, NEW.reason), app.actor(), now(), NEW.id);
  END LOOP;
  RETURN NULL;
END $$;

DROP TRIGGER stock_document_moves ON stock_document;
DROP TRIGGER stock_document_posts ON stock_document;
CREATE TRIGGER stock_document_moves BEFORE INSERT OR UPDATE ON stock_document FOR EACH ROW WHEN (NEW.kind <> 'dispatch') EXECUTE FUNCTION app.stock_document_moves();
CREATE TRIGGER stock_document_posts AFTER UPDATE ON stock_document FOR EACH ROW WHEN (NEW.kind <> 'dispatch') EXECUTE FUNCTION app.stock_document_posts();
CREATE TRIGGER dispatch_moves BEFORE INSERT OR UPDATE ON stock_document FOR EACH ROW WHEN (NEW.kind = 'dispatch') EXECUTE FUNCTION app.dispatch_moves();
CREATE TRIGGER dispatch_posts AFTER UPDATE ON stock_document FOR EACH ROW WHEN (NEW.kind = 'dispatch') EXECUTE FUNCTION app.dispatch_posts();

-- Who commands writes orders, and nothing else of the book.
CREATE POLICY stock_document_order ON stock_document FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.may_command()) AND kind = 'dispatch');
CREATE POLICY stock_document_order_turn ON stock_document FOR UPDATE TO riskmap_app USING ((SELECT app.may_command()) AND kind = 'dispatch');
CREATE POLICY stock_line_order ON stock_line FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_command()) AND EXISTS (SELECT 1 FROM stock_document d WHERE d.id = document_id AND d.kind = 'dispatch'));
