-- The organisation that is to take a record over hears of it as soon as the giving side has confirmed: an event of its own, told by who confirmed,
-- of exactly that transfer. Nobody else writes events into another organisation's book.
CREATE POLICY event_offer ON event FOR INSERT TO riskmap_app
  WITH CHECK (kind = 'changes.offered' AND (SELECT app.may_decide())
              AND EXISTS (SELECT 1 FROM feature_change c WHERE c.id = (event.payload ->> 'change')::bigint AND c.kind = 'transfer' AND c.state = 'confirmed'
                            AND c.to_org = event.steward_org AND c.layer = event.layer AND c.confirmed_by = app.actor()));
