-- What the counts and statistics of hidden dangers are worked out from.
-- in:    as dangers_where
-- out:   state, grade, found_on, deadline_on, happened_on, district_code, sector
-- index: as dangers_where
SELECT w.state, w.grade, w.found_on, w.deadline_on, w.happened_on, w.district_code, w.sector FROM (
%include(dangers_where)
) w
