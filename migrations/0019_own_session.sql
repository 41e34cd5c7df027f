-- A change asks inside its own transaction whether the session it came by still stands: a person sees the own sessions.

CREATE POLICY session_own ON session FOR SELECT TO riskmap_app
  USING (account_id = (SELECT a.id FROM account a WHERE a.login = (SELECT app.actor())));
