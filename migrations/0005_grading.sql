-- What the engine reads besides records (datasets) and what it alone writes (fragments, cells, grades, closings).

CREATE TABLE method (
  id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         text NOT NULL UNIQUE,
  parameters   jsonb NOT NULL,                        -- parameter → {value, unit, reason}
  state        text NOT NULL CHECK (state IN ('draft', 'trial', 'in_force', 'ended')),
  drafted_by   text NOT NULL,
  approved_by  text CHECK (approved_by <> drafted_by),
  in_force_from date,
  created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE dataset (                                -- population, borders, roads: versioned, named in every run
  id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CHECK (kind IN ('population', 'borders', 'roads')),
  name         text NOT NULL,
  source       text NOT NULL,
  valid_on     date NOT NULL,                         -- the date the figures speak of
  demo         boolean NOT NULL DEFAULT false,
  recorded_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE population_cell (
  dataset_id   int NOT NULL REFERENCES dataset,
  cell         bigint NOT NULL,                       -- H3 resolution 9
  district_code text NOT NULL REFERENCES district,
  residents_milli bigint NOT NULL CHECK (residents_milli >= 0),
  PRIMARY KEY (dataset_id, cell, district_code)
);

CREATE TABLE fragment (                               -- district × cell
  dataset_id   int NOT NULL REFERENCES dataset,       -- of kind borders
  cell         bigint NOT NULL,
  district_code text NOT NULL,                        -- 000000: outside the city
  area_m2      double precision NOT NULL,
  PRIMARY KEY (dataset_id, cell, district_code)
);

CREATE TABLE grading_run (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CHECK (kind IN ('full', 'incremental', 'closing')),
  method_id    int NOT NULL REFERENCES method,
  as_of        date NOT NULL,
  datasets     int[] NOT NULL,
  through_event bigint NOT NULL DEFAULT 0,            -- last event taken into account
  sources      int NOT NULL,
  cells        int NOT NULL,
  engine_ms    double precision NOT NULL,
  digest       text NOT NULL,                         -- of every stored value, to compare full with incremental
  notes        jsonb NOT NULL DEFAULT '[]',           -- what was unknown or estimated
  started_at   timestamptz NOT NULL,
  ended_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cell_grade (                             -- resolution 9, only cells with H > 0
  cell         bigint PRIMARY KEY,
  hazard_micro bigint NOT NULL,
  residents_milli bigint NOT NULL,
  exposure_milli bigint NOT NULL DEFAULT 0,           -- residents + occupants of protected sites
  coping_micro int NOT NULL,
  risk_micro   int NOT NULL,
  level        smallint NOT NULL CHECK (level BETWEEN 1 AND 4),
  sources      int NOT NULL,
  run_id       bigint NOT NULL REFERENCES grading_run
);

CREATE TABLE district_grade (                         -- current
  district_code text PRIMARY KEY REFERENCES district,
  d_micro      bigint,                                -- null: 未评估
  t_micro      bigint,
  computed     smallint CHECK (computed BETWEEN 1 AND 4),   -- 固有; null 未评估
  shown        smallint CHECK (shown BETWEEN 1 AND 4),      -- 现状; null 未评估
  confidence   text CHECK (confidence IN ('A', 'B', 'C')),
  detail       jsonb NOT NULL DEFAULT '{}',
  run_id       bigint NOT NULL REFERENCES grading_run
);

CREATE TABLE closing (                                -- daily, append-only; the curve reads these
  district_code text NOT NULL REFERENCES district,
  closed_on    date NOT NULL,
  d_micro      bigint,
  t_micro      bigint,
  computed     smallint,
  shown        smallint,
  confidence   text,
  detail       jsonb NOT NULL DEFAULT '{}',
  predecessor  date,
  run_id       bigint REFERENCES grading_run,
  demo         boolean NOT NULL DEFAULT false,        -- marked history of the demo city
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (district_code, closed_on)
);
CREATE TRIGGER closing_append BEFORE UPDATE OR DELETE ON closing FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

CREATE TABLE grade_override (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  district_code text NOT NULL REFERENCES district,
  shown        smallint NOT NULL CHECK (shown BETWEEN 1 AND 4),
  reason       text NOT NULL CHECK (length(reason) >= 4),
  expires_on   date NOT NULL,
  actor        text NOT NULL,
  withdrawn_at timestamptz,
  recorded_at  timestamptz NOT NULL DEFAULT now()
);
