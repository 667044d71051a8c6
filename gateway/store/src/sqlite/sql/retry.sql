-- $3: scope; $4: delivery; $5: the fresh one; $6: actor; $7: the state `dead letter`.
-- Served by the primary keys of delivery, finished, kept and event.
select 'live' as stands, d.owner is not null as in_flight, null as state, null as resolved_by
from delivery d
where d.id = $4
  and d.scope = $3
union all
select 'finished', 0, f.state, f.resolved_by
from finished f
where f.id = $4
  and f.scope = $3;

-- One crash stays noted: with it the delivery renders with today's components.
update delivery
set due = $1,
    plugin_tries = min(plugin_tries, 1)
where id = $4
  and scope = $3
  and owner is null;

insert into delivery (
  id, scope, event, route, destination, lane, recipe, revision, due, message, path, parent, replay_of, bytes
)
select
  $5, f.scope, f.event, f.route, f.destination, f.lane, f.recipe, f.revision, $1, f.message, f.path,
  f.parent, f.id, coalesce((select length(k.content) from kept k where k.delivery = f.id), e.body_bytes)
from finished f
join event e on e.id = f.event
where f.id = $4
  and f.scope = $3
  and f.state = $7
  and f.resolved_by is null;

-- What the dead letter holds goes on with the delivery that takes its place.
update kept
set delivery = $5
where delivery = $4
  and exists (select 1 from delivery d where d.id = $5 and d.replay_of = $4);

-- Of two at once the second finds it resolved.
update finished
set resolved_by = $5
where id = $4
  and scope = $3
  and state = $7
  and resolved_by is null
  and exists (select 1 from delivery d where d.id = $5 and d.replay_of = $4);

insert into audit (pos, scope, actor, at, what, subject)
select $2, $3, $6, $1, 'delivery.retry', $4
where exists (select 1 from delivery d where d.id = $4 and d.scope = $3 and d.owner is null)
   or exists (select 1 from delivery d where d.id = $5 and d.replay_of = $4);
