-- The index of a box page holds the place too: what lies in the box is known from it alone, and only the records of the page are read.
DROP INDEX feature_cell_idx;
CREATE INDEX feature_cell_idx ON feature (layer, cell) INCLUDE (id, rank, status, steward_org, geom);
