-- Only where a key had to be looked for: which events are duplicates, and of which. The arguments are those
-- of accept_keys.sql.

-- Served by the primary keys of event and dedupe; the youngest bucket names the first event.
select 2 as result, k.value ->> 3 as event, d.event as first, d.fingerprint = k.value ->> 2 as same_body, max(d.bucket)
from jsonb_each($10) k
cross join dedupe d
where not exists (select 1 from event e where e.id = k.value ->> 3)
  and d.bucket in (select b.value from jsonb_each($12) b)
  and d.bucket >= k.value ->> 4
  and d.scope = k.value ->> 0
  and d.source = k.value ->> 1
  and d.key = substr($11, 1 + 16 * k.key, 16)
group by k.key;

update event
set duplicates = duplicates + again.n
from (
  select first, count(*) as n
  from (
    select d.event as first, max(d.bucket)
    from jsonb_each($10) k
    cross join dedupe d
    where not exists (select 1 from event e where e.id = k.value ->> 3)
      and d.bucket in (select b.value from jsonb_each($12) b)
      and d.bucket >= k.value ->> 4
      and d.scope = k.value ->> 0
      and d.source = k.value ->> 1
      and d.key = substr($11, 1 + 16 * k.key, 16)
    group by k.key
  )
  group by first
) again
where event.id = again.first;
