-- Pieces of the lots of a depot that ordered dispatches are to take, so that nobody counts them twice.
-- in:    depot bigint
-- out:   stock_id, quantity
-- index: stock_document_promised_idx
SELECT l.stock_id, sum(l.quantity) AS quantity FROM stock_line l JOIN stock_document d ON d.id = l.document_id
WHERE d.feature_id = %(depot)s::bigint AND d.kind = 'dispatch' AND d.state = 'ordered' GROUP BY 1
