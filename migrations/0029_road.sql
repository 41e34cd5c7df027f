-- Roads (路网): nodes and edges of a roads dataset. Many versions may be kept; the newest is in force, a past day is graded on its own.
-- Read by all staff and the engine, written by the command line alone. `facts` of a dataset: hash, counts, how it hangs together.

ALTER TABLE dataset ADD COLUMN datum text NOT NULL DEFAULT 'wgs84' CHECK (length(datum) BETWEEN 1 AND 40);  -- what the coordinates were brought in; stored is WGS 84
ALTER TABLE dataset ADD COLUMN facts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(facts) = 'object');

CREATE TABLE road_node (
  dataset_id   int NOT NULL REFERENCES dataset,
  id           int NOT NULL CHECK (id >= 0),
  geom         geometry(Point, 4326) NOT NULL,
  PRIMARY KEY (dataset_id, id)
);

CREATE TABLE road_edge (
  dataset_id   int NOT NULL REFERENCES dataset,
  id           int NOT NULL CHECK (id >= 0),
  source       int NOT NULL,
  target       int NOT NULL,
  class        text NOT NULL,                         -- data/codes/road_class.tsv
  name         text NOT NULL DEFAULT '',
  direction    smallint NOT NULL CHECK (direction IN (-1, 0, 1)),  -- 1 from source to target only, -1 against, 0 both
  drive_kmh    double precision NOT NULL CHECK (drive_kmh >= 0),   -- under way; 0: not driven
  walk         boolean NOT NULL,
  metres       double precision NOT NULL CHECK (metres > 0),
  geom         geometry(LineString, 4326) NOT NULL,
  PRIMARY KEY (dataset_id, id),
  FOREIGN KEY (dataset_id, source) REFERENCES road_node,
  FOREIGN KEY (dataset_id, target) REFERENCES road_node
);
CREATE INDEX road_edge_geom_idx ON road_edge USING gist (geom);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['road_node', 'road_edge'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_app USING ((SELECT app.actor()) IS NOT NULL AND (SELECT app.reads()))', t || '_read', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.role()) = ''operator'')', t || '_bring', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_engine USING (true)', t || '_engine', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO riskmap_app', t);
    EXECUTE format('GRANT SELECT ON %I TO riskmap_engine', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change()', t || '_append', t);
  END LOOP;
END $$;
CREATE POLICY dataset_bring ON dataset FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.role()) = 'operator');
GRANT INSERT ON dataset TO riskmap_app;
