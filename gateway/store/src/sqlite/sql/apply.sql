-- $3: scope; $4: digest of the text; $5: the text; $6: actor; $7 names: [id, kind, slug]; $8 recipes:
-- [digest in hex, JSON]. Served by the primary keys of revision, name and recipe.
insert into revision (scope, digest, text, actor, at, pos)
values ($3, $4, $5, $6, $1, $2)
on conflict (scope, digest) do update set actor = excluded.actor, at = excluded.at, pos = excluded.pos;

insert into name (id, scope, kind, slug)
select n.value ->> 0, $3, n.value ->> 1, n.value ->> 2
from json_each($7) n
where true
on conflict (id) do nothing;

insert into recipe (digest, json)
select unhex(r.value ->> 0), r.value ->> 1
from json_each($8) r
where true
on conflict (digest) do nothing;

insert into audit (pos, scope, actor, at, what, subject)
values ($2, $3, $6, $1, 'revision.apply', lower(hex($4)));
