-- $1: scope; $2: below this id; $3: destination; $4: -1 in flight | -2 held | 0 pending; $5: rows at most.
-- Served by the primary key of delivery, from its end.
with rows as (
  select id, scope, event, route, destination, message, path, state, reason, attempts, due, finished_at,
    replay_of, resolved_by, outcome, status, detail
  from (
  select
    d.id, d.scope, d.event, d.route, d.destination, d.message, d.path,
    iif(d.owner is not null, -1, iif(d.due is null, -2, 0)) as state,
    null as reason, d.attempts, iif(d.owner is null, d.due, null) as due, null as finished_at, d.replay_of, null as resolved_by,
    null as outcome, null as status, null as detail
  from delivery d
    where d.scope = $1
      and d.id < $2
      and ($3 is null or d.destination = $3)
      and iif(d.owner is not null, -1, iif(d.due is null, -2, 0)) = $4
    order by d.id desc
    limit $5
  )
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
order by r.id desc
limit $5;
