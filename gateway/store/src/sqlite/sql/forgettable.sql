-- $1: this hour. Served by the primary key of dedupe, from its start. A window reaches into the hour before it.
select
  (select min(bucket) from dedupe) as oldest,
  $1 - i.dedupe_hours as kept
from installation i;
