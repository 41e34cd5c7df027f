-- A method's life is kept by the table: drafted in the own name, approved by another person, never rewritten.

CREATE FUNCTION app.keep_method() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF app.role() = '' THEN RETURN NEW; END IF;        -- the set-up, as the owner: the method the product brings
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.drafted_by IS DISTINCT FROM app.actor() OR NEW.approved_by IS NOT NULL OR NEW.in_force_from IS NOT NULL THEN
      RAISE EXCEPTION 'a method begins as a draft of who writes it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.name, NEW.parameters, NEW.drafted_by, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.name, OLD.parameters, OLD.drafted_by, OLD.created_at) THEN
    RAISE EXCEPTION 'a drafted method is not rewritten; draft another' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.state IN ('draft', 'trial') AND NEW.state = 'in_force' THEN
    IF NEW.approved_by IS DISTINCT FROM app.actor() OR NEW.approved_by = NEW.drafted_by OR NEW.in_force_from IS NULL THEN
      RAISE EXCEPTION 'a method is approved by a second person, from a day' USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSIF (NEW.approved_by, NEW.in_force_from) IS DISTINCT FROM (OLD.approved_by, OLD.in_force_from)
        OR NOT (NEW.state = OLD.state OR (OLD.state IN ('draft', 'trial', 'in_force') AND NEW.state = 'ended') OR (OLD.state = 'draft' AND NEW.state = 'trial')) THEN
    RAISE EXCEPTION 'a method cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER method_kept BEFORE INSERT OR UPDATE ON method FOR EACH ROW EXECUTE FUNCTION app.keep_method();
