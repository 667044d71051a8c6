-- $1: scope; $2: below this id; $3: from this id on; $4: destination; $5: route; $6: event type; $7: reason;
-- $8: unused; $9: rows at most; $10: rows looked at at most, null for any number.
-- Newest first, then where the looking ended. Live and finished: served by the primary keys of both,
-- from their ends.
with bound (id) as materialized (
  select max(id)
  from (
    select id
    from (
      select d.id
      from delivery d
      where d.id < $2
        and d.id >= $3
      order by d.id desc
      limit iif($10 is null, 0, 1)
      offset coalesce($10, 0)
    )
    union all
    select id
    from (
      select f.id
      from finished f
      where f.id < $2
        and f.id >= $3
      order by f.id desc
      limit iif($10 is null, 0, 1)
      offset coalesce($10, 0)
    )
  )
),
live (id) as (
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
  order by d.id desc
  limit $9
),
ended (id) as (
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
  order by f.id desc
  limit $9
),
found (id) as (
  select id
  from (
    select id from live
    union all
    select id from ended
  )
  order by id desc
  limit $9
)
select 1 as found, id from found
union all
select 0, id from bound where id is not null;
