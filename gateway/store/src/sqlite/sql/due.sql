-- $1: now; $2: lanes at most. Served by delivery_due: one look per lane, hopping from lane to lane.
with recursive head (scope, lane, due) as (
  select scope, lane, due
  from (
    select d.scope, d.lane, d.due
    from delivery d
    where d.owner is null
      and d.due is not null
    order by d.scope, d.lane, d.due
    limit 1
  )
  union all
  select
    n.scope, n.lane, n.due
  from head h
  cross join delivery n
  where n.id = coalesce(
    (
      select d.id
      from delivery d
      where d.owner is null
        and d.due is not null
        and d.scope = h.scope
        and d.lane > h.lane
      order by d.lane, d.due
      limit 1
    ),
    (
      select d.id
      from delivery d
      where d.owner is null
        and d.due is not null
        and d.scope > h.scope
      order by d.scope, d.lane, d.due
      limit 1
    )
  )
)
select later, scope, lane, due from (
  select 0 as later, h.scope, h.lane, h.due
  from head h
  where h.due <= $1
  order by h.due, h.scope, h.lane
  limit $2
)
union all
select 1, null, null, min(
  iif(h.due > $1, h.due, (
    select min(d.due)
    from delivery d
    where d.owner is null
      and d.scope = h.scope
      and d.lane = h.lane
      and d.due > $1
  ))
)
from head h;
