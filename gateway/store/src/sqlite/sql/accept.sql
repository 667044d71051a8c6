-- $10 keys: [scope, source, fingerprint, event, oldest bucket of the window, 1 if it must be looked
--           for], sorted; the keys themselves in $11, 16 bytes each. $12: all buckets. $13: this hour.
-- $14 events: [id, scope, source, type, received_at, origin, revision, hops, deliveries, first
--             delivery, last delivery, subject, order key, trace, headers offset, headers length, body
--             offset, body length, place in $10 or null]; headers and bodies in $15; digests in $16.
-- $17 deliveries: [id, event, route, destination, lane, recipe, owner, token, message, path, bytes].

-- Served by the primary key of dedupe, one look per bucket. The second of two equal keys conflicts.
insert into dedupe (bucket, scope, source, key, fingerprint, event)
select
  $13, k.value ->> 0, k.value ->> 1, substr($11, 1 + 16 * k.key, 16), k.value ->> 2, k.value ->> 3
from json_each($10) k
where not (k.value ->> 5) or not exists (
  select 1
  from dedupe d
  where d.bucket in (select b.value from json_each($12) b)
    and d.bucket >= k.value ->> 4
    and d.scope = k.value ->> 0
    and d.source = k.value ->> 1
    and d.key = substr($11, 1 + 16 * k.key, 16)
)
on conflict do nothing;

-- Served by the primary keys of event and dedupe: an event whose key is another's is a duplicate.
insert into event (
  id, pos, scope, source, type, received_at, origin, revision, hops, deliveries, delivery_first,
  delivery_last, body_bytes, subject, order_key, trace, key_id, headers, body
)
select
  e.value ->> 0, $2, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5,
  substr($16, 1 + 32 * (e.value ->> 6), 32), e.value ->> 7, e.value ->> 8, e.value ->> 9,
  e.value ->> 10, e.value ->> 17, e.value ->> 11, e.value ->> 12, e.value ->> 13, 0,
  substr($15, e.value ->> 14, e.value ->> 15), substr($15, e.value ->> 16, e.value ->> 17)
from json_each($14) e
where e.value ->> 18 is null or exists (
  select 1
  from dedupe d
  where d.bucket = $13
    and d.scope = e.value ->> 1
    and d.source = e.value ->> 2
    and d.key = substr($11, 1 + 16 * (e.value ->> 18), 16)
    and d.event = e.value ->> 0
);

-- Served by the primary keys of event and delivery: a duplicate's deliveries find no event.
insert into delivery (
  id, scope, event, route, destination, lane, recipe, revision, due, owner, token, message, path, bytes
)
select
  n.value ->> 0, e.scope, e.id, n.value ->> 2, n.value ->> 3, n.value ->> 4,
  substr($16, 1 + 32 * (n.value ->> 5), 32), e.revision, $1, n.value ->> 6, n.value ->> 7,
  n.value ->> 8, n.value ->> 9, n.value ->> 10
from json_each($17) n
cross join event e
where e.id = n.value ->> 1;

-- Served by the primary keys of event and dedupe; the youngest bucket names the first event.
select 2 as result, k.value ->> 3 as event, d.event as first, d.fingerprint = k.value ->> 2 as same_body, max(d.bucket)
from json_each($10) k
cross join dedupe d
where not exists (select 1 from event e where e.id = k.value ->> 3)
  and d.bucket in (select b.value from json_each($12) b)
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
    from json_each($10) k
    cross join dedupe d
    where not exists (select 1 from event e where e.id = k.value ->> 3)
      and d.bucket in (select b.value from json_each($12) b)
      and d.bucket >= k.value ->> 4
      and d.scope = k.value ->> 0
      and d.source = k.value ->> 1
      and d.key = substr($11, 1 + 16 * k.key, 16)
    group by k.key
  )
  group by first
) again
where event.id = again.first;
