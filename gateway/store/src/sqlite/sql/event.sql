-- Served by the primary key.
select
  e.id, coalesce(n.slug, ''), e.type, e.received_at, e.revision, e.duplicates, e.deliveries, e.body_bytes,
  e.headers, e.body
from event e
left join name n on n.id = e.source
where e.scope = $1
  and e.id = $2;
