-- Whether a document needs a second person.
-- in:    id bigint
-- out:   two
-- index: stock_document_pkey
SELECT app.stock_needs_two(d) AS two FROM stock_document d WHERE d.id = %(id)s
