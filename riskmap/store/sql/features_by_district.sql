-- Records of the filter per district, for the count pills.
-- in:    the filter
-- out:   district_code text (null: no place or outside), n bigint
-- index: feature_district_idx
SELECT f.district_code, count(*) AS n FROM feature f WHERE %include(features_where) GROUP BY f.district_code ORDER BY f.district_code
