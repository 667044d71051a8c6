-- $1: scope; $2: below this id; $3: from this id on; $4: destination; $5: route; $6: event type; $7: reason;
-- $8: state, null for any; $9: rows at most; $10: unused; $11: the event.
-- What was planned at the event's birth is found by the range of ids that the event notes; replays and
-- children by delivery_again and finished_again.
with mine (id, scope, destination, route, state, reason) as (
  select
    d.id, d.scope, d.destination, d.route,
    iif(d.owner is not null, -1, iif(d.due is null, -2, 0)), null
  from delivery d
  where d.id in (
    select p.id
    from event o
    cross join delivery p
    where o.id = $11
      and p.id between o.delivery_first and o.delivery_last
      and p.event = o.id
      and p.replay_of is null
      and p.parent is null
    union all
    select l.id
    from delivery l
    where l.event = $11
      and (l.replay_of is not null or l.parent is not null)
  )
  union all
  select f.id, f.scope, f.destination, f.route, f.state, f.reason
  from finished f
  where f.id in (
    select p.id
    from event o
    cross join finished p
    where o.id = $11
      and p.id between o.delivery_first and o.delivery_last
      and p.event = o.id
      and p.replay_of is null
      and p.parent is null
    union all
    select l.id
    from finished l
    where l.event = $11
      and (l.replay_of is not null or l.parent is not null)
  )
)
select 1 as found, m.id
from mine m
where m.scope = $1
  and m.id < $2
  and m.id >= $3
  and ($4 is null or m.destination = $4)
  and ($5 is null or m.route = $5)
  and ($6 is null or exists (select 1 from event e where e.id = $11 and e.type = $6))
  and ($7 is null or m.reason = $7)
  and ($8 is null or m.state = $8)
order by m.id desc
limit $9;
