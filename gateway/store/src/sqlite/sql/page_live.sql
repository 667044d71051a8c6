-- $1: scope; $2: below this id; $3: from this id on; $4: destination; $5: route; $6: event type; $7: reason;
-- $8: -1 in flight | 0 pending; $9: rows at most; $10: rows looked at at most, null for any number.
-- Newest first, then where the looking ended. Served by the primary key of delivery, from its end.
with bound (id) as materialized (
  select d.id
  from delivery d
  where d.id < $2
    and d.id >= $3
  order by d.id desc
  limit iif($10 is null, 0, 1)
  offset coalesce($10, 0)
),
found (id) as (
  select d.id
  from delivery d
  where d.scope = $1
    and d.id < $2
    and d.id >= $3
    and d.id > coalesce((select b.id from bound b), -1)
    and ($4 is null or d.destination = $4)
    and ($5 is null or d.route = $5)
    and ($6 is null or exists (select 1 from event e where e.id = d.event and e.type = $6))
    and $7 is null
    and iif(d.owner is not null, -1, iif(d.due is null, -2, 0)) = $8
  order by d.id desc
  limit $9
)
select 1 as found, id from found
union all
select 0, id from bound;
