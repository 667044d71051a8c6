-- $1: scope; $2: above this id; $3: from this id on; $4: below this id; $5: destination; $6: route; $7: event
-- type; $8: reason; $9: event; $10: rows at most; $11: rows looked at at most. Oldest first, then where the
-- looking ended. Served by delivery_held.
with bound (id) as materialized (
  select d.id
  from delivery d
  where d.scope = $1
    and d.id > $2
    and d.id >= $3
    and d.id < $4
    and d.owner is null
    and d.due is null
  order by d.id
  limit 1
  offset $11
),
found (id) as (
  select d.id
  from delivery d
  where d.scope = $1
    and d.id > $2
    and d.id >= $3
    and d.id < coalesce((select b.id from bound b), $4)
    and d.owner is null
    and d.due is null
    and ($5 is null or d.destination = $5)
    and ($6 is null or d.route = $6)
    and ($7 is null or exists (select 1 from event e where e.id = d.event and e.type = $7))
    and $8 is null
    and ($9 is null or d.event = $9)
  order by d.id
  limit $10
)
select 1 as found, id from found
union all
select 0, id from bound;
