-- A document, locked until the transaction ends; nothing where it is absent or not the reader's.
-- in:    id bigint
-- out:   its columns
-- index: stock_document_pkey
SELECT * FROM stock_document WHERE id = %(id)s FOR UPDATE
