-- Checked rows into the staging table.
-- in:    COPY rows in the column order below
-- out:   nothing
-- index: none
COPY staged (row_no, target, code, name, parent_code, stated_district, district_code, town_code, address, verified_on, lon, lat, cell, level,
             missing, attributes, clears, refused, twin_kind, findings, raw, search) FROM STDIN
