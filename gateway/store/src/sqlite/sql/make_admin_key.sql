-- $3: scope; $4: the key's hash; $5: actor. Served by the unique index on scope and name.
insert into api_key (scope, name, hash, grants, at)
values ($3, 'admin', $4, 'admin', $1)
on conflict (scope, name) do nothing;

select changes() as made;

insert into audit (pos, scope, actor, at, what, subject)
select $2, $3, $5, $1, 'api_key.make', 'admin'
where changes() > 0;
