-- What hangs on a record and is a ledger, not a place. Append-only; each carries its record's steward by composite key.

CREATE TABLE holding (                                -- chemicals of a major hazard installation
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  chemical     text NOT NULL,                         -- name as in GB 18218 table 1, or the substance's own
  cas          text,
  class_symbol text,                                  -- GB 18218 table 2 symbol (J1 … W11); supplies β where table 3 does not
  quantity_t   numeric(14, 4) CHECK (quantity_t >= 0),            -- on site now, tonnes; null = unknown
  design_max_t numeric(14, 4) NOT NULL CHECK (design_max_t >= 0), -- what S and R are computed from (4.2.2)
  supersedes   bigint UNIQUE REFERENCES holding,
  withdrawn    boolean NOT NULL DEFAULT false,
  actor        text NOT NULL,
  batch_id     bigint REFERENCES import_batch,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX holding_feature_idx ON holding (feature_id);

CREATE TABLE hidden_danger (                          -- 隐患: what was found; its states are events below
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  code         text NOT NULL,
  title        text NOT NULL,
  grade        text NOT NULL CHECK (grade IN ('general', 'major')),   -- 一般 / 重大
  found_on     date NOT NULL,
  actor        text NOT NULL,
  batch_id     bigint REFERENCES import_batch,
  demo         boolean NOT NULL DEFAULT false,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (code, steward_org),
  UNIQUE (id, steward_org),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX hidden_danger_feature_idx ON hidden_danger (feature_id);

CREATE TABLE hidden_danger_event (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  danger_id    bigint NOT NULL,
  steward_org  int NOT NULL,
  state        text NOT NULL CHECK (state IN ('listed', 'rectifying', 'rectified', 'closed', 'withdrawn')),  -- 挂账 整改中 待复查 已销账 撤回
  deadline_on  date,
  person       text,
  note         text,
  happened_on  date NOT NULL,
  actor        text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (danger_id, steward_org) REFERENCES hidden_danger (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX hidden_danger_event_danger_idx ON hidden_danger_event (danger_id, id DESC);

-- State now: the last event recorded. Overdue is not stored; it is deadline < today while open.
CREATE VIEW hidden_danger_now WITH (security_invoker = true) AS
  SELECT d.id, d.feature_id, d.steward_org, d.code, d.title, d.grade, d.found_on, d.demo, e.state, e.deadline_on, e.person, e.recorded_at
  FROM hidden_danger d
  JOIN LATERAL (SELECT state, deadline_on, person, recorded_at FROM hidden_danger_event e WHERE e.danger_id = d.id ORDER BY e.id DESC LIMIT 1) e ON true;

CREATE TABLE stock_batch (                            -- one lot of one kind of supply in one depot
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  supply_code  text NOT NULL CHECK (supply_code ~ '^[0-9]{7}$'),  -- GB/T 38565
  supply_name  text NOT NULL,
  unit         text NOT NULL,
  batch_no     text,
  location     text,
  expires_on   date,                                  -- null: does not expire or is unknown; never taken as "good for ever" in plans
  minimum_reserve numeric(14, 2) NOT NULL DEFAULT 0 CHECK (minimum_reserve >= 0),
  actor        text NOT NULL,
  import_id    bigint REFERENCES import_batch,
  demo         boolean NOT NULL DEFAULT false,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, steward_org),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX stock_batch_feature_idx ON stock_batch (feature_id);
CREATE INDEX stock_batch_supply_idx  ON stock_batch (supply_code);

CREATE TABLE stock_movement (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stock_id     bigint NOT NULL,
  steward_org  int NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('receipt', 'issue', 'transfer_out', 'transfer_in', 'count')),
  quantity     numeric(14, 2) NOT NULL CHECK (quantity <> 0),     -- signed change of the balance
  note         text,
  actor        text NOT NULL,
  happened_at  timestamptz NOT NULL DEFAULT now(),
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (stock_id, steward_org) REFERENCES stock_batch (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX stock_movement_stock_idx ON stock_movement (stock_id);

-- No negative stock, ever: the batch row is locked, then the balance with the new movement is tested.
CREATE FUNCTION app.stock_never_negative() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.quantity < 0 THEN
    PERFORM 1 FROM stock_batch WHERE id = NEW.stock_id FOR UPDATE;
    IF (SELECT coalesce(sum(quantity), 0) FROM stock_movement WHERE stock_id = NEW.stock_id) + NEW.quantity < 0 THEN
      RAISE EXCEPTION 'stock of batch % would become negative', NEW.stock_id USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stock_movement_balance BEFORE INSERT ON stock_movement FOR EACH ROW EXECUTE FUNCTION app.stock_never_negative();

CREATE VIEW stock_now WITH (security_invoker = true) AS
  SELECT b.id, b.feature_id, b.steward_org, b.supply_code, b.supply_name, b.unit, b.batch_no, b.location, b.expires_on, b.minimum_reserve, b.demo,
         coalesce((SELECT sum(m.quantity) FROM stock_movement m WHERE m.stock_id = b.id), 0) AS quantity
  FROM stock_batch b;

CREATE TRIGGER holding_append             BEFORE DELETE ON holding             FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER hidden_danger_append       BEFORE DELETE ON hidden_danger       FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER hidden_danger_event_append BEFORE DELETE ON hidden_danger_event FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER stock_movement_append      BEFORE DELETE ON stock_movement      FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
