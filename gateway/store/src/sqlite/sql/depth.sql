-- Reads the live table once: what is held or in flight stands in no index.
select
  count(*) filter (where owner is null) as pending,
  count(*) filter (where owner is not null) as in_flight,
  count(*) filter (where owner is null and due is null) as held
from delivery;
