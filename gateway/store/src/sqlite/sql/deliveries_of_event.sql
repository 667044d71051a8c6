-- $1: scope; $2: below this id; $3: the event; $4: destination; $5: state, null for any; $6: rows at most.
-- What was planned at the event's birth is found by the range of ids that the event notes; replays and
-- children by delivery_again and finished_again.
with rows as (
  select
    d.id, d.scope, d.event, d.route, d.destination, d.message, d.path,
    iif(d.owner is not null, -1, iif(d.due is null, -2, 0)) as state,
    null as reason, d.attempts, iif(d.owner is null, d.due, null) as due, null as finished_at, d.replay_of, null as resolved_by,
    null as outcome, null as status, null as detail
  from event o
  cross join delivery d
  where o.id = $3
    and d.id between o.delivery_first and o.delivery_last
    and d.event = o.id
    and d.replay_of is null
    and d.parent is null
  union all
  select
    d.id, d.scope, d.event, d.route, d.destination, d.message, d.path,
    iif(d.owner is not null, -1, iif(d.due is null, -2, 0)) as state,
    null as reason, d.attempts, iif(d.owner is null, d.due, null) as due, null as finished_at, d.replay_of, null as resolved_by,
    null as outcome, null as status, null as detail
  from delivery d
  where d.event = $3
    and (d.replay_of is not null or d.parent is not null)
  union all
  select
    f.id, f.scope, f.event, f.route, f.destination, f.message, f.path, f.state,
    f.reason, f.attempts, null as due, f.finished_at, f.replay_of, f.resolved_by,
    f.outcome, f.status, f.detail
  from event o
  cross join finished f
  where o.id = $3
    and f.id between o.delivery_first and o.delivery_last
    and f.event = o.id
    and f.replay_of is null
    and f.parent is null
  union all
  select
    f.id, f.scope, f.event, f.route, f.destination, f.message, f.path, f.state,
    f.reason, f.attempts, null as due, f.finished_at, f.replay_of, f.resolved_by,
    f.outcome, f.status, f.detail
  from finished f
  where f.event = $3
    and (f.replay_of is not null or f.parent is not null)
)
select
  r.id, r.event, e.type, coalesce(rn.slug, ''), coalesce(dn.slug, ''), r.message, r.path, r.state, r.reason,
  r.attempts, r.due, r.finished_at, r.replay_of, r.resolved_by,
  coalesce(r.outcome, a.outcome), iif(r.outcome is null, a.status, r.status), coalesce(r.detail, a.detail)
from rows r
left join event e on e.id = r.event
left join name rn on rn.id = r.route
left join name dn on dn.id = r.destination
left join attempt a on a.id = (select max(l.id) from attempt l where l.delivery = r.id)
where r.scope = $1
  and r.id < $2
  and ($4 is null or r.destination = $4)
  and ($5 is null or r.state = $5)
order by r.id desc
limit $6;
