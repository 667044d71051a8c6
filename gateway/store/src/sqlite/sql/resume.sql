-- $3: scope; $4: kind; $5: subject; $6: actor. Served by the primary key of control.
select fact
from control
where scope = $3
  and kind = $4
  and subject = $5
order by fact;

-- The end of a quarantine: what waited for it is due. Served by delivery_held_for.
update delivery
set due = $1,
    plugin_tries = min(plugin_tries, 1)
where scope = $3
  and owner is null
  and due is null
  and held_for = $5
  and exists (
    select 1
    from control c
    where c.scope = $3
      and c.kind = $4
      and c.subject = $5
      and c.kind = 'plugin'
      and c.fact = 'quarantined'
  );

insert into audit (pos, scope, actor, at, what, subject, detail)
select
  $2, $3, $6, $1, 'control.resume', $4 || ' ' || coalesce((select n.slug from name n where n.id = $5), $5),
  group_concat(c.fact, ' ')
from control c
where c.scope = $3
  and c.kind = $4
  and c.subject = $5
having count(*) > 0;

delete from control
where scope = $3
  and kind = $4
  and subject = $5;
