-- $3: scope; $4: kind; $5: subject; $6: fact; $7: reason; $8: since; $9: until; $10: actor.
-- Served by the primary key of control.
insert into control (scope, kind, subject, fact, reason, since, until, actor)
values ($3, $4, $5, $6, $7, $8, $9, $10)
on conflict (scope, kind, subject, fact) do update
set reason = excluded.reason, since = excluded.since, until = excluded.until, actor = excluded.actor;

-- A breaker opens and closes by itself, all the time: its row is its record.
insert into audit (pos, scope, actor, at, what, subject, detail)
select $2, $3, $10, $1, 'control.' || $6, $4 || ' ' || coalesce((select n.slug from name n where n.id = $5), $5), $7
where $6 <> 'breaker';
