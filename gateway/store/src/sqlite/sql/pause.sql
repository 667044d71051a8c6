-- $3: scope; $4: kind; $5: subject; $6: reason; $7: actor. A name that no configuration ever had is none.
-- Served by the primary keys of name and control.
insert into control (scope, kind, subject, fact, reason, since, until, actor)
select $3, $4, $5, 'paused', $6, $1, null, $7
where exists (select 1 from name n where n.id = $5 and n.scope = $3 and n.kind = $4)
on conflict (scope, kind, subject, fact) do update
set reason = excluded.reason, since = excluded.since, until = excluded.until, actor = excluded.actor;

select changes() as paused;

insert into audit (pos, scope, actor, at, what, subject, detail)
select $2, $3, $7, $1, 'control.paused', $4 || ' ' || (select n.slug from name n where n.id = $5), $6
where changes() > 0;
