-- $retrying: [delivery, owner, token, attempt, send, started_at, took_ms, outcome, status, detail,
--             snapshot offset, snapshot length, due or null, 1 if an attempt | 0 if a plugin's
--             crash, the plugin that it is held for], snapshots in $snapshots.
-- Served by the primary keys of delivery and attempt; a lease that was lost joins nothing.
insert into attempt (
  id, pos, scope, delivery, send, started_at, took_ms, outcome, status, detail, key_id, snapshot
)
select
  s.value ->> 3, $2, d.scope, d.id, s.value ->> 4, s.value ->> 5, s.value ->> 6, s.value ->> 7,
  s.value ->> 8, s.value ->> 9, 0, substr($6, s.value ->> 10, s.value ->> 11)
from jsonb_each($5) s
cross join delivery d
where d.id = s.value ->> 0
  and d.owner = s.value ->> 1
  and d.token = s.value ->> 2;

select 1 as result, s.value ->> 0 as delivery
from jsonb_each($5) s
where not exists (select 1 from attempt a where a.id = s.value ->> 3 and a.pos = $2);

update delivery
set due = s.value ->> 12,
    attempts = attempts + (s.value ->> 13),
    plugin_tries = iif(s.value ->> 13, 0, plugin_tries + 1),
    held_for = s.value ->> 14,
    lost = 0,
    owner = null,
    token = null
from jsonb_each($5) s
where delivery.id = s.value ->> 0
  and delivery.owner = s.value ->> 1
  and delivery.token = s.value ->> 2;
