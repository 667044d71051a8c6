-- $3: scope; $4 pairs: [dead letter, the fresh one that takes its place]; $5: actor; $6: what for the audit;
-- $7: the filter, null of a single one. A dead letter that is none, or was resolved, is passed over.
-- Served by the primary keys of delivery, finished, kept and event.
insert into delivery (
  id, scope, event, route, destination, lane, recipe, revision, due, message, path, parent, replay_of, bytes
)
select
  p.value ->> 1, f.scope, f.event, f.route, f.destination, f.lane, f.recipe, f.revision, $1, f.message,
  f.path, f.parent, f.id,
  coalesce((select length(k.content) from kept k where k.delivery = f.id), e.body_bytes)
from json_each($4) p
cross join finished f
cross join event e
where f.id = p.value ->> 0
  and f.scope = $3
  and f.state = 2
  and f.resolved_by is null
  and e.id = f.event;

-- What the dead letter holds goes on with the delivery that takes its place.
update kept
set delivery = p.value ->> 1
from json_each($4) p
where kept.delivery = p.value ->> 0
  and exists (select 1 from delivery d where d.id = p.value ->> 1 and d.replay_of = p.value ->> 0);

-- Of two at once the second finds it resolved.
update finished
set resolved_by = p.value ->> 1
from json_each($4) p
where finished.id = p.value ->> 0
  and finished.scope = $3
  and finished.state = 2
  and finished.resolved_by is null
  and exists (select 1 from delivery d where d.id = p.value ->> 1 and d.replay_of = p.value ->> 0);

select changes() as retried;

insert into audit (pos, scope, actor, at, what, subject, detail)
select $2, $3, $5, $1, $6, iif($7 is null, $4 ->> '$[0][0]', changes()), $7
where changes() > 0;
