-- $3: scope; $4: delivery; $5: actor. What stands before decides what the retry did.
-- Served by the primary keys of delivery and finished.
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

insert into audit (pos, scope, actor, at, what, subject)
select $2, $3, $5, $1, 'delivery.retry', $4
where changes() > 0;
