-- $1: scope; $2: below this id; $3: source; $4: type; $5: unrouted; $6: rows at most.
-- Served by the primary key, from its end; large columns come last in a row and are not read.
select
  e.id, coalesce(n.slug, ''), e.type, e.received_at, e.revision, e.duplicates, e.deliveries, e.body_bytes
from event e
left join name n on n.id = e.source
where e.scope = $1
  and e.id < $2
  and ($3 is null or e.source = $3)
  and ($4 is null or e.type = $4)
  and ($5 is null or (e.deliveries = 0) = $5)
order by e.id desc
limit $6;
