-- $1: scope; $2: above this id; $3: from this id on; $4: below this id; $5: destination; $6: route; $7: event
-- type; $8: reason; $9: event; $10: rows at most; $11: rows looked at at most. Oldest first, then where the
-- looking ended. Served by finished_dead.
with bound (id) as materialized (
  select f.id
  from finished f
  where f.scope = $1
    and f.id > $2
    and f.id >= $3
    and f.id < $4
    and f.state = 2
    and f.resolved_by is null
  order by f.id
  limit 1
  offset $11
),
found (id) as (
  select f.id
  from finished f
  where f.scope = $1
    and f.id > $2
    and f.id >= $3
    and f.id < coalesce((select b.id from bound b), $4)
    and f.state = 2
    and f.resolved_by is null
    and ($5 is null or f.destination = $5)
    and ($6 is null or f.route = $6)
    and ($7 is null or exists (select 1 from event e where e.id = f.event and e.type = $7))
    and ($8 is null or f.reason = $8)
    and ($9 is null or f.event = $9)
  order by f.id
  limit $10
)
select 1 as found, id from found
union all
select 0, id from bound;
