-- Whom the identity provider calls so.
-- in:    id int · subject text? (null: nobody any more) · awaits text? (whose grant a second person has to confirm)
-- out:   nothing
-- index: account_pkey
UPDATE account SET oidc_subject = %(subject)s::text, awaits = %(awaits)s::text WHERE id = %(id)s
