-- $14 events: [id, scope, source, type, received_at, origin, revision, hops, deliveries, first
--             delivery, last delivery, subject, order key, trace, headers offset, headers length, body
--             offset, body length, place in accept_keys.sql's $10 if it must be looked for]; headers and
--             bodies in $15; digests in $16.
-- $17 deliveries: [id, event, route, destination, lane, recipe, owner, token, message, path, bytes].

-- Served by the primary keys of event and dedupe: an event that was looked for is a duplicate if its key is
-- another's.
insert into event (
  id, pos, scope, source, type, received_at, origin, revision, hops, deliveries, delivery_first,
  delivery_last, body_bytes, subject, order_key, trace, key_id, headers, body
)
select
  e.value ->> 0, $2, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5,
  substr($16, 1 + 32 * (e.value ->> 6), 32), e.value ->> 7, e.value ->> 8, e.value ->> 9,
  e.value ->> 10, e.value ->> 17, e.value ->> 11, e.value ->> 12, e.value ->> 13, 0,
  substr($15, e.value ->> 14, e.value ->> 15), substr($15, e.value ->> 16, e.value ->> 17)
from jsonb_each($14) e
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
from jsonb_each($17) n
cross join event e
where e.id = n.value ->> 1;
