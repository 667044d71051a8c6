-- $1: scope; $2: ids, as JSON. Newest first. Served by the primary key; large columns come last in a row and
-- are not read.
select
  e.id, coalesce(n.slug, ''), e.type, e.received_at, e.revision, e.duplicates, e.deliveries, e.body_bytes
from json_each($2) p
join event e on e.id = p.value
left join name n on n.id = e.source
where e.scope = $1
order by e.id desc;
