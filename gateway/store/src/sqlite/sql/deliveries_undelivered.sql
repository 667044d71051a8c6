-- $1: scope; $2: below this id; $3: destination; $4: any state but `delivered` (1); $5: rows at most.
-- Served by finished_undelivered.
with rows as (
  select id, scope, event, route, destination, message, path, state, reason, attempts, due, finished_at,
    replay_of, resolved_by, outcome, status, detail
  from (
  select
    f.id, f.scope, f.event, f.route, f.destination, f.message, f.path, f.state,
    f.reason, f.attempts, null as due, f.finished_at, f.replay_of, f.resolved_by,
    f.outcome, f.status, f.detail
  from finished f
    where f.scope = $1
      and f.id < $2
      and ($3 is null or f.destination = $3)
      and f.state <> 1
      and f.state = $4
    order by f.id desc
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
