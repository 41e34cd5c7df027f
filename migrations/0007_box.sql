-- A page of a box is found from this index alone: the cells of the box, what the order and the wall ask, then 200 records.
DROP INDEX feature_cell_idx;
CREATE INDEX feature_cell_idx ON feature (layer, cell) INCLUDE (id, rank, status, steward_org);
