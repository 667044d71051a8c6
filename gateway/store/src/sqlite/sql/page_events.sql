-- $1: scope; $2: below this id; $3: from this id on; $4: source; $5: type; $6: unrouted; $7: rows at most;
-- $8: rows looked at at most, null for any number. Newest first, then where the looking ended.
-- Served by the primary key, from its end; large columns come last in a row and are not read.
with bound (id) as materialized (
  select e.id
  from event e
  where e.id < $2
    and e.id >= $3
  order by e.id desc
  limit iif($8 is null, 0, 1)
  offset coalesce($8, 0)
),
found (id) as (
  select e.id
  from event e
  where e.scope = $1
    and e.id < $2
    and e.id >= $3
    and e.id > coalesce((select b.id from bound b), -1)
    and ($4 is null or e.source = $4)
    and ($5 is null or e.type = $5)
    and ($6 is null or (e.deliveries = 0) = $6)
  order by e.id desc
  limit $7
)
select 1 as found, id from found
union all
select 0, id from bound;
