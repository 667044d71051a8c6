-- $3 rows: [minute, scope, source, route, destination, plugin, outcome, n, took_ms], 0 for no name.
-- Served by the primary key.
insert into tally (minute, scope, source, route, destination, plugin, outcome, n, took_ms)
select
  r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6,
  r.value ->> 7, r.value ->> 8
from json_each($3) r
where true
on conflict (minute, scope, source, route, destination, plugin, outcome) do update
set n = n + excluded.n, took_ms = took_ms + excluded.took_ms;
