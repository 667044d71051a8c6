-- $1: scope; $2: below this id; $3: from this id on; $4: destination; $5: route; $6: event type; $7: reason;
-- $8: any state but `delivered` (1); $9: rows at most; $10: rows looked at at most, null for any number.
-- Newest first, then where the looking ended. Served by finished_undelivered, from its end.
with bound (id) as materialized (
  select f.id
  from finished f
  where f.id < $2
    and f.id >= $3
    and f.scope = $1
    and f.state <> 1
    and f.state = $8
  order by f.id desc
  limit iif($10 is null, 0, 1)
  offset coalesce($10, 0)
),
found (id) as (
  select f.id
  from finished f
  where f.scope = $1
    and f.id < $2
    and f.id >= $3
    and f.id > coalesce((select b.id from bound b), -1)
    and ($4 is null or f.destination = $4)
    and ($5 is null or f.route = $5)
    and ($6 is null or exists (select 1 from event e where e.id = f.event and e.type = $6))
    and ($7 is null or f.reason = $7)
    and f.state <> 1
    and f.state = $8
  order by f.id desc
  limit $9
)
select 1 as found, id from found
union all
select 0, id from bound;
