-- $3: scope; $4: kind; $5: subject; $6: fact; $7: actor. Served by the primary key of control.
delete from control
where scope = $3
  and kind = $4
  and subject = $5
  and fact = $6;

select changes() as lifted;

insert into audit (pos, scope, actor, at, what, subject)
select $2, $3, $7, $1, 'control.lift.' || $6, $4 || ' ' || coalesce((select n.slug from name n where n.id = $5), $5)
where $6 <> 'breaker'
  and changes() > 0;

-- The end of a quarantine: what waited for it is due. Served by delivery_held_for and audit_scope.
update delivery
set due = $1,
    plugin_tries = min(plugin_tries, 1)
where scope = $3
  and owner is null
  and due is null
  and held_for = $5
  and $4 = 'plugin'
  and $6 = 'quarantined'
  and exists (select 1 from audit a where a.scope = $3 and a.pos = $2);
