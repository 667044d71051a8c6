-- $1: scope; $2: ids, as JSON. Newest first. Served by the primary keys of delivery and finished: an id
-- stands in one of them.
select
  p.value, coalesce(d.event, f.event), e.type, coalesce(rn.slug, ''), coalesce(dn.slug, ''),
  coalesce(d.message, f.message), coalesce(d.path, f.path),
  iif(d.id is null, f.state, iif(d.owner is not null, -1, iif(d.due is null, -2, 0))), f.reason,
  coalesce(d.attempts, f.attempts), iif(d.owner is null, d.due, null), f.finished_at,
  coalesce(d.parent, f.parent), coalesce(d.replay_of, f.replay_of), f.resolved_by,
  coalesce(f.outcome, a.outcome), iif(f.outcome is null, a.status, f.status), coalesce(f.detail, a.detail)
from json_each($2) p
left join delivery d on d.id = p.value and d.scope = $1
left join finished f on f.id = p.value and f.scope = $1
left join event e on e.id = coalesce(d.event, f.event)
left join name rn on rn.id = coalesce(d.route, f.route)
left join name dn on dn.id = coalesce(d.destination, f.destination)
left join attempt a on a.id = (select max(l.id) from attempt l where l.delivery = p.value)
where coalesce(d.id, f.id) is not null
order by p.value desc;
