-- Count an attempt to sign in.
-- in:    now timestamptz · address text · refused bool
-- out:   nothing
-- index: none
INSERT INTO signin_attempt (at, address, refused) VALUES (%(now)s, %(address)s, %(refused)s)
